"""Which features belong together, and how: read off their formulas, so that one is not changed without the others.

A *figure* is a feature's formula or a part of one. Between figures there are relations that hold for whatever events:
a quotient is its numerator over its denominator, and a mean a total over a count; windows nest, so that a total of 30
days is no larger than that of 90; a part of a selection has no more events than the whole (`overlap`); the largest
amount lies between the median and the total; where no payment was late the most days late are 0. Those of functions of
one's own are not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.events.schema import APPLICATIONS, EVENT_TABLES
from creditscore.features.columns import DAY, READABLE
from creditscore.features.conditions import AllOf, Condition, Not, Within
from creditscore.features.formula import (
    Aggregate,
    ApplicationValue,
    Difference,
    Feature,
    Formula,
    Quotient,
    Selection,
    operands,
)
from creditscore.features.overlap import Cells, always_known

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Conditions = tuple[Condition, ...]

QUOTIENT, DIFFERENCE = range(2)
NONE = -1

_COUNTED = ("count", "distinct", "streak", "longest_streak")
_SUMMED = ("count", "total")
_OF_NUMBERS = ("total", "mean", "spread", "smallest", "largest", "radius", "quantile", "trend", "first", "last")
_INNER = ("smallest", "largest", "mean", "quantile", "first", "last")
_AT_LEAST = {"spread": 2, "trend": 2, "mean_gap": 2, "longest_gap": 2, "gap_spread": 3, "burstiness": 3}
# What is sold, owed or withdrawn for nothing does not occur in practice: a sum of nothing is of no events.
_NEVER_FREE = ("amount", "amount_due")
_SIGNED = ("balance", "lead_days")


@dataclass(frozen=True, eq=False)
class Relations:
    """The figures of some features, and the relations between them, by the figures' numbers.

    `figure_of[feature]`; `step[figure]` are how many steps a unit has (1 of counts, 100 of money; 0: any number), and
    `never_below_zero` those that cannot be. A chain holds one sum in several windows: figure f is in chain[f] (−1:
    none) and reaches back days[f]. Then, a row a relation:

    - made: operation, whole, first, second: whole = first / second, or first − second; parts before wholes;
    - orders: less, more: less <= more;
    - sums: whole, one, other, exact: one + other <= whole, or = where exact is 1;
    - reached: count, figure, with ends inside, outside: the count is above 0 where the figure is at `inside` or past
      it (seen from `outside`, the next value that it can have), and 0 where it is not;
    - needed: count, figure, events: the figure is missing with fewer events;
    - zeros: source, figure: where the source is 0, so is the figure;
    - emptied: total, count: a total that falls to 0 leaves nothing to count;
    - unbroken: rest, whole, streak: where the rest is 0, the streak is the whole;
    - together: figures of the application that change in proportion.
    """

    figures: tuple[Formula, ...]
    figure_of: Ints
    step: Floats
    never_below_zero: Bools
    chain: Ints
    days: Floats
    made: Ints
    orders: Ints
    sums: Ints
    reached: Ints
    ends: Floats
    needed: Ints
    zeros: Ints
    emptied: Ints
    unbroken: Ints
    together: Ints


@lru_cache(maxsize=16)
def relations_of(features: tuple[Feature, ...]) -> Relations:
    """All relations between these features that their formulas show.

    >>> from creditscore.features.define import count, share, transactions
    >>> failed = transactions.where(status="failed")
    >>> found = relations_of((*count(failed, days=(30, 90)), *share(failed, of=transactions, days=(30,))))
    >>> [(found.figures[less].days, found.figures[more].days) for less, more in found.orders.tolist()]
    [(30, 90), (30, 30)]
    """
    figures = _figures(features)
    number = {figure: i for i, figure in enumerate(figures)}
    tables = [_Table.of(name, figures) for name in EVENT_TABLES]
    reached = [one for table in tables for one in _reached(table)]

    def rows(find: Callable[[_Table], Iterator[Sequence[int]]], width: int) -> Ints:
        return _array([row for table in tables for row in find(table)], width)

    return Relations(
        figures=tuple(figures),
        figure_of=np.array([number[feature.formula] for feature in features], np.int64),
        step=np.array([_step(figure) for figure in figures], np.float64),
        never_below_zero=np.array([_never_below_zero(figure) for figure in figures], np.bool_),
        chain=_chains(figures),
        days=np.array([_days(figure) for figure in figures], np.float64),
        made=_array([row for figure in figures for row in _made(figure, number)], 4),
        orders=rows(_orders, 2),
        sums=rows(_sums, 4),
        reached=_array([row for row, _ in reached], 2),
        ends=np.array([ends for _, ends in reached], np.float64).reshape(-1, 2),
        needed=rows(_needed, 3),
        zeros=rows(_zeros, 2),
        emptied=rows(_emptied, 2),
        unbroken=rows(_unbroken, 3),
        together=_together(number),
    )


def _array(rows: list[Any], width: int) -> Ints:
    return np.array(rows, np.int64).reshape(-1, width)


# --- figures -----------------------------------------------------------------------------------------------------


def _figures(features: Sequence[Feature]) -> list[Formula]:
    """All formulas and their parts, each once, parts before wholes."""
    found: dict[Formula, None] = {}

    def add(figure: Formula) -> None:
        if figure not in found:
            for part in _parts(figure):
                add(part)
            found[figure] = None

    for feature in features:
        add(feature.formula)
    return list(found)


def _parts(figure: Formula) -> tuple[Formula, ...]:
    """What a figure is made of: of a mean, the total and how many events have the number."""
    if isinstance(figure, (Quotient, Difference)):
        return operands(figure)
    if isinstance(figure, Aggregate) and figure.word == "mean":
        counted = Selection(figure.selection.table, _known(figure))
        total = Aggregate("total", figure.selection, figure.column, figure.days)
        return total, Aggregate("count", counted, None, figure.days)
    return ()


def _known(figure: Aggregate) -> Conditions:
    """The conditions on the events that a figure is of: of a number's, that they have it."""
    conditions, column = figure.selection.conditions, figure.column
    if figure.word not in _OF_NUMBERS or column is None or always_known(figure.selection.table, column):
        return conditions
    has_it = Within(column, None, None)
    return conditions if has_it in conditions else (*conditions, has_it)


