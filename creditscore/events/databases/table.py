"""A table or view of a database as a source of events, streamed, only the columns and the period needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa

from creditscore.events.address import check_no_secret, expanded, is_url, without_secrets
from creditscore.events.databases import duckdb_file, postgres
from creditscore.events.databases.decimals import MOST_DIGITS, with_decimals
from creditscore.events.databases.query import Column, Connect, Database, Table, chosen, conditions, select
from creditscore.events.period import Span
from creditscore.events.sources import RUN, Openable, Opened, Part

_Run = Callable[[], Part]


@dataclass(frozen=True)
class DatabaseTable(Openable):
    """A table or view: `database` is `postgresql://user@host/db` or a DuckDB file, `table` its name, with its schema
    (`shop.orders`) or found in the search path.

    PostgreSQL's password comes from PGPASSWORD, PGPASSFILE or ~/.pgpass, or as `${NAME}` in the URL from the
    environment; one written out is refused. Rows come in the table's own order, which a database promises for no view.
    Needs the databases extra.
    """

    database: str | Path = field(repr=False)
    table: str

    def __post_init__(self) -> None:
        check_no_secret(str(self.database))

    @property
    def label(self) -> str:
        """The table's name, as it was given."""
        return self.table

    def opened(self, wanted: frozenset[str] | None, span: Span | None) -> Opened:
        """The table's columns and rows. Raises InputError where it cannot be reached, SchemaError where it is not."""
        with self._connected() as database:
            table = self._chosen(database)
            known = database.columns(table)
            read = {name: column for name, column in known.items() if wanted is None or name in wanted}
            kinds = _kinds(next(database.batches(select(table, read, ["1 = 0"]))).schema, read)
            sql = select(table, read, conditions(span, kinds))
            rows = database.estimate(sql)
        decimals = frozenset(name for name, column in read.items() if column.decimal)
        return Opened(
            self.label, tuple(known), kinds, _Streamed(partial(self._runs, tuple(known), sql, decimals)), rows
        )

    def count(self) -> int:
        """How many rows there are."""
        with self._connected() as database:
            return database.count(self._chosen(database))

    def _chosen(self, database: Database) -> Table:
        return chosen(self.table, database.tables(), without_secrets(str(self.database)).partition("?")[0])

    def _connected(self) -> Connect:
        address = str(self.database)
        real = expanded(address)
        where = f"{self.table} in {without_secrets(address).partition('?')[0]}"
        return postgres.connected(real, where) if is_url(real) else duckdb_file.connected(Path(real), where)

    def _runs(self, names: tuple[str, ...], sql: str, decimals: frozenset[str]) -> Iterator[_Run]:
        """The rows as they come, by one connection that is closed with the last one."""
        first = 0
        with self._connected() as database:
            for table in _in_runs(database.batches(sql)):
                yield partial(self._part, names, table, decimals, first)
                first += table.num_rows

    def _part(self, names: tuple[str, ...], table: pa.Table, decimals: frozenset[str], first: int) -> Part:
        return Part(self.label, names, with_decimals(table, decimals), first=first)


@dataclass(frozen=True)
class _Streamed(Iterable[_Run]):
    """Runs that are read on as they are gone through, each time anew."""

    begin: Callable[[], Iterator[_Run]]

    def __iter__(self) -> Iterator[_Run]:
        return self.begin()


def _kinds(schema: pa.Schema, columns: Mapping[str, Column]) -> pa.Schema:
    """The types of the columns; decimals told as text are decimals."""
    told = pa.decimal128(MOST_DIGITS, 0)
    return pa.schema([field.with_type(told) if columns[field.name].decimal else field for field in schema])


def _in_runs(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches in runs of enough rows; one of none where there are none."""
    held, rows, given = [next(batches)], 0, False
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows >= RUN:
            yield pa.Table.from_batches(held)
            held, rows, given = [], 0, True
    if rows or not given:
        yield pa.Table.from_batches(held)
