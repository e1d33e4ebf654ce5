"""What features may read of each event table, and how the kernel holds it.

A *number* is int64 with a scale (its value is the integer over the scale); a *code* is a category numbered within the
borrower; a *state* is a number that depends on the instant of decision (whether an obligation is paid *by then*).
Identities (platforms, places, merchants) can be counted but never picked out: who or where stays out of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from creditscore.events.schema import CONTRACT

SECOND = 1_000_000
DAY = 86_400 * SECOND
# These begin again after their end: hours (23, 5) are the night.
ROUND = ("hour", "weekday")
# A missing number or time; what never comes.
NULL = -(2**63)
NEVER = 2**63 - 1


@dataclass(frozen=True)
class Readable:
    """A column as features see it. `slot` is a state's place in the kernel's row of states."""

    name: str
    kind: Literal["number", "code", "state"]
    unit: str = ""
    scale: int = 1
    identity: bool = False
    slot: int = -1


# A state's place; AGE, the event's age at as_of, is every table's.
AGE, PAID, OPEN, DUE, LATE, DAYS_PAST_DUE, AMOUNT_PAID, AMOUNT_UNPAID = range(8)
STATES = 8


def _fixed(table: str, name: str, unit: str) -> Readable:
    return Readable(name, "number", unit, 10 ** CONTRACT[table][name].decimals)


def _clock() -> tuple[Readable, ...]:
    """Local clock and calendar: hours 0–23, weekdays 0 (Monday) – 6, days as something to count."""
    return (
        Readable("hour", "number", "hour"),
        Readable("weekday", "number", "weekday"),
        Readable("day", "code"),
        Readable("platform", "code", identity=True),
    )


_COLUMNS: Mapping[str, tuple[Readable, ...]] = {
    "transactions": (
        _fixed("transactions", "amount", "money"),
        _fixed("transactions", "balance", "money"),
        Readable("kind", "code"),
        Readable("category", "code"),
        Readable("channel", "code"),
        Readable("status", "code"),
        Readable("merchant_id", "code", identity=True),
        Readable("city", "code", identity=True),
        *_clock(),
    ),
    "trips": (
        _fixed("trips", "amount", "money"),
        _fixed("trips", "distance_km", "km"),
        Readable("nights", "number", "nights"),
        Readable("lead_days", "number", "days", DAY),
        Readable("mode", "code"),
        Readable("scope", "code"),
        Readable("status", "code"),
        Readable("origin", "code", identity=True),
        Readable("destination", "code", identity=True),
        *_clock(),
    ),
    "obligations": (
        _fixed("obligations", "amount_due", "money"),
        Readable("kind", "code"),
        Readable("paid", "state", slot=PAID),
        Readable("open", "state", slot=OPEN),
        Readable("due", "state", slot=DUE),
        Readable("late", "state", slot=LATE),
        Readable("days_past_due", "state", "days", slot=DAYS_PAST_DUE),
        Readable("amount_paid", "state", "money", 100, slot=AMOUNT_PAID),
        Readable("amount_unpaid", "state", "money", 100, slot=AMOUNT_UNPAID),
        *_clock(),
    ),
}

READABLE: Mapping[str, Mapping[str, Readable]] = {
    table: {column.name: column for column in columns} for table, columns in _COLUMNS.items()
}
