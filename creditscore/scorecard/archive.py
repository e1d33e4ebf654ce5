"""Parts ↔ the bytes of one zip: stored uncompressed in a fixed order, and nothing beside or between them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

from creditscore.errors import ScorecardError
from creditscore.scorecard.card import REFERENCE_ID
from creditscore.scorecard.content import CONTENT, MODEL, REFERENCES

MANIFEST, SIGNATURE = "manifest.json", "signature.ed25519"
# no model of this library comes near these; a file that claims more is refused before it is read
LARGEST_FILE = 512 << 20
LARGEST = {MANIFEST: 1 << 20, CONTENT: 64 << 20, MODEL: 256 << 20, SIGNATURE: 64}
LARGEST_REFERENCE = 64 << 20
MOST_REFERENCES = 32
_FIRST = [MANIFEST, CONTENT, MODEL]
_REFERENCE = re.compile(re.escape(REFERENCES) + REFERENCE_ID.pattern)
# what a zip holds beside names and data: at its end, and for each part
_END, _EACH = 22, 30 + 46
# what zipfile raises for bytes that are no zip
_NO_ZIP = (
    zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError, struct.error,
)  # fmt: skip


def pack(parts: Mapping[str, bytes]) -> bytes:
    """The parts as a file's bytes, always the same; dated 1980, without permissions of anybody's own."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            file.writestr(entry, data)
    return archive.getvalue()


def read_parts(path: Path) -> dict[str, bytes]:
    """The parts of a file, read in memory. Raises ScorecardError where anything else is in it, or it is not whole."""
    if not path.is_file():
        raise ScorecardError(f"{path}: no such scorecard file")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ScorecardError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from None
    return unpack(data, path.name)


def unpack(data: bytes, name: str) -> dict[str, bytes]:
    """The parts of a file's bytes; `name` is what errors call it."""
    if len(data) > LARGEST_FILE:
        raise ScorecardError(f"{name}: larger than {LARGEST_FILE >> 20} MiB, which no scorecard is")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            _check(name, file.infolist(), len(data))
            return {entry.filename: file.read(entry) for entry in file.infolist()}
    except ScorecardError:
        raise
    except _NO_ZIP as error:
        raise ScorecardError(f"{name}: not a whole scorecard file ({error}); get it again") from None


def _check(name: str, entries: list[zipfile.ZipInfo], size: int) -> None:
    """Only known parts, in order, of at most their sizes, and no byte of the file that belongs to none."""
    names = [entry.filename for entry in entries]
    references = names[len(_FIRST) : -1 if names[-1:] == [SIGNATURE] else None]
    known = len(references) <= MOST_REFERENCES and all(_REFERENCE.fullmatch(one) for one in references)
    if names[: len(_FIRST)] != _FIRST or not known or len(set(names)) < len(names):
        raise ScorecardError(f"{name}: expected {', '.join(_FIRST)} and references in it, and nothing else")
    for entry in entries:
        most = LARGEST.get(entry.filename, LARGEST_REFERENCE)
        stored = entry.compress_type == zipfile.ZIP_STORED and entry.compress_size == entry.file_size
        if not stored or entry.file_size > most:
            raise ScorecardError(f"{name}: {entry.filename} is compressed, or larger than {most:,} bytes")
    if sum(_EACH + 2 * len(entry.filename) + entry.file_size for entry in entries) + _END != size:
        raise ScorecardError(f"{name}: it holds more than its parts, or less: altered or damaged; get it again")