def _made(figure: Formula, number: dict[Formula, int]) -> Iterator[tuple[int, int, int, int]]:
    parts = [number[part] for part in _parts(figure)]
    if parts:
        operation = DIFFERENCE if isinstance(figure, Difference) else QUOTIENT
        yield operation, number[figure], parts[0], parts[1]


def _step(figure: Formula) -> float:
    if isinstance(figure, ApplicationValue):
        column = APPLICATIONS.by_name.get(figure.column)
        return 10.0**column.decimals if column is not None and column.kind == "fixed" else 0.0
    if not isinstance(figure, Aggregate):
        return 0.0
    if figure.word in _COUNTED:
        return 1.0
    plain = figure.word in ("total", "smallest", "largest", "first", "last") and figure.column is not None
    return float(READABLE[figure.selection.table][figure.column or ""].scale) if plain else 0.0


def _never_below_zero(figure: Formula) -> bool:
    if isinstance(figure, Quotient):
        return all(map(_never_below_zero, operands(figure)))
    if isinstance(figure, ApplicationValue):
        return figure.column in APPLICATIONS.by_name
    if not isinstance(figure, Aggregate) or figure.word in ("trend", "burstiness", "regularity"):
        return False
    return figure.word not in _OF_NUMBERS or figure.column not in _SIGNED


def _days(figure: Formula) -> float:
    days = figure.days if isinstance(figure, Aggregate) else None
    return math.inf if days is None else float(days)


def _chains(figures: list[Formula]) -> Ints:
    """The number of each sum's chain: one sum in several windows."""
    found: dict[Any, int] = {}
    keys = [
        (figure.word, figure.selection, figure.column)
        if isinstance(figure, Aggregate) and figure.word in _SUMMED
        else None
        for figure in figures
    ]
    return np.array([NONE if key is None else found.setdefault(key, len(found)) for key in keys], np.int64)


def _together(number: dict[Formula, int]) -> Ints:
    """An instalment pays off the amount: at the same term they change in proportion."""
    pair = [number.get(ApplicationValue(column)) for column in ("amount", "instalment")]
    return _array([] if None in pair else [pair], 2)


