"""Files written a table at a time under other names, and given their own once all are whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from creditscore.errors import InputError

Write = Callable[[str, pa.Table], None]


@contextmanager
def replacing(folder: Path, names: Iterable[str]) -> Iterator[Write]:
    """Give a function that adds a table to the file of a name; after an exception the folder's files are as before.

    The end of a name says how it is written: .parquet (zstd, a row group a table) or .csv.gz.
    """
    parts = {name: _part(folder, name) for name in names}
    writers: dict[str, Any] = {}
    try:
        with ExitStack() as open_files:

            def write(name: str, table: pa.Table) -> None:
                if name not in writers:
                    opened = _parquet if name.endswith(".parquet") else _csv
                    writers[name] = open_files.enter_context(opened(parts[name], table.schema))
                writers[name].write_table(table)

            yield write
        for name in writers:
            parts[name].replace(folder / name)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def refuse_strangers(folder: Path, names: Iterable[str]) -> None:
    """Raise InputError where the folder holds a file or folder of another name: it may be somebody's data."""
    allowed = {"README.md", *names, *(_part(folder, name).name for name in names)}
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in allowed)
    if strangers:
        raise InputError(
            f"{folder}: holds {len(strangers)} files that a made market does not write, as '{strangers[0]}'; "
            f"expected an empty folder or an earlier market's: give another folder"
        )


def _part(folder: Path, name: str) -> Path:
    return folder / f".{name}.part"


@contextmanager
def _csv(path: Path, schema: pa.Schema) -> Iterator[Any]:
    options = pyarrow.csv.WriteOptions(quoting_style="none")
    with (
        pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "gzip") as stream,
        pyarrow.csv.CSVWriter(stream, schema, write_options=options) as writer,
    ):
        yield writer


def _parquet(path: Path, schema: pa.Schema) -> Any:
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    return pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=words, column_encoding=_encodings(schema))


def _encodings(schema: pa.Schema) -> dict[str, str]:
    """Numbers and times that grow from row to row take a few bits as differences."""
    growing = (pa.types.is_integer, pa.types.is_timestamp)
    return {field.name: "DELTA_BINARY_PACKED" for field in schema if any(is_(field.type) for is_ in growing)}
