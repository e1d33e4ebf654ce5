"""What is asked of a database: which table is meant, and the SELECT that reads it; names come from its catalogue."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import pyarrow as pa

from creditscore.errors import SchemaError
from creditscore.events.period import Span


class Table(NamedTuple):
    """A table or view that is there; `within_reach` by its name alone, `number` is the database's own for it, `catalog`
    what comes before the schema where a schema alone could mean something else.
    """

    schema: str
    name: str
    within_reach: bool
    number: int = 0
    catalog: str = ""

    @property
    def quoted(self) -> str:
        return ".".join(quoted(part) for part in (self.catalog, self.schema, self.name) if part)


class Column(NamedTuple):
    """The expression that reads a column as a type that Arrow has; `decimal` where that is a decimal's text."""

    expression: str
    decimal: bool = False


class Database(Protocol):
    """A connection, and what is asked of it; all errors are InputErrors without any value in them."""

    def tables(self) -> Sequence[Table]:
        """All that may be read, those that come first in the search path first."""

    def columns(self, table: Table) -> Mapping[str, Column]:
        """Each column by its name."""

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """A query's rows as they come, after a batch of none, by which the types are known."""

    def estimate(self, sql: str) -> int:
        """About how many rows a query gives."""

    def count(self, table: Table) -> int:
        """How many rows it has."""


Connect = AbstractContextManager[Database]


def chosen(asked: str, tables: Sequence[Table], where: str) -> Table:
    """The table of that name, with its schema or without. Raises SchemaError where there is none."""
    by_name = {table.name: table for table in reversed(tables) if table.within_reach}
    by_name = {f"{table.schema}.{table.name}": table for table in tables} | by_name
    if asked in by_name:
        return by_name[asked]
    close = difflib.get_close_matches(asked, by_name, n=1)
    fix = f"did you mean '{close[0]}'?" if close else "give its name as schema.table, as the database spells it"
    raise SchemaError(f"{where}: no table '{asked}' that may be read; there are {len(tables):,}; {fix}")


def select(table: Table, columns: Mapping[str, Column], conditions: Iterable[str] = ()) -> str:
    """One SELECT of a table's columns."""
    read = ", ".join(f"{column.expression} AS {quoted(name)}" for name, column in columns.items())
    where = " AND ".join(f"({one})" for one in conditions)
    return f"SELECT {read} FROM {table.quoted}" + (f" WHERE {where}" if where else "")


def conditions(span: Span | None, kinds: pa.Schema) -> Iterator[str]:
    """A span's rows, those without a time, and where times have no zone some more, which are left out afterwards."""
    if span is None or span.column not in kinds.names:
        return
    kind = kinds.field(span.column).type
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return
    zoned = pa.types.is_timestamp(kind) and kind.tz is not None
    within, column = span.period if zoned else span.period.spared, quoted(span.column)
    for sign, end in ((">=", within.start), ("<", within.until)):
        if end is not None:
            instant = f"TIMESTAMPTZ '{end} 00:00:00+00'" if zoned else f"TIMESTAMP '{end} 00:00:00'"
            yield f"{column} {sign} {instant} OR {column} IS NULL"


def none_of(schema: pa.Schema) -> pa.RecordBatch:
    """A batch without rows."""
    return pa.RecordBatch.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)


def quoted(name: str) -> str:
    """A name as SQL has it, whatever is in it.

    >>> print(quoted('the "new" ones'))
    "the ""new"" ones"
    """
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
