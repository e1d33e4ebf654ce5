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

from creditscore.events.sources import files_of


@dataclass(frozen=True)
class Fingerprint:
    """A source file: enough to know it again, and nothing of what is in it."""

    table: str
    file: str
    rows: int
    bytes: int
    sha256: str


def fingerprints(data: Mapping[str, Iterable[str | Path]]) -> list[Fingerprint]:
    """The fingerprints of each table's files; files are read through once, block by block."""
    named = [(table, file) for table, given in data.items() for one in given for file in files_of(one)]
    return [
        Fingerprint(table, file.name, _rows(file), file.stat().st_size, sha256_of(file))
        for table, file in dict.fromkeys(named)
    ]


def sha256_of(path: Path) -> str:
    """A file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def environment() -> dict[str, Any]:
    """Python, the machine, and every library installed, with versions."""
    installed = {str(one.metadata["Name"]): one.version for one in distributions()}
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.system(),
        "machine": platform.machine(),
        "libraries": dict(sorted(installed.items(), key=lambda item: item[0].lower())),
    }


def _rows(path: Path) -> int:
    """The rows of a Parquet or CSV file; of CSV one column is read, block by block."""
    if path.suffix.lower() == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(path, parse_options=parse) as reader:
        first = reader.schema.names[0]
    convert = pyarrow.csv.ConvertOptions(include_columns=[first], column_types={first: pyarrow.string()})
    with pyarrow.csv.open_csv(path, parse_options=parse, convert_options=convert) as reader:
        return sum(batch.num_rows for batch in reader)
