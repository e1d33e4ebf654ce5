"""What a ledger is kept in: a database of `entries` and their `occasions`, for good, and `contents`, erased on demand.

An occasion has the number of its first entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from creditscore.errors import LedgerError
from creditscore.ledger.chain import Content, Entry, Occasion, first_hash

FORMAT = 1
WITH_CONTENT = (
    "SELECT e.seq, o.at, o.kind, o.recipient, o.purpose, o.model_id, o.digest, o.fee, o.currency, "
    "e.commitment, e.hash, c.pseudonym, c.salt, c.content "
    "FROM entries e LEFT JOIN occasions o ON o.id = e.occasion LEFT JOIN contents c ON c.seq = e.seq"
)


class Connection(Protocol):
    """One transaction; parameters are written as ?."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """What a query finds, a row at a time."""

    def insert(self, table: str, *columns: Sequence[Any]) -> None:
        """Add rows, by the values of all the table's columns in their order."""

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of the rows."""


class Store(Protocol):
    """A database. Errors of it come out as LedgerError."""

    @property
    def name(self) -> str:
        """How messages name it: without a password."""

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that other writers wait for; on disk once the block is left, undone where it raises."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees the ledger as it was when the block was entered."""

    def scrub(self) -> None:
        """Overwrite what was deleted, as far as the database can."""


@dataclass(frozen=True)
class Ledger:
    """Who was told what: `keeper` is the party that discloses, `id` tells ledgers apart. `open_ledger` gives one."""

    store: Store
    id: str
    keeper: str

    def __repr__(self) -> str:
        return f"Ledger({self.store.name}, kept by {self.keeper})"

    @property
    def start(self) -> bytes:
        """What the first entry is chained to."""
        return first_hash(self.id, self.keeper)

    def last(self, connection: Connection) -> tuple[int, bytes]:
        """The number and the hash of the last entry; 0 and the start where there is none."""
        found = next(connection.rows("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1"), None)
        return (int(found[0]), bytes(found[1])) if found else (0, self.start)


def opened(store: Store) -> Ledger:
    """The ledger that is in a store. Raises LedgerError where none of this format is."""
    with store.reading() as connection:
        found = list(connection.rows("SELECT format, id, keeper FROM ledger"))
    if len(found) != 1 or found[0][0] != FORMAT:
        raise LedgerError(f"{store.name}: expected a ledger of format {FORMAT}; it is of another, or damaged")
    return Ledger(store, found[0][1], found[0][2])


def said(entry: Entry) -> dict[str, Any]:
    """What an entry says of a person, as JSON has it. Raises LedgerError where it is erased, or is no such text."""
    try:
        found = json.loads(entry.content.text if entry.content else "")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise LedgerError(f"entry {entry.seq}: what it says cannot be read; run: python -m creditscore ledger verify")
    return found


def entry_of(row: Sequence[Any]) -> Entry:
    """A row of `WITH_CONTENT` as an entry."""
    content = None if row[12] is None else Content(*row[11:14])
    return Entry(row[0], Occasion(*row[1:9]), row[9], row[10], content)
