"""A DuckDB file, opened read-only, which can reach nothing outside itself; needs DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa

from creditscore.errors import InputError, MissingExtraError
from creditscore.events.databases.query import Column, Table, none_of, quoted

# A view may hold any SQL: what it says may neither read other files nor load code.
_CLOSED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}
# Types that come as Arrow's own; all else comes as text.
_NATIVE = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
           "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP", "ENUM")  # fmt: skip
_TABLES = """
SELECT table_schema, table_name, table_schema = current_schema(), 0, table_catalog
FROM information_schema.tables WHERE table_catalog = current_database() ORDER BY 3 DESC, 1, 2
"""
_COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_catalog = current_database() AND table_schema = ? AND table_name = ? ORDER BY ordinal_position
"""


@contextmanager
def connected(path: Path, where: str) -> Iterator[DuckDB]:
    """A connection to a file that is there. Raises InputError."""
    duckdb = _library()
    if not path.is_file():
        raise InputError(f"{where}: no such file: {path}; give a DuckDB file, or postgresql://user@host/db")
    try:
        connection = duckdb.connect(str(path), read_only=True, config=_CLOSED)
    except duckdb.Error as error:
        told = (str(error).splitlines() or [""])[0]
        raise InputError(f"{where}: cannot be opened ({told})") from None
    with connection:
        yield DuckDB(connection, where, duckdb.Error)


class DuckDB:
    """An open file."""

    def __init__(self, connection: Any, where: str, error: type[Exception]) -> None:
        self._connection, self._where, self._errors = connection, where, (error, OSError, pa.ArrowException)

    def tables(self) -> Sequence[Table]:
        return [Table(*row) for row in self._rows(_TABLES)]

    def columns(self, table: Table) -> Mapping[str, Column]:
        return {name: _column(name, kind) for name, kind in self._rows(_COLUMNS, [table.schema, table.name])}

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        try:
            reader = pa.RecordBatchReader.from_stream(self._connection.sql(sql))
            yield none_of(reader.schema)
            yield from reader
        except self._errors as error:
            self._told(error)

    def estimate(self, sql: str) -> int:
        return int(self._rows(f"SELECT count(*) FROM ({sql})")[0][0])

    def count(self, table: Table) -> int:
        return int(self._rows(f"SELECT count(*) FROM {table.quoted}")[0][0])

    def _rows(self, sql: str, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        try:
            return list(self._connection.execute(sql, list(values)).fetchall())
        except self._errors as error:
            self._told(error)

    def _told(self, error: Exception) -> NoReturn:
        """What went wrong, without DuckDB's own message, which may quote a value."""
        closed = "file system operations are disabled" in str(error) or "disabled by configuration" in str(error)
        reason = "it reads other files, which is not allowed: copy them into a table" if closed else "DuckDB refuses"
        raise InputError(f"{self._where}: cannot be read: {reason} ({type(error).__name__})") from None


def _column(name: str, kind: str) -> Column:
    return Column(quoted(name) if kind.startswith(_NATIVE) and not kind.endswith("]") else f"{quoted(name)}::VARCHAR")


def _library() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise MissingExtraError(
            f"a DuckDB file needs the databases extra ({error}): pip install 'creditscore[databases]'"
        ) from None
    return duckdb
