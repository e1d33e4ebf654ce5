"""A ledger in PostgreSQL, by URL, for many machines; needs the postgres extra (psycopg 3)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from creditscore.errors import LedgerError, MissingExtraError
from creditscore.ledger.store import FORMAT, Ledger, opened

if TYPE_CHECKING:
    import psycopg

_AT_ONCE = 5_000
_TABLES = """
CREATE TABLE ledger (format bigint NOT NULL, id text NOT NULL, keeper text NOT NULL);
CREATE TABLE occasions (
    id bigint PRIMARY KEY, at bigint NOT NULL, kind text NOT NULL, recipient text NOT NULL, purpose text NOT NULL,
    model_id text NOT NULL, digest text NOT NULL, fee bigint NOT NULL, currency text NOT NULL
);
CREATE TABLE entries (seq bigint PRIMARY KEY, occasion bigint NOT NULL, commitment bytea NOT NULL, hash bytea NOT NULL);
CREATE TABLE contents (seq bigint PRIMARY KEY, pseudonym text NOT NULL, salt bytea NOT NULL, content text NOT NULL);
CREATE INDEX contents_by_pseudonym ON contents (pseudonym);
CREATE FUNCTION ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'the ledger is append-only'; END$$;
CREATE TRIGGER occasions_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON occasions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final();
CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final();
CREATE TRIGGER contents_are_final BEFORE UPDATE OR TRUNCATE ON contents
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final();
"""


def create_postgres(url: str, keeper: str) -> None:
    """A new ledger in the schema that comes first in the search path. Raises LedgerError where one is there."""
    with PostgresStore(url, 30.0).connected("made") as connection:
        connection.execute(_TABLES)
        connection.execute("INSERT INTO ledger VALUES (%s, %s, %s)", (FORMAT, uuid.uuid4().hex, keeper))


def open_postgres(url: str, timeout: float) -> Ledger:
    """The ledger at a URL without a password; a writer waits `timeout` seconds for others."""
    return opened(PostgresStore(url, timeout))


class PostgresStore:
    """A database at a URL. libpq takes the password from PGPASSWORD, PGPASSFILE or ~/.pgpass; none is kept here."""

    def __init__(self, url: str, timeout: float) -> None:
        if urlsplit(url).password is not None or "password=" in url:
            raise LedgerError("ledger: a password in the URL; take it out, and set PGPASSWORD or PGPASSFILE")
        self.url, self.timeout = url, timeout

    @property
    def name(self) -> str:
        return self.url.partition("?")[0]

    @contextmanager
    def writing(self) -> Iterator[PostgresConnection]:
        with self.connected("written") as connection:
            connection.execute(f"SET LOCAL lock_timeout = {round(self.timeout * 1000)}")
            # whoever appends waits here, before reading which entry is the last; readers do not
            connection.execute("LOCK TABLE entries IN SHARE ROW EXCLUSIVE MODE")
            yield PostgresConnection(connection)

    @contextmanager
    def reading(self) -> Iterator[PostgresConnection]:
        with self.connected("read") as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield PostgresConnection(connection)

    def scrub(self) -> None:
        """Deleted rows are given free; the server's log and its backups keep them for as long as they are kept."""
        with self.connected("scrubbed", autocommit=True) as connection:
            connection.execute("VACUUM contents")

    @contextmanager
    def connected(self, what: str, *, autocommit: bool = False) -> Iterator[psycopg.Connection]:
        """A connection of its own, committed where the block is left."""
        psycopg = _psycopg()
        try:
            with psycopg.connect(self.url, connect_timeout=10, autocommit=autocommit) as connection:
                connection.execute("SET synchronous_commit = on")
                yield connection
        except psycopg.Error as error:
            # the first line alone: what follows may quote values
            told = (str(error).splitlines() or [type(error).__name__])[0]
            raise LedgerError(f"ledger {self.name}: cannot be {what} ({told}); nothing was recorded") from None


class PostgresConnection:
    """A transaction of PostgreSQL."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        # a cursor of the server's, so that a long ledger need not fit in memory
        with self._connection.cursor(name=f"c{uuid.uuid4().hex}") as cursor:
            cursor.itersize = _AT_ONCE
            yield from cursor.execute(sql.replace("?", "%s"), parameters)

    def insert(self, table: str, *columns: Sequence[Any]) -> None:
        statement = f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})"
        self.write(statement, list(zip(*columns, strict=True)))

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(sql.replace("?", "%s"), rows)


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise MissingExtraError(
            f"a ledger in PostgreSQL needs the postgres extra ({error}): pip install 'creditscore[postgres]'"
        ) from None
    return psycopg
