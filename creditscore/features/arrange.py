"""Gathered events → the kernel's columns: from when each is known, the clock's numbers, codes by borrower, verdicts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.errors import InputError
from creditscore.features.columns import DAY, NEVER, NULL, SECOND
from creditscore.features.grouping import largest_sum
from creditscore.features.kernel import Columns, aggregate
from creditscore.features.plan import Program, TablePlan
from creditscore.features.verdicts import Verdicts, give_verdicts

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

HOUR, WEEKDAY, LEAD_DAYS, DUE_SUM, PAID_SUM = "hour", "weekday", "lead_days", "amount_due", "amount_paid"
# Fibonacci hashing: 2^64 over the golden ratio, odd (Knuth, The Art of Computer Programming, 6.4).
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Gathered(NamedTuple):
    """One table's events of some borrowers, by borrower and then time; NULL is a missing number, −1 a missing code.

    Borrower b owns the events starts[b] … starts[b + 1] − 1. A column that the table lacks, or that is missing
    throughout, is empty. `numbers` and `codes` have a row for each of the plan's; the clock's are not filled yet.
    """

    starts: Ints
    time: Ints
    recorded_at: Ints
    superseded_at: Ints
    status_at: Ints
    departs_at: Ints
    utc_offset_minutes: Ints
    due_at: Ints
    paid_at: Ints
    ended_at: Ints
    amount_due: Ints
    amount_paid: Ints
    numbers: Ints
    codes: Ints


class Layout(NamedTuple):
    """Which table it is, and where the plan wants the clock's numbers and codes; −1: nowhere."""

    trips: bool
    obligations: bool
    hour: int
    weekday: int
    lead_days: int
    day: int


def layout_of(plan: TablePlan) -> Layout:
    """A plan's layout."""
    hour, weekday, lead_days = (
        plan.numbers.index(name) if name in plan.numbers else -1 for name in (HOUR, WEEKDAY, LEAD_DAYS)
    )
    day = plan.codes.index("day") if "day" in plan.codes else -1
    return Layout(plan.table == "trips", plan.table == "obligations", hour, weekday, lead_days, day)


def arrange(events: Gathered, plan: TablePlan, layout: Layout, verdicts: Verdicts) -> Columns:
    """The kernel's columns; what the clock tells is filled into the events' numbers and codes, in place.

    Raises InputError where amounts are so large that a borrower's sum could overflow.
    """
    columns: Columns
    columns, too_large = arranged(events, layout, verdicts)
    check_sums(plan, too_large)
    return columns


def check_sums(plan: TablePlan, too_large: int) -> None:
    """Raise InputError where a column's sums could pass 64 bits, as `arranged` tells."""
    if too_large >= 0:
        name = (*plan.numbers, DUE_SUM, PAID_SUM)[too_large]
        raise InputError(
            f"column '{name}': one borrower's values cannot be added exactly, as they might reach 2^63 together; "
            f"set aside absurd amounts or split that history"
        )


@compiled
def fill(
    events: Gathered, layout: Layout, verdicts: Verdicts, program: Program, borrowers: Ints, as_of: Ints, out: Floats
) -> int:
    """Arrange the events and fill `out`, a row an application, unless a column cannot be added exactly:
    then return which one, else −1. One call for all, as each array costs time to hand over.
    """
    columns, too_large = arranged(events, layout, verdicts)
    if too_large < 0:
        aggregate(columns, program, borrowers, as_of, out)
    return int(too_large)


@compiled
def arranged(events: Gathered, layout: Layout, verdicts: Verdicts) -> tuple[Columns, int]:
    """The columns, and which of the numbers, amounts due or amounts paid cannot be added exactly (−1: all can)."""
    _tell_the_clock(events, layout)
    bits, unknown_bits = give_verdicts(events.codes, events.numbers, verdicts)
    codes = events.codes.copy()
    for column in codes:
        number_within(events.starts, column)
    recorded = events.recorded_at if len(events.recorded_at) else events.time
    columns = Columns(
        events.starts,
        events.time,
        _later(events.time, recorded),
        events.superseded_at if len(events.superseded_at) else np.full(len(events.time), NEVER),
        _status_from(events, layout),
        events.numbers,
        codes,
        bits,
        unknown_bits,
        events.due_at,
        _or_null(events.paid_at, len(events.due_at)),
        _or_null(events.ended_at, len(events.due_at)),
        events.amount_due,
        _or_null(events.amount_paid, len(events.due_at)),
    )
    return columns, _too_large(columns)


