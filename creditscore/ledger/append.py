"""Entries put behind the last one, in one transaction."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from creditscore.ledger.chain import KINDS, SALT_BYTES, Occasion, commitment_of, digest_of, next_hash
from creditscore.ledger.store import Connection, Ledger

_OCCASION = "INSERT INTO occasions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ENTRY = "INSERT INTO entries VALUES (?, ?, ?, ?)"
_CONTENT = "INSERT INTO contents VALUES (?, ?, ?, ?)"


def append(
    ledger: Ledger, connection: Connection, occasion: Occasion, people: Sequence[str], texts: Sequence[str]
) -> range:
    """Add an entry of the occasion for each pseudonym and its text; their numbers. Within a writer's transaction."""
    assert occasion.kind in KINDS
    last, previous = ledger.last(connection)
    own, salts = digest_of(occasion), os.urandom(SALT_BYTES * len(people))
    entries, contents = [], []
    for i, (person, text) in enumerate(zip(people, texts, strict=True)):
        salt = salts[SALT_BYTES * i : SALT_BYTES * (i + 1)]
        seq, commitment = last + i + 1, commitment_of(salt, person, text)
        previous = next_hash(previous, seq, commitment, own)
        entries.append((seq, last + 1, commitment, previous))
        contents.append((seq, person, salt, text))
    if entries:
        connection.write(_OCCASION, [(last + 1, *occasion)])
    connection.write(_ENTRY, entries)
    connection.write(_CONTENT, contents)
    return range(last + 1, last + 1 + len(entries))


def now() -> int:
    """UTC microseconds."""
    return time.time_ns() // 1_000