# --- one table's figures, as arrays ------------------------------------------------------------------------------


class _Sets(NamedTuple):
    """Sets of events: `inside[a, b]` says that those of a are among b's, `apart[a, b]` that they share none;
    `size` are numbers of cells."""

    inside: Bools
    apart: Bools
    size: Ints


@dataclass(frozen=True, eq=False)
class _Table:
    """One table's aggregates, `number` their figures: the words, columns, windows and parameters, and the sets of their
    events, of a streak also of those in it (`hits`) and of the others (`misses`), else −1.
    """

    name: str
    aggregates: tuple[Aggregate, ...]
    number: Ints
    word: npt.NDArray[np.str_]
    column: npt.NDArray[np.str_]
    days: Floats
    events: Ints
    hits: Ints
    misses: Ints
    sets: _Sets
    cells: Cells | None
    known: dict[bytes, int]

    @classmethod
    def of(cls, name: str, figures: list[Formula]) -> _Table:
        own = [(i, one) for i, one in enumerate(figures) if isinstance(one, Aggregate) and one.selection.table == name]
        aggregates = tuple(one for _, one in own)
        events = [_known(one) for one in aggregates]
        streaks = [_streak_of(one) for one in aggregates]
        wanted = [*events, *(both for pair in streaks if pair for both in pair)]
        cells = Cells.of(name, [condition for conditions in wanted for condition in conditions])
        pick = cells.picked if cells else _same_words(wanted)
        picks = {conditions: pick(conditions) for conditions in wanted}
        known = {key: i for i, key in enumerate(dict.fromkeys(mask.tobytes() for mask in picks.values()))}
        number = {conditions: known[mask.tobytes()] for conditions, mask in picks.items()}
        return cls(
            name=name,
            aggregates=aggregates,
            number=np.array([i for i, _ in own], np.int64),
            word=np.array([one.word for one in aggregates], np.str_),
            column=np.array([one.column or "" for one in aggregates], np.str_),
            days=np.array([_days(one) for one in aggregates]),
            events=np.array([number[one] for one in events], np.int64),
            hits=np.array([number[pair[0]] if pair else NONE for pair in streaks], np.int64),
            misses=np.array([number[pair[1]] if pair else NONE for pair in streaks], np.int64),
            sets=_sets({known[mask.tobytes()]: mask for mask in picks.values()}),
            cells=cells,
            known=known,
        )

    def of_word(self, *words: str) -> Bools:
        return np.isin(self.word, words)

    @property
    def unsigned(self) -> Bools:
        return ~np.isin(self.column, _SIGNED)

    @property
    def inside(self) -> Bools:
        """[i, j]: the events of i are all among those of j, in a window no longer."""
        return self.sets.inside[np.ix_(self.events, self.events)] & (self.days[:, None] <= self.days)

    @property
    def same_events(self) -> Bools:
        return self.events[:, None] == self.events

    @property
    def same_column(self) -> Bools:
        return np.asarray(self.column[:, None] == self.column)

    def pairs(self, found: Bools) -> Iterator[tuple[int, int]]:
        """The figures of the places that are true, but for those with themselves."""
        for i, j in np.argwhere(found & ~np.eye(len(found), dtype=np.bool_)).tolist():
            yield int(self.number[i]), int(self.number[j])


def _streak_of(one: Aggregate) -> tuple[Conditions, Conditions] | None:
    """The conditions on the events in a streak, and on those that break it."""
    if one.part is None:
        return None
    of, part = one.selection.conditions, AllOf(one.part.conditions)
    return (*of, part), (*of, Not(part))


def _same_words(wanted: list[Conditions]) -> Callable[[Conditions], Bools]:
    """Where cells are too many: each filter is told from all others, and is a part of none."""
    place = {conditions: i for i, conditions in enumerate(dict.fromkeys(wanted))}
    return lambda conditions: np.arange(len(place)) == place[conditions]


