"""All that a ledger says about one person: what was told to whom, and what people decided upon it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from creditscore.governance.pseudonyms import Pseudonyms
from creditscore.governance.secrets import Secret
from creditscore.ledger.chain import Occasion
from creditscore.ledger.store import WITH_CONTENT, Connection, Ledger, entry_of, said

_HASHES = [name for name in ("sm3", "sha256") if name in hashlib.algorithms_available]


class Told(NamedTuple):
    """An entry about a person: its number, its occasion, and what it says, as JSON says it."""

    seq: int
    occasion: Occasion
    content: dict[str, Any]


def told_about(ledger: Ledger, borrower_id: str | int, secrets: Sequence[Secret]) -> list[Told]:
    """The entries about a borrower, oldest first; `secrets` are all that pseudonyms were ever made with."""
    with ledger.store.reading() as connection:
        return sorted(_told(connection, known_as(ledger, connection, borrower_id, secrets)))


def recipients_to_tell(told: Sequence[Told]) -> dict[str, list[int]]:
    """Who was told of a person, and so is to be told of a correction: by recipient, the entries' numbers."""
    found: dict[str, list[int]] = {}
    for one in told:
        if one.occasion.kind == "disclosure":
            found.setdefault(one.occasion.recipient, []).append(one.seq)
    return found


def known_as(ledger: Ledger, connection: Connection, borrower_id: str | int, secrets: Sequence[Secret]) -> list[str]:
    """All pseudonyms that a borrower may have before the ledger's recipients, one for each of them, secret and hash."""
    recipients = [
        name for (name,) in connection.rows("SELECT DISTINCT recipient FROM occasions WHERE kind <> 'erasure'")
    ]
    return [
        Pseudonyms(secret, ledger.keeper, recipient, kind).of(borrower_id)
        for recipient in recipients
        for secret in secrets
        for kind in _HASHES
    ]


def _told(connection: Connection, people: Sequence[str]) -> Iterator[Told]:
    for person in people:
        for row in connection.rows(f"{WITH_CONTENT} WHERE c.pseudonym = ?", (person,)):
            entry = entry_of(row)
            yield Told(entry.seq, entry.occasion, said(entry))
