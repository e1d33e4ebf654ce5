"""PostgreSQL through ADBC: one statement, one scan, read-only; needs the databases extra."""

from __future__ import annotations

import os
import re
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
_COPY = "adbc.postgresql.use_copy"
_PLAN_ROWS = re.compile(r"rows=(\d+)")
_CANCELLED, _LOST = "57014", "08006"
_REASONS = {
    "42501": "this user may not read it",
    _CANCELLED: "it was cancelled, or took longer than the server's statement_timeout",
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
        database = Postgres(cursor, where, dbapi)
        for setting in _ONE_SCAN:
            database.run(setting)
        yield database


class Postgres:
    """A transaction of PostgreSQL."""

    def __init__(self, cursor: Any, where: str, dbapi: Any) -> None:
        self._cursor, self._where = cursor, where
        self._errors = (dbapi.Error, OSError, pa.ArrowException)

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

    def estimate(self, sql: str) -> int:
        """The planner's guess: counting a view would cost as much as reading it."""
        # a plan cannot be copied out as rows can
        self._cursor.adbc_statement.set_options(**{_COPY: "false"})
        plan = str(self._rows(f"EXPLAIN {sql}")[0][0])
        self._cursor.adbc_statement.set_options(**{_COPY: "true"})
        found = _PLAN_ROWS.search(plan)
        return int(found[1]) if found else 0

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
        state = _state(error)
        if state.startswith(("08", "57P")):
            raise InputError(
                f"{self._where}: the connection was lost after {rows:,} rows; nothing of them is kept: run it again"
            ) from None
        reason = _REASONS.get(state, "the server refuses; its log says why")
        raise InputError(f"{self._where}: cannot be read: {reason} (SQLSTATE {state})") from None


def _state(error: Exception) -> str:
    """The server's code for an error. The driver keeps it back once rows flow; an ERROR then is no lost connection."""
    state = getattr(error, "sqlstate", None)
    if state:
        return str(state)
    if "canceling statement" in str(error):
        return _CANCELLED
    return "unknown" if "ERROR: " in str(error) else _LOST


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
    """libpq's first line, but never of a URL that it cannot parse, or a host unknown: it would quote a part of it."""
    told = (str(error).splitlines() or [""])[0].partition("Failed to connect: ")[2]
    if "could not translate host name" in told:
        return "the host is unknown here; check its name, and that an @ in a password is written %40"
    if not told.startswith("connection to"):
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
