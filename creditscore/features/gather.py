"""A table's columns as arrays, and from them the events of some borrowers, put in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.encode import as_dictionary, indices
from creditscore.events.schema import ids_are_made
from creditscore.features.arrange import Gathered
from creditscore.features.columns import NULL
from creditscore.features.grouping import put_in_time
from creditscore.features.plan import TablePlan
from creditscore.features.settle import settle
from creditscore.features.versions import Ids, ids_of, superseded
from creditscore.governance.retention import Debts, Retention, last_counted

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

_NOTHING = np.empty(0, dtype=np.int64)
TIMES_AND_DEBTS = (
    "status_at", "departs_at", "utc_offset_minutes", "due_at", "paid_at", "ended_at", "amount_due", "amount_paid",
)  # fmt: skip


DEBTS = ("due_at", "paid_at", "ended_at", "amount_due", "amount_paid")


@dataclass(frozen=True)
class Source:
    """One table as the plan reads it: whole columns in the table's own order.

    `numbers` holds int64 columns by name, without those that are missing throughout; `codes` int32 by name, and `words`
    what they number. `ids` is None where no event can have versions, `last_counted` where all count without limit.
    """

    table: pa.Table
    numbers: Mapping[str, Ints]
    codes: Mapping[str, Codes]
    words: Mapping[str, list[str | None]]
    ids: Ids | None
    last_counted: Ints | None


def source_of(table: pa.Table, plan: TablePlan) -> Source:
    """The columns of an events table that the kernel needs for this plan."""
    ids = None if ids_are_made(table) else ids_of(table["event_id"])
    names = [name for name in plan.codes if name in table.column_names]
    encoded = {name: as_dictionary(table[name]) for name in dict.fromkeys([*names, *(["platform"] if ids else [])])}
    numbers = {name: _ints(table[name]) for name in _numbers(table, plan) if table[name].null_count < table.num_rows}
    if not numbers.get("utc_offset_minutes", _NOTHING).any():
        numbers.pop("utc_offset_minutes", None)
    return Source(
        table,
        numbers,
        {name: indices(column) for name, column in encoded.items()},
        {name: column.dictionary.to_pylist() if name in plan.picked_by else [] for name, column in encoded.items()},
        ids,
        None if plan.retention is None else _last_counted(table, numbers, plan.retention),
    )


def _last_counted(table: pa.Table, numbers: Mapping[str, Ints], rule: Retention) -> Ints:
    """The last instant of decision at which each row counts."""
    kind = as_dictionary(table["kind"])
    own = {name: numbers.get(name, _NOTHING) for name in DEBTS}
    return last_counted(
        rule, Debts(**own, kind=indices(kind).astype(np.int64), kinds=tuple(kind.dictionary.to_pylist()))
    )


def _numbers(table: pa.Table, plan: TablePlan) -> list[str]:
    times = ("time", "recorded_at", "status_at", "departs_at", "due_at", "paid_at", "ended_at")
    clock = ("utc_offset_minutes",) if {"hour", "weekday", "day"} & {*plan.numbers, *plan.codes} else ()
    read = {*times, *clock, "amount_due", "amount_paid", *plan.numbers}
    return [name for name in table.column_names if name in read]


def gather(source: Source, plan: TablePlan, rows: Ints, starts: Ints) -> Gathered:
    """The events in these rows, which lie by borrower; `rows` are put in the order of time, ties settled, in place."""
    time = source.numbers["time"].take(rows)
    put_in_time(starts, time, rows)
    settle(source.table, starts, time, rows)
    own = {name: source.numbers[name].take(rows) for name in TIMES_AND_DEBTS if name in source.numbers}
    recorded = source.numbers["recorded_at"].take(rows) if "recorded_at" in source.numbers else _NOTHING
    return Gathered(
        starts=starts,
        time=time,
        recorded_at=recorded,
        superseded_at=_superseded(source, rows, time, recorded, starts),
        numbers=_taken(source.numbers, plan.numbers, rows, NULL),
        codes=_taken(source.codes, plan.codes, rows, -1),
        **{name: own.get(name, _NOTHING) for name in TIMES_AND_DEBTS},
    )


def _superseded(source: Source, rows: Ints, time: Ints, recorded: Ints, starts: Ints) -> Ints:
    """Until when each event counts: until its next version is recorded, and as long as the rule of retention says."""
    limit = _NOTHING if source.last_counted is None else source.last_counted.take(rows)
    if source.ids is None:
        return limit
    recorded = np.where(recorded == NULL, time, recorded) if len(recorded) else time
    until = np.asarray(superseded(source.ids, rows, source.codes["platform"][rows].astype(np.int64), recorded, starts))
    return np.minimum(until, limit) if len(limit) else until


def _taken(columns: Mapping[str, npt.NDArray[Any]], names: tuple[str, ...], rows: Ints, missing: int) -> Ints:
    """These columns' values in these rows, a row a column; a column that is not there is missing throughout."""
    taken = np.empty((len(names), len(rows)), dtype=np.int64)
    for into, name in zip(taken, names, strict=True):
        into[:] = columns[name].take(rows) if name in columns else missing
    return taken


def _ints(column: pa.ChunkedArray) -> Ints:
    """A column as int64, nulls as NULL."""
    whole = (column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()).cast(pa.int64())
    whole = whole.fill_null(NULL) if whole.null_count else whole
    return np.asarray(whole.to_numpy(zero_copy_only=False), dtype=np.int64)


def owners(ids: pa.ChunkedArray, borrowers: pa.Array) -> tuple[Codes, Ints]:
    """Each event's code, and each code's place among the borrowers (unique ids), −1 for others'.

    Ids of unlike types compare as text.
    """
    encoded = as_dictionary(ids)
    words: Any = encoded.dictionary
    if words.type != borrowers.type:
        words, borrowers = words.cast(pa.string()), borrowers.cast(pa.string())
    place = pc.index_in(words, value_set=borrowers).fill_null(-1)
    return indices(encoded), np.append(place.to_numpy(zero_copy_only=False).astype(np.int64), -1)
