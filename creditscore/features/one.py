"""One borrower's features: the same kernel as over a table, without Arrow on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.events.exact import fixed_point
from creditscore.events.rows import NotPlainError, Plain, Row, plain
from creditscore.events.schema import APPLICATIONS, CONTRACT, EVENT_TABLES
from creditscore.events.times import FIRST_TICK, LAST_TICK
from creditscore.features import kernel
from creditscore.features.columns import NULL
from creditscore.features.gather import DEBTS
from creditscore.features.packed_plan import OWN, Matrix, fill_one, pack_plan
from creditscore.features.plan import Plan, TablePlan
from creditscore.features.verdicts import mentioned, verdicts_of
from creditscore.governance.retention import Debts, Retention, last_counted
from creditscore.packed import Packed

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_NOTHING = np.empty(0, dtype=np.int64)
_SUPERSEDED = "superseded_at"


class Ready(NamedTuple):
    """What one borrower's events of a table need, prepared: `words` numbers the words that the plan asks for."""

    plan: TablePlan
    packed: Packed
    words: tuple[Mapping[str, int], ...]
    first: int


@lru_cache(maxsize=64)
def ready(plan: Plan) -> tuple[Ready, ...]:
    """A plan's tables, prepared; kept for the next call."""
    made, first = [], 0
    for table in plan.tables:
        made.append(_ready(table, first))
        first += len(table.aggregates) + len(table.calls)
    return tuple(made)


def _ready(table: TablePlan, first: int) -> Ready:
    asked = [mentioned(table, column) for column in table.codes]
    words = tuple({word: i for i, word in enumerate(known)} for known in asked)
    return Ready(table, pack_plan(table, verdicts_of(table, asked)), words, first)


def row_of(plan: Plan, history: Mapping[str, Sequence[Row]], as_of: int, application: Row) -> Floats:
    """The features of one borrower, whose history is lists of dicts; float64[1, features], missing NaN.

    `as_of` is in UTC microseconds. Raises NotPlainError where the rows are for `load_events`, and where the plan has
    functions.
    """
    if not set(history) <= set(EVENT_TABLES):
        raise NotPlainError
    return row_of_plain(
        plan, {name: plain(rows, CONTRACT[name]) for name, rows in history.items() if rows}, as_of, application
    )


def row_of_plain(plan: Plan, read: Mapping[str, Plain], as_of: int, application: Row) -> Floats:
    """The same from tables of rows that are read."""
    if any(table.calls for table in plan.tables) or not FIRST_TICK <= as_of < LAST_TICK:
        raise NotPlainError
    values = _application_values(plan, application)
    if len({one.borrower for one in read.values()} - {None}) > 1:
        raise NotPlainError
    events = {one.plan.table: arrays(one, read[one.plan.table]) for one in ready(plan) if one.plan.table in read}
    return row_from_arrays(plan, events, as_of, values)


def row_from_arrays(plan: Plan, events: Mapping[str, Matrix], as_of: int, application: Floats) -> Floats:
    """The same from events made ready by `arrays`, and the application's values in the plan's order."""
    values = np.full((1, plan.slots), np.nan)
    for one in ready(plan):
        if one.plan.table in events:
            own = values[:, one.first : one.first + len(one.plan.aggregates)]
            if fill_one(*events[one.plan.table], one.packed, as_of, own) >= 0:
                raise NotPlainError
    first = plan.slots - len(plan.combinations)
    values[0, first - len(application) : first] = application
    kernel.combine(plan.combinations, values, first)
    return values[:, plan.outputs]


def arrays(one: Ready, read: Plain) -> Matrix:
    """A table's rows as the kernel's arrays."""
    plan, present = one.plan, 0
    columns = np.empty((len(OWN) + len(plan.numbers) + len(plan.codes), read.length), np.int64)
    own = read.numbers if plan.retention is None else {**read.numbers, _SUPERSEDED: _last_counted(read, plan.retention)}
    for i, name in enumerate(OWN):
        if name in own:
            columns[i], present = own[name], present | 1 << i
    for i, name in enumerate(plan.numbers, len(OWN)):
        columns[i] = read.numbers.get(name, NULL)
    for i, (name, known) in enumerate(zip(plan.codes, one.words, strict=True), len(OWN) + len(plan.numbers)):
        columns[i] = read.words[name].codes(known) if name in read.words else -1
    return Matrix(columns if read.order is None else columns.take(read.order, axis=1), present)


def _last_counted(read: Plain, rule: Retention) -> Ints:
    """The last instant of decision at which each row counts."""
    kind = read.words["kind"]
    which = np.empty(read.length, np.int64)
    which[:] = kind.codes({})
    own = {name: read.numbers.get(name, _NOTHING) for name in DEBTS}
    return last_counted(rule, Debts(**own, kind=which, kinds=tuple(kind.different)))


def _application_values(plan: Plan, application: Row) -> Floats:
    """The application's numbers that features read, in units, missing NaN."""
    values = np.full(len(plan.application_columns), np.nan)
    for i, name in enumerate(plan.application_columns):
        value = application.get(name)
        if value is not None:
            values[i] = _in_units(name, value)
    return values


def _in_units(name: str, value: Any) -> float:
    column = APPLICATIONS.by_name.get(name)
    if type(value) not in (int, float) or not abs(value) <= (1e15 if column is None else column.limit):
        raise NotPlainError
    if column is None:
        return float(value)
    if column.kind != "fixed":
        if value < 0:
            raise NotPlainError
        return float(value)
    whole, states = fixed_point(np.array([float(value)]), column.decimals, column.limit, column.signed)
    if states[0]:
        raise NotPlainError
    return float(whole[0]) / float(10**column.decimals)
