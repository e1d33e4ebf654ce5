"""Which selections of events are parts of others, or have nothing in common, whatever the events are.

The values of each column that conditions read are cut where one of them changes its answer, and a *cell* is one piece
of every such column. A selection is the set of the cells that it picks: one is a part of another, for all events, where
its cells are. Of an obligation's states only those count that can occur together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from creditscore.events.schema import CONTRACT
from creditscore.features.columns import READABLE
from creditscore.features.conditions import AllOf, AnyOf, Condition, Leaf, Not, OneOf, leaves, parts_of

Bools = npt.NDArray[np.bool_]

# With more, selections are only told to be the same or not.
MOST_CELLS = 2**18
# A category that no condition names.
_OTHER = "\0"
_STATES = ("paid", "open", "due", "late", "days_past_due")


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one table: `values` holds each column's pieces, each by a value of it, None where it is missing.

    `possible` has an axis a column, in their order: whether the cell can occur.
    """

    values: Mapping[str, tuple[str | float | None, ...]]
    possible: Bools

    @classmethod
    def of(cls, table: str, conditions: Iterable[Condition]) -> Cells | None:
        """The cells that these conditions cut a table into; None where they are too many to list."""
        read = sorted({*leaves(conditions)}, key=repr)
        values = {column: _pieces(table, column, read) for column in _columns(table, read)}
        if math.prod(map(len, values.values())) > MOST_CELLS:
            return None
        return cls(values, _possible(table, values))

    def picked(self, conditions: Iterable[Condition]) -> Bools:
        """Whether each possible cell meets all of these conditions; bool[cells]."""
        met = np.broadcast_to(self._met(AllOf(tuple(conditions))), self.possible.shape)
        return np.asarray(met[self.possible])

    def ends(self, column: str) -> list[float]:
        """Where a column of numbers is cut, rising."""
        numbers = [value for value in self.values.get(column, ()) if isinstance(value, float)]
        return sorted(value for value in numbers if math.isfinite(value))

    def _met(self, condition: Condition) -> Bools:
        if isinstance(condition, Not):
            return ~self._met(condition.condition)
        if isinstance(condition, (AllOf, AnyOf)):
            every = isinstance(condition, AllOf)
            join = np.logical_and if every else np.logical_or
            return reduce(join, map(self._met, parts_of(condition)), np.full((1,) * len(self.values), every))
        met = np.array([_meets(condition, value) for value in self.values[condition.column]])
        axis = list(self.values).index(condition.column)
        return met.reshape([-1 if i == axis else 1 for i in range(len(self.values))])


def _columns(table: str, read: list[Leaf]) -> list[str]:
    """The columns that are read, and of obligations with them the states that others hang on."""
    named = {leaf.column for leaf in read}
    return sorted(named | {*_STATES} if table == "obligations" else named)


def _pieces(table: str, column: str, read: list[Leaf]) -> tuple[str | float | None, ...]:
    """A value of each piece of a column: the texts that are named and another one, or the left ends of ranges."""
    own = [leaf for leaf in read if leaf.column == column]
    known = READABLE[table][column]
    if known.kind == "code":
        texts = {text for leaf in own if isinstance(leaf, OneOf) for text in leaf.values}
        values: list[str | float | None] = [*sorted(texts), _OTHER]
    elif column in _STATES[:4]:
        values = [0.0, 1.0]
    else:
        ends = {end for leaf in own if not isinstance(leaf, OneOf) for end in (leaf.low, leaf.high) if end is not None}
        values = [-math.inf, *sorted(ends | ({1.0} if column == "days_past_due" else set()))]
    return tuple(values) if always_known(table, column) else (*values, None)


def always_known(table: str, column: str) -> bool:
    """Whether no event lacks the column."""
    if READABLE[table][column].kind == "state" or column in ("hour", "weekday", "day"):
        return True
    return column in CONTRACT[table].by_name and CONTRACT[table][column].required


def _meets(leaf: Leaf, value: str | float | None) -> bool:
    if isinstance(leaf, OneOf):
        return value in leaf.values
    if not isinstance(value, float):
        return False
    low, high = -math.inf if leaf.low is None else leaf.low, math.inf if leaf.high is None else leaf.high
    # hours and weekdays run round
    return value >= low or value < high if low > high else low <= value < high


def _possible(table: str, values: Mapping[str, tuple[str | float | None, ...]]) -> Bools:
    """Of obligations: what is late is a day past due or more, and due; what is open is not paid."""
    shape = tuple(map(len, values.values()))
    if table != "obligations":
        return np.ones(shape, np.bool_)
    grid = dict(zip(values, np.meshgrid(*map(np.arange, shape), indexing="ij"), strict=True))
    days = np.array([0.0 if value is None else value for value in values["days_past_due"]], np.float64)
    late, due, still_open, paid = (grid[name].astype(np.bool_) for name in ("late", "due", "open", "paid"))
    past_due = days[grid["days_past_due"]] >= 1
    return np.asarray((late == past_due) & (due | ~late) & ~(still_open & paid))