def _sets(masks: dict[int, Bools]) -> _Sets:
    if not masks:
        return _Sets(np.zeros((0, 0), np.bool_), np.zeros((0, 0), np.bool_), np.zeros(0, np.int64))
    picks = np.stack([masks[i] for i in range(len(masks))]).astype(np.float64)
    shared = picks @ picks.T  # whole numbers, so exact
    size = np.diag(shared)
    return _Sets(shared == size[:, None], shared == 0, size.astype(np.int64))


# --- relations ---------------------------------------------------------------------------------------------------


def _orders(table: _Table) -> Iterator[tuple[int, int]]:
    """Every pair of which one is never above the other, where both are known."""
    yield from table.pairs(_of_sums(table) | _of_numbers(table) | _of_times(table) | _of_streaks(table))


def _both(table: _Table, less: tuple[str, ...], more: tuple[str, ...]) -> Bools:
    return table.of_word(*less)[:, None] & table.of_word(*more)


def _of_sums(table: _Table) -> Bools:
    """More events have more of what is counted or added up, and no fewer different values."""
    unsigned = table.unsigned[:, None] & table.inside
    found = _both(table, ("count", "distinct"), ("count",)) & table.inside
    found |= _both(table, ("distinct",), ("distinct",)) & table.same_column & table.inside
    of_one = (*_INNER, "total", "radius", "spread")
    return found | (_both(table, of_one, ("total",)) & table.same_column & unsigned)


def _of_numbers(table: _Table) -> Bools:
    """What lies between the least and the greatest of the same or of more events, and quantiles among themselves."""
    same = table.same_column
    found = _both(table, _INNER, ("largest",)) & same & table.inside
    found |= _both(table, ("smallest",), _INNER) & same & table.inside.T
    found |= _both(table, ("radius", "spread"), ("largest",)) & same & table.inside & table.unsigned
    alike = same & table.same_events & (table.days[:, None] == table.days)
    share = np.array([one.parameter or 0.0 for one in table.aggregates])
    found |= _both(table, ("quantile",), ("quantile",)) & alike & (share[:, None] <= share)
    found |= _both(table, ("mean",), ("radius",)) & alike
    found |= _both(table, ("concentration",), ("top_share",)) & alike
    return found | (_both(table, ("last",), ("last",)) & same & table.same_events)


def _of_times(table: _Table) -> Bools:
    """The first of more events is earlier and the last later; a gap is no longer than all the time."""
    longer = table.same_events & (table.days[:, None] <= table.days)
    found = _both(table, ("tenure",), ("tenure",)) & table.inside
    found |= _both(table, ("recency",), ("recency",)) & table.inside.T
    found |= _both(table, ("recency",), ("tenure",)) & (table.inside | table.inside.T)
    found |= _both(table, ("mean_gap", "longest_gap"), ("tenure",)) & table.inside
    return found | (_both(table, ("mean_gap", "longest_gap"), ("longest_gap",)) & longer)


def _of_streaks(table: _Table) -> Bools:
    """A streak is no longer than the longest, and that than all that it is made of."""
    streaks = ("streak", "longest_streak")
    same = table.same_events & (table.hits[:, None] == table.hits) & (table.days[:, None] <= table.days)
    found = (_both(table, streaks, ("longest_streak",)) | _both(table, ("streak",), ("streak",))) & same
    made_of = table.sets.inside[np.ix_(table.hits, table.events)] & (table.days[:, None] <= table.days)
    return found | (_both(table, streaks, ("count",)) & made_of)


def _sums(table: _Table) -> Iterator[tuple[int, int, int, int]]:
    """Parts of one sum that have no event in common add up to no more than it, and to it where they are all of it."""
    inside, apart, size = table.sets
    for group in _groups(table):
        for whole in group:
            w = table.events[whole]
            parts = [i for i in group if table.events[i] != w and inside[table.events[i], w]]
            for place, i in enumerate(parts):
                for j in parts[place + 1 :]:
                    a, b = table.events[i], table.events[j]
                    if apart[a, b]:
                        exact = int(size[a] + size[b] == size[w])
                        yield int(table.number[whole]), int(table.number[i]), int(table.number[j]), exact


def _groups(table: _Table) -> list[list[int]]:
    """Sums of one column in one window, of whatever events."""
    found: dict[Any, list[int]] = {}
    for i, one in enumerate(table.aggregates):
        if one.word in _SUMMED and one.column not in _SIGNED:
            found.setdefault((one.word, one.column, one.days), []).append(i)
    return list(found.values())


