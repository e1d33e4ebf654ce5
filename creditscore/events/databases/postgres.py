"""PostgreSQL through ADBC: one statement, one scan, read-only; needs the databases extra."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import pyarrow as pa

from creditscore.errors import InputError, MissingExtraError
from creditscore.events.databases.query import Column, Table, none_of, quoted

_SCHEMES = ("postgresql://", "postgres://")
# Seconds until a server that does not answer is given up, where neither the URL nor the environment says so.
_TIMEOUT = "10"
# Types that come as Arrow's own; a decimal comes as text, digit by digit, and so does all else.
_NATIVE = ("bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "date", "timestamp", "timestamptz")
_ONE_SCAN = (
    "SET TRANSACTION READ ONLY",
    # rows come in the table's own order, twice the same
    "SET LOCAL synchronize_seqscans = off",
    "SET LOCAL max_parallel_workers_per_gather = 0",
)
_TABLES = """
SELECT n.nspname::text, c.relname::text, n.nspname = ANY (current_schemas(false)), c.oid::bigint
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname !~ '^pg_(toast|temp)' AND has_schema_privilege(n.oid, 'USAGE')
ORDER BY array_position(current_schemas(false), n.nspname), 1, 2
"""
_COLUMNS = """
SELECT a.attname::text, b.typname::text
FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
WHERE a.attrelid = {number} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_REASONS = {
    "42501": "this user may not read it",
    "57014": "it was cancelled, or took longer than the server's statement_timeout",
}


@contextmanager
def connected(url: str, where: str) -> Iterator[Postgres]:
    """A connection in a read-only transaction. Raises InputError, in which no password stands."""
    if not url.startswith(_SCHEMES):
        raise InputError(f"{where}: unknown kind of database; expected postgresql://user@host/db, or a DuckDB file")
    dbapi = _driver()
    try:
        connection = dbapi.connect(_patient(url))
    except dbapi.Error as error:
        raise InputError(f"{where}: {_why_unreachable(error)}") from None
    with connection, connection.cursor() as cursor:
        database = Postgres(cursor, where, dbapi.Error)
        for setting in _ONE_SCAN:
            database.run(setting)
        yield database


class Postgres:
    """A transaction of PostgreSQL."""

    def __init__(self, cursor: Any, where: str, error: type[Exception]) -> None:
        self._cursor, self._where, self._errors = cursor, where, (error, OSError, pa.ArrowException)

    def run(self, sql: str) -> None:
        try:
            self._cursor.execute(sql)
        except self._errors as error:
            self._told(error, 0)

    def tables(self) -> Sequence[Table]:
        return [Table(*row) for row in self._rows(_TABLES)]

    def columns(self, table: Table) -> Mapping[str, Column]:
        return {name: _column(name, kind) for name, kind in self._rows(_COLUMNS.format(number=table.number))}

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        rows = 0
        try:
            self._cursor.execute(sql)
            reader = self._cursor.fetch_record_batch()
            yield none_of(reader.schema)
            for batch in reader:
                rows += batch.num_rows
                yield batch
        except self._errors as error:
            self._told(error, rows)

    def estimate(self, table: Table) -> int:
        """The server's own guess, which it keeps for tables that it has analysed."""
        known = f"SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = {table.number} AND reltuples > 0"
        found = self._rows(known)
        return int(found[0][0]) if found else self.count(table)

    def count(self, table: Table) -> int:
        return int(self._rows(f"SELECT count(*) FROM {table.quoted}")[0][0])

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        try:
            self._cursor.execute(sql)
            return list(self._cursor.fetchall())
        except self._errors as error:
            self._told(error, 0)

    def _told(self, error: Exception, rows: int) -> NoReturn:
        """What went wrong, without the server's own message, which may quote a value."""
        state = getattr(error, "sqlstate", None)
        if state is None or state.startswith(("08", "57P")):
            raise InputError(
                f"{self._where}: the connection was lost after {rows:,} rows; nothing of them is kept: run it again"
            ) from None
        reason = _REASONS.get(state, "the server refuses; its log says why")
        raise InputError(f"{self._where}: cannot be read: {reason} (SQLSTATE {state})") from None


def _column(name: str, kind: str) -> Column:
    if kind == "numeric":
        return Column(f"{quoted(name)}::text", decimal=True)
    if kind == "money":
        return Column(f"{quoted(name)}::numeric::text", decimal=True)
    return Column(quoted(name) if kind in _NATIVE else f"{quoted(name)}::text")


def _patient(url: str) -> str:
    if "connect_timeout=" in url or os.environ.get("PGCONNECT_TIMEOUT"):
        return url
    return f"{url}{'&' if '?' in url else '?'}connect_timeout={_TIMEOUT}"


def _why_unreachable(error: Exception) -> str:
    """libpq's first line, but never of a URL that it cannot parse: it would quote a part of it."""
    told = (str(error).splitlines() or [""])[0].partition("Failed to connect: ")[2]
    if not told.startswith("connection to") and "could not translate host name" not in told:
        return "the URL is none that libpq understands; expected postgresql://user@host:5432/db"
    return f"cannot be reached ({told}); the password comes from PGPASSWORD, PGPASSFILE or ~/.pgpass"


def _driver() -> Any:
    try:
        import adbc_driver_postgresql.dbapi as dbapi
    except ImportError as error:
        raise MissingExtraError(
            f"a table of PostgreSQL needs the databases extra ({error}): pip install 'creditscore[databases]'"
        ) from None
    return dbapi