@compiled
def _tell_the_clock(events: Gathered, layout: Layout) -> None:
    """Fill hours, weekdays and days of each event's own local time, and the time between booking and departure."""
    local = layout.hour >= 0 or layout.weekday >= 0 or layout.day >= 0
    for e in range(len(events.time)):
        if local:
            time = events.time[e]
            if len(events.utc_offset_minutes):
                time += events.utc_offset_minutes[e] * (60 * SECOND)
            if layout.hour >= 0:
                events.numbers[layout.hour, e] = time // (3_600 * SECOND) % 24
            if layout.weekday >= 0:
                # 1 January 1970 was a Thursday
                events.numbers[layout.weekday, e] = (time // DAY + 3) % 7
            if layout.day >= 0:
                # far from below 0, which would be missing
                events.codes[layout.day, e] = time // DAY + NEVER // DAY
        if layout.lead_days >= 0:
            departs = events.departs_at[e] if len(events.departs_at) else NULL
            events.numbers[layout.lead_days, e] = NULL if departs == NULL else departs - events.time[e]


@compiled
def _later(time: Ints, recorded: Ints) -> Ints:
    """When an event is known: when it was recorded (NULL: at once), and not before it happened."""
    known = np.empty(len(time), np.int64)
    for e in range(len(time)):
        known[e] = max(time[e], recorded[e])
    return known


@compiled
def _status_from(events: Gathered, layout: Layout) -> Ints:
    """From when on the status is known: its own time, else departure for a trip, else the recording."""
    n = len(events.time)
    known = np.empty(n, np.int64)
    for e in range(n):
        at = NULL if layout.obligations or len(events.status_at) == 0 else events.status_at[e]
        if at == NULL and layout.trips:
            at = events.departs_at[e] if len(events.departs_at) else NULL
            at = NEVER if at == NULL else at
        elif at == NULL:
            at = events.recorded_at[e] if len(events.recorded_at) else NULL
            at = events.time[e] if at == NULL else at
        known[e] = at
    return known


@compiled
def _or_null(values: Ints, n: int) -> Ints:
    return values if len(values) == n else np.full(n, NULL)


@compiled
def _too_large(columns: Columns) -> int:
    """Which number's sums could pass 64 bits, and so n Σx² 128; −1: none's."""
    k = len(columns.numbers)
    for i in range(k):
        if largest_sum(columns.starts, columns.numbers[i], NULL) >= 2.0**63:
            return i
    if len(columns.due_at):
        if largest_sum(columns.starts, columns.amount_due, NULL) >= 2.0**63:
            return k
        if largest_sum(columns.starts, columns.amount_paid, NULL) >= 2.0**63:
            return k + 1
    return -1


@compiled
def number_within(starts: Ints, codes: Ints) -> None:
    """Number a column's codes 0, 1, … by first appearance within each borrower, in place; missing codes stay −1.

    By a hash table of the borrower's own size, however many words the dictionary has.
    """
    longest = 0
    for b in range(len(starts) - 1):
        longest = max(longest, starts[b + 1] - starts[b])
    keys = np.empty(_table_size(longest), np.int64)
    numbers = np.empty(len(keys), np.int64)
    for b in range(len(starts) - 1):
        size, known = _table_size(starts[b + 1] - starts[b]), 0
        keys[:size] = -1
        for e in range(starts[b], starts[b + 1]):
            if codes[e] < 0:
                continue
            at = _slot(codes[e], keys[:size])
            if keys[at] < 0:
                keys[at], numbers[at] = codes[e], known
                known += 1
            codes[e] = numbers[at]


@compiled
def _table_size(events: int) -> int:
    """A power of 2 at least twice the events."""
    size = 2
    while size < 2 * events:
        size *= 2
    return size


@compiled
def _slot(code: int, keys: Ints) -> int:
    """Where the code is in the table, or belongs."""
    at = np.int64((np.uint64(code) * _GOLDEN) >> np.uint64(20)) & (len(keys) - 1)
    while keys[at] >= 0 and keys[at] != code:
        at = (at + 1) & (len(keys) - 1)
    return int(at)