def _reached(table: _Table) -> Iterator[tuple[tuple[int, int], tuple[float, float]]]:
    """Counts of the events past a limit, and the greatest, least or latest, which tells whether there are any."""
    counts = [i for i, one in enumerate(table.aggregates) if one.word == "count"]
    for x, one in enumerate(table.aggregates):
        for events, ends in _limits(table, one, x):
            for i in counts:
                same_window = one.word == "recency" or table.days[i] == table.days[x]
                if table.events[i] == events and same_window and (one.word != "recency" or table.days[i] == ends[0]):
                    yield (int(table.number[i]), int(table.number[x])), ends


def _limits(table: _Table, one: Aggregate, x: int) -> Iterator[tuple[int, tuple[float, float]]]:
    """The sets of events past each limit of an extreme, and the ends inside and outside of it."""
    if one.word == "recency":
        yield from ((int(table.events[x]), (days, days + 1 / DAY)) for days in {*table.days} if days < table.days[x])
    if one.word not in ("largest", "smallest") or one.column is None or table.cells is None:
        return
    step = float(READABLE[table.name][one.column].scale)
    for end in table.cells.ends(one.column):
        limit = Within(one.column, end, None) if one.word == "largest" else Within(one.column, None, end)
        events = table.known.get(table.cells.picked((*_known(one), limit)).tobytes())
        above = math.ceil(end * step) / step
        if events is not None:
            yield events, (above, above - 1 / step) if one.word == "largest" else (above - 1 / step, above)


def _needed(table: _Table) -> Iterator[tuple[int, int, int]]:
    """Figures that are missing below a number of events, and the counts of these."""
    for i, j in _with_count(table):
        one = table.aggregates[i]
        of_category = one.column is not None and one.word not in _OF_NUMBERS
        sure = not of_category or always_known(table.name, one.column or "")
        if one.word not in ("count", "total", "distinct", "regularity") and sure:
            yield int(table.number[j]), int(table.number[i]), _AT_LEAST.get(one.word, 1)


def _with_count(table: _Table) -> Iterator[tuple[int, int]]:
    """Each aggregate with the counts of just its events, by their places."""
    same = table.same_events & (table.days[:, None] == table.days) & table.of_word("count")
    for i, j in np.argwhere(same).tolist():
        if i != j:
            yield i, j


def _zeros(table: _Table) -> Iterator[tuple[int, int]]:
    """Of no events the total is 0, and of numbers that are all 0 the total, spread and trend are."""
    of_nothing = _both(table, ("total", "distinct"), ("count",)) & table.inside
    all_zero = _both(table, ("total", "spread", "trend"), ("largest",)) & table.same_column & table.unsigned
    yield from ((source, figure) for figure, source in table.pairs(of_nothing | (all_zero & table.inside)))


def _emptied(table: _Table) -> Iterator[tuple[int, int]]:
    """Totals of what is never for nothing, with the counts of their events."""
    for i, j in _with_count(table):
        if table.word[i] == "total" and _never_free(table, i):
            yield int(table.number[i]), int(table.number[j])


def _never_free(table: _Table, i: int) -> bool:
    """Amounts; and what is unpaid, of open obligations."""
    if table.column[i] in _NEVER_FREE:
        return True
    if table.column[i] != "amount_unpaid" or table.cells is None:
        return False
    conditions = _known(table.aggregates[i])
    picked = table.cells.picked(conditions)
    return bool((picked == table.cells.picked((*conditions, Within("open", 1, 2)))).all())


def _unbroken(table: _Table) -> Iterator[tuple[int, int, int]]:
    """Counts of what breaks a streak, with those of all that it is of."""
    counts = [i for i, one in enumerate(table.aggregates) if one.word == "count"]
    for x in np.flatnonzero(table.hits != NONE).tolist():
        own = [i for i in counts if table.days[i] == table.days[x]]
        wholes = [i for i in own if table.events[i] == table.events[x]]
        for rest in (i for i in own if table.events[i] == table.misses[x]):
            yield from ((int(table.number[rest]), int(table.number[whole]), int(table.number[x])) for whole in wholes)
