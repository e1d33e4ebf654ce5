"""What became of the events behind features between two dates: which came, went, aged, or are known otherwise.

An event is compared by what the kernel reads of it, for each number that a formula is made of: one may leave the
numerator of a ratio and stay in its denominator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.events.schema import Events
from creditscore.features import kernel
from creditscore.features.columns import DAY, NULL, READABLE, STATES
from creditscore.features.conditions import Condition
from creditscore.features.evidence import Ordered, in_order, keys_of
from creditscore.features.formula import Aggregate, ApplicationValue, Call, Feature, parts
from creditscore.features.plan import WHOLE_HISTORY, Plan
from creditscore.scoring.result import Record

Ints = npt.NDArray[np.int64]
Part = Aggregate | Call
Reading = tuple[int, ...]
# By number of a formula and by event, the event's time and what is read of it.
Readings = Mapping[Part, Mapping[Record, Reading]]

_FIRST = np.zeros(1, dtype=np.int64)


class Moves(NamedTuple):
    """Events by what became of them between two dates, each list oldest first.

    Those that `came` feed some of a group of features only at the later date, those that `went` only at the earlier.
    The others feed some at both: `aged` outgrew a window, `updated` are known otherwise (corrected, paid, fallen due,
    overdue for longer), which may be both.
    """

    came: tuple[Record, ...] = ()
    went: tuple[Record, ...] = ()
    aged: tuple[Record, ...] = ()
    updated: tuple[Record, ...] = ()


NO_MOVES = Moves()


def readings_at(plan: Plan, events: Events, as_of: int) -> Readings:
    """What each number of the plan's features reads of one borrower's events at `as_of`, in UTC microseconds."""
    tables = {one.table: in_order(one, found) for one in plan.tables if (found := events.table(one.table))}
    names = {name: _records(name, found) for name, found in tables.items()}
    return {
        part: _read(part, tables[table], names[table], as_of)
        for part in _parts(plan.features)
        if (table := part.selection.table) in tables
    }


def moves_of(
    features: Sequence[Feature], changed: Sequence[Feature], before: Readings, after: Readings, until: int
) -> Moves:
    """What became of the events that some of the `changed` features read otherwise at the later date, `until`.

    `features` are all of the group, the changed ones among them: what feeds any of these on both dates neither came nor
    went.
    """
    was, now = (_feeding(features, at) for at in (before, after))
    found: dict[str, dict[Record, int]] = {name: {} for name in Moves._fields}
    for part in _parts(changed):
        one, other = before.get(part, {}), after.get(part, {})
        for record, time in _read_otherwise(one, other):
            outgrown = record not in other and until - time > _length(part)
            found[_kind(record in was, record in now, outgrown)][record] = time
    return Moves(**{name: _oldest_first(times) for name, times in found.items()})


def _read_otherwise(one: Mapping[Record, Reading], other: Mapping[Record, Reading]) -> Iterator[tuple[Record, int]]:
    """The events of which a number reads something else than before, or nothing, and their times."""
    for record in one.keys() | other.keys():
        if one.get(record) != other.get(record):
            yield record, (one.get(record) or other[record])[0]


def _kind(was: bool, now: bool, outgrown: bool) -> str:
    if not was:
        return "came"
    if not now:
        return "went"
    return "aged" if outgrown else "updated"


def _oldest_first(times: Mapping[Record, int]) -> tuple[Record, ...]:
    return tuple(sorted(times, key=lambda record: (times[record], record)))


def _parts(features: Iterable[Feature]) -> Iterator[Part]:
    """The numbers that the features' formulas make of events, each once."""
    found = dict.fromkeys(part for feature in features for part in parts(feature.formula))
    return (part for part in found if not isinstance(part, ApplicationValue))


def _feeding(features: Iterable[Feature], at: Readings) -> set[Record]:
    return {record for part in _parts(features) for record in at.get(part, ())}


def _records(table: str, events: Ordered) -> list[Record]:
    """The names of a table's events, in the order of time."""
    return [Record(table, *key) for key in keys_of(events, np.arange(len(events.rows)))]


def _read(part: Part, events: Ordered, names: Sequence[Record], as_of: int) -> dict[Record, Reading]:
    """What a number reads of each event that feeds it; an event without the column that is measured does not."""
    picked, states = _pick(part, part.selection.conditions, events, as_of)
    read = [events.columns.time[picked], *_read_of_each(part, events, picked, states, as_of)]
    measured = isinstance(part, Aggregate) and part.column is not None
    feeding = read[1] != NULL if measured else np.ones(len(picked), np.bool_)
    rows = np.stack(read, axis=1)[feeding].tolist()
    return {names[place]: tuple(row) for place, row in zip(picked[feeding].tolist(), rows, strict=True)}


def _pick(part: Part, conditions: tuple[Condition, ...], events: Ordered, as_of: int) -> tuple[Ints, Ints]:
    """The places of the events that meet the conditions within the number's window, oldest first, and their states."""
    n, plan = len(events.rows), events.plan
    picked, states = np.empty(n, np.int64), np.empty((n, STATES), np.int64)
    wanted, when = plan.filters.index(conditions), np.array([as_of])
    ends = kernel.select(events.columns, plan.program, wanted, _length(part), _FIRST, when, picked, states)
    return picked[: ends[-1]], states[: ends[-1]]


def _read_of_each(part: Part, events: Ordered, picked: Ints, states: Ints, as_of: int) -> list[Ints]:
    """Of each picked event the column that is measured, and whether a streak goes on; for a function all columns."""
    if isinstance(part, Call):
        known = (events.columns.status_from[picked] < as_of).astype(np.int64)
        return [known, *(_column(name, events, picked, states) for name in READABLE[part.selection.table])]
    measured = [] if part.column is None else [_column(part.column, events, picked, states)]
    if part.part is None:
        return measured
    going_on, _ = _pick(part, part.part.conditions, events, as_of)
    return [*measured, np.isin(picked, going_on).astype(np.int64)]


def _column(name: str, events: Ordered, picked: Ints, states: Ints) -> Ints:
    """A column's values as the kernel has them, a missing one NULL; words are numbered alike on all dates."""
    plan, columns = events.plan, events.columns
    if name in plan.numbers:
        numbers: Ints = columns.numbers[plan.numbers.index(name), picked]
        return numbers
    if name in plan.codes:
        codes = columns.codes[plan.codes.index(name), picked]
        return np.where(codes < 0, NULL, codes)
    return states[:, READABLE[plan.table][name].slot]


def _length(part: Part) -> int:
    return WHOLE_HISTORY if part.days is None else part.days * DAY
