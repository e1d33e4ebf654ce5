"""Events → the kernel's arrays: one table's events by borrower, then time, with every filter's verdict on each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import InputError
from creditscore.events.schema import MADE_ID, ids_are_made
from creditscore.features.columns import DAY, SECOND
from creditscore.features.encode import as_dictionary, indices
from creditscore.features.grouping import group, largest_sum, ties
from creditscore.features.kernel import NEVER, NULL, Columns, number_within
from creditscore.features.plan import TablePlan
from creditscore.features.verdicts import verdicts
from creditscore.features.versions import superseded

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
# What may become known after the event: the times at which it does, and the values.
_LATER_TIMES = ("status_at", "paid_at", "ended_at", "notified_at")
_LATER_VALUES = ("recorded_at", "status", "amount_paid")
# What is read of every event, whatever its features.
_ALWAYS = (
    "time", "recorded_at", "utc_offset_minutes", "platform", "status_at", "departs_at", "due_at", "paid_at", "ended_at",
    "amount_due", "amount_paid",
)  # fmt: skip
_NOTHING = np.empty(0, dtype=np.int64)


def arrange(table: pa.Table, borrowers: pa.Array, plan: TablePlan) -> tuple[Columns, Ints]:
    """The events of the borrowers given (unique ids), as the kernel's columns, and the table row of each event.

    Raises InputError where amounts are so large that a borrower's sum could overflow.
    """
    rows, starts = group(_owners(table["borrower_id"], borrowers), _ints(table, "time"), len(borrowers))
    _settle_ties(table, rows, starts)
    events = table.select(_needed(table, plan))
    events = events if _in_place(rows, table.num_rows) else events.take(pa.array(rows))
    columns = _columns(events, starts, plan)
    return columns if ids_are_made(table) else _with_versions(columns, events, table["event_id"], rows), rows


def _with_versions(columns: Columns, events: pa.Table, ids: pa.ChunkedArray, rows: Ints) -> Columns:
    recorded = _ints(events, "recorded_at", columns.time)
    until = superseded(ids, rows, _codes(events, "platform", columns.time), recorded, columns.starts)
    return columns._replace(superseded_at=until)


def _in_place(rows: Ints, length: int) -> bool:
    return len(rows) == length and bool(np.all(rows[1:] > rows[:-1]))


def _needed(table: pa.Table, plan: TablePlan) -> list[str]:
    """The columns that say when and of what, and those that features read."""
    read = {*plan.picked_by, *plan.numbers, *plan.codes}
    return [name for name in table.column_names if name in _ALWAYS or name in read]


def _columns(events: pa.Table, starts: Ints, plan: TablePlan) -> Columns:
    time = _ints(events, "time")
    recorded = _ints(events, "recorded_at", time)
    numbers = np.empty((len(plan.numbers), len(time)), dtype=np.int64)
    for i, name in enumerate(plan.numbers):
        numbers[i] = _number(events, name, time)
    _check_sums(numbers, plan.numbers, starts)
    codes = np.empty((len(plan.codes), len(time)), dtype=np.int64)
    for i, name in enumerate(plan.codes):
        codes[i] = _codes(events, name, time)
        number_within(starts, codes[i])
    bits, unknown_bits = verdicts(events, plan, numbers)
    owes = plan.table == "obligations"
    if owes:
        debts = ("amount_due", "amount_paid")
        _check_sums([_ints(events, name) for name in debts], debts, starts)
    return Columns(
        starts=starts,
        time=time,
        known_at=np.maximum(time, recorded),
        superseded_at=np.full(len(time), NEVER),
        status_from=_status_from(events, plan.table, recorded),
        numbers=numbers,
        codes=codes,
        bits=bits,
        unknown_bits=unknown_bits,
        due_at=_ints(events, "due_at") if owes else _NOTHING,
        paid_at=_ints(events, "paid_at") if owes else _NOTHING,
        ended_at=_ints(events, "ended_at") if owes else _NOTHING,
        amount_due=_ints(events, "amount_due") if owes else _NOTHING,
        amount_paid=_ints(events, "amount_paid") if owes else _NOTHING,
    )


def _ints(table: pa.Table, name: str, otherwise: Ints | None = None) -> Ints:
    """A column as int64, nulls as NULL or from `otherwise`."""
    column = table[name].combine_chunks()
    if column.null_count == 0:
        return np.ascontiguousarray(column.cast(pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)
    values = column.cast(pa.int64()).fill_null(NULL).to_numpy(zero_copy_only=False)
    return values if otherwise is None else np.where(values == NULL, otherwise, values)


def _local(events: pa.Table, time: Ints) -> Ints:
    return time + _ints(events, "utc_offset_minutes") * (60 * SECOND)


def _number(events: pa.Table, name: str, time: Ints) -> Ints:
    if name == "hour":
        return _local(events, time) // (3_600 * SECOND) % 24
    if name == "weekday":
        # 1 January 1970 was a Thursday
        return (_local(events, time) // DAY + 3) % 7
    if name == "lead_days":
        departs = _ints(events, "departs_at")
        return np.where(departs == NULL, NULL, departs - time)
    return _ints(events, name)


def _codes(events: pa.Table, name: str, time: Ints) -> Ints:
    """A category as numbers, missing −1; days as days since 1970."""
    if name == "day":
        day = _local(events, time) // DAY
        return day - day.min() if len(day) else day
    return indices(as_dictionary(events[name]))


def _check_sums(numbers: Iterable[Ints], names: tuple[str, ...], starts: Ints) -> None:
    """A borrower's sum of a column stays inside 64 bits, and n Σx² inside 128."""
    for name, values in zip(names, numbers, strict=True):
        if (most := largest_sum(starts, values, NULL)) >= 2.0**63:
            raise InputError(
                f"column '{name}': one borrower's values, up to {most:.1e} together, cannot be added exactly; "
                f"set aside absurd amounts or split that history"
            )


