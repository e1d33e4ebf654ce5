"""Statements of account: how many scores were told and for which fees, by recipient and by platform."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from creditscore.ledger.chain import Entry
from creditscore.ledger.store import WITH_CONTENT, Ledger, entry_of, said

_PERIOD = "o.kind = 'disclosure' AND o.at >= ? AND o.at < ?"
_BY_RECIPIENT = (
    "SELECT o.recipient, o.purpose, o.currency, COUNT(*), SUM(o.fee) "
    f"FROM entries e JOIN occasions o ON o.id = e.occasion WHERE {_PERIOD} "
    "GROUP BY o.recipient, o.purpose, o.currency ORDER BY o.recipient, o.purpose, o.currency"
)
_WITH_PLATFORMS = f"{WITH_CONTENT} WHERE {_PERIOD} ORDER BY e.seq"
ERASED, NONE = "(erased)", "(none)"
_FIRST, _LAST = -(2**62), 2**62


class Line(NamedTuple):
    """Scores told and their fees, in ten-thousandths of the currency; `purpose` is empty in a platform's line."""

    name: str
    purpose: str
    currency: str
    scores: int
    fees: int


class Statement(NamedTuple):
    """Lines by recipient and purpose, which sum to all there is, and by platform, which do not.

    A platform's line has the scores that its records fed, and the whole fees of these: a score that two platforms fed
    is in both lines. How fees are shared is for the parties to agree.
    """

    recipients: tuple[Line, ...]
    platforms: tuple[Line, ...]


def statement(ledger: Ledger, start: int | None = None, until: int | None = None) -> Statement:
    """What was told from `start` on and before `until`, both in UTC microseconds; without them, all of it."""
    period = (_FIRST if start is None else start, _LAST if until is None else until)
    scores: Counter[tuple[str, str]] = Counter()
    fees: Counter[tuple[str, str]] = Counter()
    with ledger.store.reading() as connection:
        found = connection.rows(_BY_RECIPIENT, period)
        recipients = tuple(Line(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in found)
        for entry in map(entry_of, connection.rows(_WITH_PLATFORMS, period)):
            for platform in _platforms(entry):
                scores[platform, entry.occasion.currency] += 1
                fees[platform, entry.occasion.currency] += entry.occasion.fee
    platforms = tuple(Line(one, "", currency, n, fees[one, currency]) for (one, currency), n in sorted(scores.items()))
    return Statement(recipients, platforms)


def _platforms(entry: Entry) -> list[str]:
    return [ERASED] if entry.content is None else said(entry)["platforms"] or [NONE]
