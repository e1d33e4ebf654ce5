"""Entries, their commitments and their chain, as functions of bytes.

An entry's hash covers the hash before it, its number, the digest of its occasion (when, what, who asked, for what, by
which model, for which fee) and a commitment to the personal content: SHA-256 of a random salt and the content. Without
the salt nobody can test a guess of the content, so that erasing both leaves nothing of the person, and the chain as it
is.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import NamedTuple

SALT_BYTES = 16
KINDS = ("disclosure", "review", "erasure")


class Occasion(NamedTuple):
    """What an entry says without the person: `at` in UTC microseconds, `fee` in ten-thousandths of `currency`.

    The entries of one transaction share one.
    """

    at: int
    kind: str
    recipient: str
    purpose: str
    model_id: str = ""
    digest: str = ""
    fee: int = 0
    currency: str = ""


class Content(NamedTuple):
    """What an entry says of a person: who, and JSON text; an erasure's names no person."""

    pseudonym: str
    salt: bytes
    text: str


class Entry(NamedTuple):
    """One entry as it is kept; `content` is None once erased."""

    seq: int
    occasion: Occasion
    commitment: bytes
    hash: bytes
    content: Content | None


def first_hash(ledger_id: str, keeper: str) -> bytes:
    """What the first entry's hash is chained to: the ledger itself."""
    return hashlib.sha256(_json("creditscore ledger 1", ledger_id, keeper)).digest()


def commitment_of(salt: bytes, pseudonym: str, text: str) -> bytes:
    """The salted commitment to a person's content, 32 bytes; a pseudonym has no line's end."""
    # bytes that are no UTF-8, as tampering may leave them, are hashed as they are
    return hashlib.sha256(salt + f"{pseudonym}\n{text}".encode("utf-8", "surrogateescape")).digest()


@lru_cache(maxsize=16)
def digest_of(occasion: Occasion) -> bytes:
    """Of an occasion as canonical JSON, an ASCII array without spaces, 32 bytes; kept for the next entry of a batch."""
    return hashlib.sha256(_json(*occasion)).digest()


def next_hash(previous: bytes, seq: int, commitment: bytes, occasion_digest: bytes) -> bytes:
    """An entry's hash, 32 bytes, over parts of fixed lengths."""
    return hashlib.sha256(previous + seq.to_bytes(8, "big") + commitment + occasion_digest).digest()


def _json(*parts: object) -> bytes:
    return json.dumps(parts, separators=(",", ":")).encode("ascii")
