"""Events → the kernel's arrays: one table's events by borrower, then time, with every filter's verdict on each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import InputError
from creditscore.events.schema import MADE_ID
from creditscore.features.columns import DAY, SECOND
from creditscore.features.encode import as_dictionary, indices
from creditscore.features.kernel import NEVER, NULL, Columns, number_within
from creditscore.features.plan import TablePlan
from creditscore.features.verdicts import verdicts

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_NOTHING = np.empty(0, dtype=np.int64)


def arrange(table: pa.Table, borrowers: pa.Array, plan: TablePlan) -> tuple[Columns, Ints]:
    """The events of the borrowers given (unique ids), as the kernel's columns, and the table row of each event.

    Raises InputError where amounts are so large that a borrower's sum could overflow.
    """
    owner = _owners(table["borrower_id"], borrowers)
    rows = np.flatnonzero(owner.is_valid().to_numpy())
    owners = owner.drop_null().to_numpy().astype(np.int64)
    order = np.lexsort((_ints(table, "time")[rows], owners))
    rows, owners = rows[order], owners[order]
    rows = rows[_settle_ties(table, rows, owners)]
    starts = np.searchsorted(owners, np.arange(len(borrowers) + 1)).astype(np.int64)
    events = table if _in_place(rows, table.num_rows) else table.take(pa.array(rows))
    return _columns(events, owners, starts, plan), rows


def _in_place(rows: Ints, length: int) -> bool:
    return len(rows) == length and bool(np.all(rows[1:] > rows[:-1]))


def _columns(events: pa.Table, owners: Ints, starts: Ints, plan: TablePlan) -> Columns:
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
    owes = plan.table == "obligations"
    if owes:
        _check_sums(_ints(events, "amount_paid")[None], ("amount_paid",), starts)
    return Columns(
        starts=starts,
        time=time,
        known_at=np.maximum(time, recorded),
        superseded_at=_superseded(events, owners, recorded),
        status_from=_status_from(events, plan.table, recorded),
        numbers=numbers,
        codes=codes,
        bits=verdicts(events, plan, numbers),
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


def _check_sums(numbers: Ints, names: tuple[str, ...], starts: Ints) -> None:
    """A borrower's sum of a column stays inside 64 bits, and n Σx² inside 128."""
    longest = int(np.diff(starts).max(initial=0))
    for name, values in zip(names, numbers, strict=True):
        known = values[values != NULL]
        size = max(int(known.max(initial=0)), -int(known.min(initial=0)))
        if size * longest >= 2**63:
            raise InputError(
                f"column '{name}': values up to {size:.1e} over {longest:,} events of one borrower cannot be added "
                f"exactly; set aside absurd amounts or split that history"
            )


def _status_from(events: pa.Table, table: str, recorded: Ints) -> Ints:
    """From when on the status is known: its own time, else departure for a trip, else the recording."""
    if table == "obligations":
        return recorded
    otherwise = _ints(events, "departs_at") if table == "trips" else recorded
    known = _ints(events, "status_at", otherwise)
    return np.where(known == NULL, NEVER, known)


def _superseded(events: pa.Table, owners: Ints, recorded: Ints) -> Ints:
    """When the next version of the same event was recorded; NEVER for the last one."""
    out = np.full(len(owners), NEVER)
    ids = as_dictionary(events["event_id"])
    if len(ids.dictionary) == len(owners):
        return out
    platform = _codes(events, "platform", recorded)
    event = indices(ids)
    order = np.lexsort((recorded, event, platform, owners))
    here, following = order[:-1], order[1:]
    same = (
        (owners[here] == owners[following])
        & (platform[here] == platform[following])
        & (event[here] == event[following])
    )
    out[here[same]] = recorded[following[same]]
    return out


def _settle_ties(table: pa.Table, rows: Ints, owners: Ints) -> Ints:
    """The order of `rows` with events of one borrower and instant put by event id, then by content, never by platform.

    Ids that loading made up from row numbers do not count: rows in another order must give the same features.
    """
    time = _ints(table, "time")[rows]
    tie = np.zeros(len(rows), dtype=np.bool_)
    same = (owners[1:] == owners[:-1]) & (time[1:] == time[:-1])
    tie[1:] |= same
    tie[:-1] |= same
    places = np.flatnonzero(tie)
    order = np.arange(len(rows))
    if len(places):
        keys = [_rank(table[name].take(pa.array(rows[places]))) for name in _tie_breakers(table)]
        order[places] = places[np.lexsort((*reversed(keys), time[places], owners[places]))]
    return order


def _tie_breakers(table: pa.Table) -> list[str]:
    first = ["event_id"]
    return first + [name for name in table.column_names if name not in ("borrower_id", "event_id", "time", "platform")]


def _rank(values: pa.ChunkedArray) -> Ints:
    """Each value's place among the sorted distinct ones; missing, and ids made from row numbers, come first."""
    encoded = as_dictionary(values)
    words: Any = encoded.dictionary
    place = np.empty(len(words) + 1, dtype=np.int64)
    place[pc.sort_indices(words).to_numpy()] = np.arange(len(words))
    if pa.types.is_string(words.type):
        place[:-1][pc.starts_with(words, MADE_ID).to_numpy(False)] = -1
    place[-1] = -1
    return place[indices(encoded)]


def _owners(ids: pa.ChunkedArray, borrowers: pa.Array) -> pa.ChunkedArray:
    """Each event's place among the borrowers, null for others'; ids of unlike types compare as text."""
    if ids.type == borrowers.type:
        return pc.index_in(ids, value_set=borrowers)
    return pc.index_in(ids.cast(pa.string()), value_set=borrowers.cast(pa.string()))