def _status_from(events: pa.Table, table: str, recorded: Ints) -> Ints:
    """From when on the status is known: its own time, else departure for a trip, else the recording."""
    if table == "obligations":
        return recorded
    otherwise = _ints(events, "departs_at") if table == "trips" else recorded
    known = _ints(events, "status_at", otherwise)
    return np.where(known == NULL, NEVER, known)


def _settle_ties(table: pa.Table, rows: Ints, starts: Ints) -> None:
    """Put events of one borrower and instant in order by event id, then by content, never by platform; in place.

    Ids that loading made up from row numbers do not count: rows in another order must give the same features. What may
    become known later comes last, a time not yet known after all others: it must not change the order seen before.
    """
    time = _ints(table, "time")[rows]
    places = np.flatnonzero(ties(starts, time))
    if len(places):
        tied = table.take(pa.array(rows[places]))
        keys = [_rank(tied[name], missing_last=name in _LATER_TIMES) for name in _tie_breakers(table)]
        owners = np.searchsorted(starts, places, side="right")
        rows[places] = rows[places][np.lexsort((*reversed(keys), time[places], owners))]


def _tie_breakers(table: pa.Table) -> list[str]:
    later = (*_LATER_TIMES, *_LATER_VALUES)
    apart = ("borrower_id", "event_id", "time", "platform", *later)
    static = [name for name in table.column_names if name not in apart]
    return ["event_id", *static, *(name for name in later if name in table.column_names)]


def _rank(values: pa.ChunkedArray, *, missing_last: bool) -> Ints:
    """Each value's place among the sorted distinct ones; ids made from row numbers come first, as one."""
    encoded = as_dictionary(values)
    words: Any = encoded.dictionary
    place = np.empty(len(words) + 1, dtype=np.int64)
    place[pc.sort_indices(words).to_numpy()] = np.arange(len(words))
    if pa.types.is_string(words.type):
        place[:-1][pc.starts_with(words, MADE_ID).to_numpy(False)] = -1
    place[-1] = len(words) if missing_last else -1
    return place[indices(encoded)]


def _owners(ids: pa.ChunkedArray, borrowers: pa.Array) -> Ints:
    """Each event's place among the borrowers, −1 for others'; ids of unlike types compare as text."""
    if ids.type != borrowers.type:
        ids, borrowers = ids.cast(pa.string()), borrowers.cast(pa.string())
    found = pc.index_in(ids, value_set=borrowers).fill_null(-1)
    return np.asarray(found, dtype=np.int64)
