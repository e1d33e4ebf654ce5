"""The file: a zip of plain parts, stored uncompressed in a fixed order, whole and verified or refused.

`manifest.json` lists the others with size and SHA-256, and the scorecard's digest is the manifest's. Nothing in it is
executed or unpickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from creditscore.atomic import write_whole
from creditscore.errors import ScorecardError
from creditscore.scorecard.card import REFERENCE_ID, Scorecard
from creditscore.scorecard.content import CONTENT, FORMAT, MODEL, REFERENCES, from_parts, to_parts

MANIFEST = "manifest.json"
# no model of this library comes near these; a file that claims more is refused before it is read
LARGEST_PART = 256 << 20
MOST_REFERENCES = 32
_FIXED = [MANIFEST, CONTENT, MODEL]
_REFERENCE = re.compile(re.escape(REFERENCES) + REFERENCE_ID.pattern)


def save(card: Scorecard, path: str | Path) -> Scorecard:
    """Write the scorecard; the same one with its digest comes back. Atomic: the file is whole or not there."""
    parts = to_parts(card)
    manifest = _manifest(parts)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for name, data in {MANIFEST: manifest, **parts}.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, data)
    write_whole(path, archive.getvalue())
    return replace(card, digest=_digest(manifest))


def load(path: str | Path, *, digest: str | None = None) -> Scorecard:
    """Read and verify a scorecard; `digest` ("sha256:…") pins it from outside.

    Raises ScorecardError where the file is damaged, altered, of an unknown format, or not the one pinned.
    """
    path = Path(path)
    parts = _read_parts(path)
    manifest = parts.pop(MANIFEST)
    found = _digest(manifest)
    if digest is not None and digest != found:
        raise ScorecardError(f"{path.name}: its digest is {found}, not the one asked for, {digest}; get the right file")
    if manifest != _manifest(parts):
        raise ScorecardError(f"{path.name}: its parts are not those of its manifest: altered or damaged; get it again")
    try:
        return from_parts(parts, found)
    except ScorecardError as error:
        raise type(error)(f"{path.name}: {error}") from None


def _manifest(parts: Mapping[str, bytes]) -> bytes:
    listed = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in parts.items()}
    return json.dumps({"format": FORMAT, "parts": listed}, sort_keys=True, indent=1).encode()


def _digest(manifest: bytes) -> str:
    return "sha256:" + hashlib.sha256(manifest).hexdigest()


def _read_parts(path: Path) -> dict[str, bytes]:
    """The parts, read in memory; nothing else may be in the file."""
    if not path.is_file():
        raise ScorecardError(f"{path}: no such scorecard file")
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
            _check_names(path, [entry.filename for entry in entries])
            if any(entry.file_size > LARGEST_PART or entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ScorecardError(f"{path.name}: a part is compressed or larger than {LARGEST_PART >> 20} MiB")
            return {entry.filename: file.read(entry) for entry in entries}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ScorecardError(f"{path.name}: not a whole scorecard file ({error}); get it again") from None


def _check_names(path: Path, names: list[str]) -> None:
    references = names[len(_FIXED) :]
    known = len(references) <= MOST_REFERENCES and all(_REFERENCE.fullmatch(name) for name in references)
    if names[: len(_FIXED)] != _FIXED or not known or len(set(names)) < len(names):
        raise ScorecardError(f"{path.name}: expected {', '.join(_FIXED)} and references in it, and nothing else")
