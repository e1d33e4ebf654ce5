"""Ledgers made and opened: SQLite by a file's path, PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path

from creditscore.errors import InputError
from creditscore.ledger.sqlite import create_sqlite, open_sqlite
from creditscore.ledger.store import Ledger

WAIT = 30.0
_MOST_CHARACTERS = 200
_URLS = ("postgresql://", "postgres://")


def create_ledger(where: str | Path, *, keeper: str) -> Ledger:
    """A new, empty ledger in a file or at a postgresql:// URL, of the party that discloses.

    The keeper's name goes into the chain and into the keys of pseudonyms: it stays. Raises LedgerError where there is
    something already.
    """
    check_name("keeper", keeper)
    if _is_url(where):
        from creditscore.ledger.postgres import create_postgres

        create_postgres(str(where), keeper)
    else:
        create_sqlite(Path(where), keeper)
    return open_ledger(where)


def open_ledger(where: str | Path, *, timeout: float = WAIT) -> Ledger:
    """The ledger in a file or at a postgresql:// URL; whoever writes waits up to `timeout` seconds for others.

    One that is not there is not made. Raises LedgerError where there is none, or another format.
    """
    if _is_url(where):
        from creditscore.ledger.postgres import open_postgres

        return open_postgres(str(where), timeout)
    return open_sqlite(Path(where), timeout)


def check_name(field: str, text: str) -> None:
    """A name or a purpose as an entry keeps it: some printable text. Raises InputError."""
    if not isinstance(text, str) or not text.strip() or not text.isprintable() or len(text) > _MOST_CHARACTERS:
        raise InputError(f"{field}: expected 1 to {_MOST_CHARACTERS} printable characters")


def _is_url(where: str | Path) -> bool:
    return isinstance(where, str) and where.startswith(_URLS)
