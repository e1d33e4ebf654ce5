"""Entries put behind the last one, in one transaction."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from creditscore.ledger.chain import KINDS, SALT_BYTES, Occasion, commitment_of, digest_of, next_hash
from creditscore.ledger.store import Connection, Ledger


def append(
    ledger: Ledger, connection: Connection, occasion: Occasion, people: Sequence[str], texts: Sequence[str]
) -> range:
    """Add an entry of the occasion for each pseudonym and its text; their numbers. Within a writer's transaction."""
    assert occasion.kind in KINDS
    last, previous = ledger.last(connection)
    first, own = last + 1, digest_of(occasion)
    numbers, salts = range(first, first + len(people)), _salts(len(people))
    commitments, hashes = [], []
    for seq, salt, person, text in zip(numbers, salts, people, texts, strict=True):
        commitment = commitment_of(salt, person, text)
        previous = next_hash(previous, seq, commitment, own)
        commitments.append(commitment)
        hashes.append(previous)
    if people:
        connection.insert("occasions", *([value] for value in (first, *occasion)))
    connection.insert("entries", numbers, [first] * len(numbers), commitments, hashes)
    connection.insert("contents", numbers, people, salts, texts)
    return numbers


def _salts(count: int) -> list[bytes]:
    drawn = os.urandom(SALT_BYTES * count)
    return [drawn[i : i + SALT_BYTES] for i in range(0, len(drawn), SALT_BYTES)]


def now() -> int:
    """UTC microseconds."""
    return time.time_ns() // 1_000
