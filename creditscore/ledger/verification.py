"""Is every entry as it was written? The chain from the first to the last, and heads that were kept outside.

Without a head a chain shows no cut tail and no rewriting of all that follows an entry: whoever can write the file can
make another chain of the same form. With a head, everything up to it is fixed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from creditscore.ledger.chain import KINDS, commitment_of, digest_of, next_hash
from creditscore.ledger.heads import Check, Head
from creditscore.ledger.store import WITH_CONTENT, Connection, Ledger, entry_of

_TYPES = (int, int, str, str, str, str, str, int, str, bytes, bytes)

# What belongs to no entry.
_ASTRAY = {
    "SELECT seq FROM contents WHERE seq NOT IN (SELECT seq FROM entries) ORDER BY seq LIMIT 1": "content",
    "SELECT id FROM occasions WHERE id NOT IN (SELECT occasion FROM entries) ORDER BY id LIMIT 1": "an occasion",
}


class Verdict(NamedTuple):
    """What verification found: how many entries and heads agree, and where not the first bad entry and why.

    `bad` is None where all is well; 0 where a head itself is bad. `erased` entries have lawfully lost their content.
    """

    entries: int
    erased: int
    heads: int
    bad: int | None = None
    why: str = ""

    @property
    def sound(self) -> bool:
        return self.bad is None


class _BadError(Exception):
    """An entry that is not as it was written."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.seq, self.why = seq, why


def verify(ledger: Ledger, heads: Sequence[Head] = (), checks: Iterable[Check] = ()) -> Verdict:
    """Follow the chain from its start, at one moment while others may go on writing, and compare it with the heads.

    Each head must pass all of the `checks` (`has_hmac`, `has_signature`). Raises LedgerError where the database itself
    cannot be read.
    """
    walk = _Walk(ledger.start)
    try:
        _check_heads(ledger, heads, list(checks))
        with ledger.store.reading() as connection:
            for row in connection.rows(f"{WITH_CONTENT} ORDER BY e.seq"):
                walk.step(row)
                _compare(walk, [head for head in heads if head.count == walk.seq])
            _check_end(walk, heads)
            _check_contents(walk, connection)
    except _BadError as bad:
        return Verdict(walk.seq, len(walk.without), len(heads), bad.seq, bad.why)
    return Verdict(walk.seq, len(walk.without), len(heads))


class _Walk:
    """How far verification has come: the last number and hash, and which contents are gone and said to be erased."""

    def __init__(self, start: bytes) -> None:
        self.seq, self.hash = 0, start
        self.without: set[int] = set()
        self.erased: set[int] = set()

    def step(self, row: Sequence[Any]) -> None:
        seq = self.seq + 1
        if row[0] != seq:
            raise _BadError(seq, "it is missing: removed, or moved to another place")
        if tuple(map(type, row[:11])) != _TYPES or row[2] not in KINDS:
            raise _BadError(seq, "a field of it was changed to something of another kind")
        entry = entry_of(row)
        if next_hash(self.hash, seq, entry.commitment, digest_of(entry.occasion)) != entry.hash:
            raise _BadError(seq, "it, or its place, is not as it was written")
        self._step_content(row)
        self.seq, self.hash = seq, entry.hash

    def _step_content(self, row: Sequence[Any]) -> None:
        seq, kind, commitment, (person, salt, text) = row[0], row[2], row[9], row[11:14]
        if (person, salt, text) == (None, None, None):
            self.without.add(seq)
            return
        typed = tuple(map(type, (person, salt, text))) == (str, bytes, str)
        if not typed or commitment_of(salt, person, text) != commitment:
            raise _BadError(seq, "what it says of the person is not as it was written")
        if kind == "erasure":
            self.erased |= _numbers_in(text)


def _numbers_in(text: str) -> set[int]:
    """The entries that an erasure names; its text is committed to."""
    with suppress(ValueError, KeyError, TypeError):
        return {int(seq) for seq in json.loads(text)["erased"]}
    return set()


def _check_heads(ledger: Ledger, heads: Sequence[Head], checks: Sequence[Check]) -> None:
    for number, head in enumerate(heads, 1):
        if head.ledger != ledger.id:
            raise _BadError(0, f"head {number} is another ledger's")
        if not all(check(head) for check in checks):
            raise _BadError(0, f"head {number} was not made with the key given, or was changed")


def _compare(walk: _Walk, heads: Iterable[Head]) -> None:
    """A head of that many entries has the same last hash."""
    if any(head.hash != walk.hash.hex() for head in heads):
        raise _BadError(walk.seq, "the ledger up to it is not the one that a head was taken of: it was rewritten")


def _check_end(walk: _Walk, heads: Sequence[Head]) -> None:
    if walk.seq == 0:
        _compare(walk, [head for head in heads if head.count == 0])
    if any(head.count > walk.seq for head in heads):
        raise _BadError(walk.seq + 1, "it is missing: the end was cut off, as a head says that there is more")


def _check_contents(walk: _Walk, connection: Connection) -> None:
    """Contents are gone where an erasure says so, and only there; none is without its entry."""
    if lost := walk.without - walk.erased:
        raise _BadError(min(lost), "what it says of the person is gone, and no erasure says so")
    if kept := {seq for seq in walk.erased if seq <= walk.seq} - walk.without:
        raise _BadError(min(kept), "it is erased by an entry, and yet its content is there")
    for query, what in _ASTRAY.items():
        for (seq,) in connection.rows(query):
            raise _BadError(seq, f"there is {what} of it, and no such entry")
