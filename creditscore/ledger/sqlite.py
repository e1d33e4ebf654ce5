"""A ledger in one SQLite file, in WAL mode: many processes write, one at a time, and what is committed is on disk."""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from creditscore.errors import LedgerError
from creditscore.ledger.store import FORMAT, Ledger, opened

# Rows a statement: a quarter faster than one by one, and well under the values that SQLite takes at once.
_AT_ONCE = 100
_TABLES = """
CREATE TABLE ledger (format INTEGER NOT NULL, id TEXT NOT NULL, keeper TEXT NOT NULL);
CREATE TABLE occasions (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, recipient TEXT NOT NULL, purpose TEXT NOT NULL,
    model_id TEXT NOT NULL, digest TEXT NOT NULL, fee INTEGER NOT NULL, currency TEXT NOT NULL
);
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, occasion INTEGER NOT NULL, commitment BLOB NOT NULL, hash BLOB NOT NULL
);
CREATE TABLE contents (
    seq INTEGER PRIMARY KEY, pseudonym TEXT NOT NULL, salt BLOB NOT NULL, content TEXT NOT NULL
);
"""
# Against mistakes, not against whoever may drop them: that is what the chain is for.
_FINAL = """
CREATE TRIGGER {table}_{when} BEFORE {when} ON {table} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""
_TRIGGERS = "".join(
    _FINAL.format(table=table, when=when)
    for table, events in (("occasions", "UPDATE DELETE"), ("entries", "UPDATE DELETE"), ("contents", "UPDATE"))
    for when in events.split()
)


def create_sqlite(path: Path, keeper: str) -> None:
    """A new ledger, whole or not there, for its owner's eyes only. Raises LedgerError where something is there."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _fill(beside, keeper)
        # a link, unlike a rename, never takes the place of a file
        os.link(beside, path)
    except FileExistsError:
        raise LedgerError(f"{path}: there is a file already; give another name, or use the ledger that it is") from None
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{path}: no ledger can be made there ({error})") from None
    finally:
        beside.unlink(missing_ok=True)


def open_sqlite(path: Path, timeout: float) -> Ledger:
    """The ledger in a file; a writer waits `timeout` seconds for others. Raises LedgerError where it is none."""
    if not path.is_file():
        raise LedgerError(f"{path}: no such ledger; make one: python -m creditscore ledger create {path} --keeper NAME")
    return opened(SqliteStore(path, timeout))


class SqliteStore:
    """A file; each process and thread has its own connection to it, since none may be carried over a fork."""

    def __init__(self, path: Path, timeout: float) -> None:
        self.path, self.timeout = path.absolute(), timeout
        # by process and thread
        self._connections: dict[tuple[int, int], sqlite3.Connection] = {}
        weakref.finalize(self, _close, self._connections)

    @property
    def name(self) -> str:
        return str(self.path)

    @contextmanager
    def writing(self) -> Iterator[SqliteConnection]:
        with self._transaction("BEGIN IMMEDIATE", "written") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[SqliteConnection]:
        with self._transaction("BEGIN", "read") as connection:
            yield connection

    def scrub(self) -> None:
        """What `secure_delete` has overwritten in the log goes into the file, and the log is cut."""
        try:
            self._connected().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise self._failed("scrubbed", error) from None

    @contextmanager
    def _transaction(self, begin: str, what: str) -> Iterator[SqliteConnection]:
        try:
            connection = self._connected()
            connection.execute(begin)
            try:
                yield SqliteConnection(connection)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise self._failed(what, error) from None

    def _failed(self, what: str, error: sqlite3.Error) -> LedgerError:
        waited = f" for {self.timeout:g} s" if "locked" in str(error) else ""
        return LedgerError(f"ledger {self.path}: cannot be {what} ({error}{waited}); nothing was recorded")

    def _connected(self) -> sqlite3.Connection:
        # a forked child leaves its parent's connections alone: they stay here, unused
        who = (os.getpid(), threading.get_ident())
        if who not in self._connections:
            self._connections[who] = _connect(self.path, self.timeout)
        return self._connections[who]


class SqliteConnection:
    """A transaction of SQLite."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        return iter(self._connection.execute(sql, parameters))

    def insert(self, table: str, *columns: Sequence[Any]) -> None:
        row, rows = f"({', '.join('?' * len(columns))})", zip(*columns, strict=True)
        while values := list(chain.from_iterable(islice(rows, _AT_ONCE))):
            several = ", ".join([row] * (len(values) // len(columns)))
            self._connection.execute(f"INSERT INTO {table} VALUES {several}", values)

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(sql, rows)


def _connect(path: Path, timeout: float) -> sqlite3.Connection:
    # mode=rw: a file that has gone is an error, not a new and empty ledger
    address = f"{path.as_uri()}?mode=rw"
    # another thread than its own closes it
    connection = sqlite3.connect(address, timeout=timeout, isolation_level=None, uri=True, check_same_thread=False)
    # text that is no UTF-8 is read too, so that it can be found
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    # a transaction's 10,000 entries stay in memory until they are committed
    for pragma in ("synchronous=FULL", "fullfsync=ON", "secure_delete=ON", "cache_size=-16384"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def _close(connections: dict[tuple[int, int], sqlite3.Connection]) -> None:
    for (process, _), connection in connections.items():
        if process == os.getpid():
            connection.close()


def _fill(path: Path, keeper: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # large pages: a batch's commit writes half as long
        connection.executescript(f"PRAGMA page_size=16384; {_TABLES} {_TRIGGERS}")
        connection.execute("INSERT INTO ledger VALUES (?, ?, ?)", (FORMAT, uuid.uuid4().hex, keeper))
        # kept in the file: whoever opens it has it
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
    finally:
        connection.close()
