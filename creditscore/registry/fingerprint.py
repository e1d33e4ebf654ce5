"""What went into a training: its source files' and libraries' identities, and nothing of what is in the data."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq

from creditscore.events.files import File, files_of
from creditscore.events.sources import Openable


@dataclass(frozen=True)
class Fingerprint:
    """A source file: enough to know it again, and nothing of what is in it.

    Of a database's table `file` is the name and `rows` how many there are now; its bytes no one can tell.
    """

    table: str
    file: str
    rows: int
    bytes: int | None
    sha256: str | None


def fingerprints(data: Mapping[str, Iterable[str | Path | Openable]]) -> list[Fingerprint]:
    """The fingerprints of each table's files; files are read through once, block by block."""
    found: dict[tuple[str, str], Fingerprint] = {}
    for table, given in data.items():
        for one in given:
            if isinstance(one, Openable):
                found[table, one.label] = Fingerprint(table, one.label, one.count(), None, None)
                continue
            for file in (file for file in files_of(one) if (table, file.where) not in found):
                found[table, file.where] = Fingerprint(table, file.label, _rows(file), file.size, _sha256(file))
    return list(found.values())


def sha256_of(path: Path) -> str:
    """A file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256(file: File) -> str:
    with file.system.open_input_stream(file.path, compression=None) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def environment() -> dict[str, Any]:
    """Python, the machine, and every library installed, with versions."""
    installed = {str(one.metadata["Name"]): one.version for one in distributions()}
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.system(),
        "machine": platform.machine(),
        "libraries": dict(sorted(installed.items(), key=lambda item: item[0].lower())),
    }


def _rows(file: File) -> int:
    """The rows of a Parquet or CSV file; of CSV one column is read, block by block."""
    if file.suffix == ".parquet":
        return int(pq.read_metadata(file.path, filesystem=file.system).num_rows)
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with (
        file.system.open_input_stream(file.path) as stream,
        pyarrow.csv.open_csv(stream, parse_options=parse) as reader,
    ):
        first = reader.schema.names[0]
    convert = pyarrow.csv.ConvertOptions(include_columns=[first], column_types={first: pyarrow.string()})
    with (
        file.system.open_input_stream(file.path) as stream,
        pyarrow.csv.open_csv(stream, parse_options=parse, convert_options=convert) as reader,
    ):
        return sum(batch.num_rows for batch in reader)
