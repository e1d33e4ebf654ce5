"""Definitions → plan: which numbers of which events the kernel adds up, as arrays.

Equal selections share a filter, equal (filter, column) pairs a channel, equal numbers a slot, so that a catalogue of
hundreds of features costs one pass over the events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.events.schema import EVENT_TABLES
from creditscore.features.columns import AGE, DAY, READABLE, STATES
from creditscore.features.conditions import Clause, Condition, Within, clauses_of, leaves
from creditscore.features.define import flatten
from creditscore.features.formula import (
    Aggregate,
    ApplicationValue,
    Call,
    Difference,
    Feature,
    Formula,
    Quotient,
    operands,
    parts,
    picked_by,
    selections_of,
)
from creditscore.features.words import OF_DAYS, OF_EXTREMES, OF_SQUARES, ORDERED, WORDS
from creditscore.governance.retention import Retention

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Leaf = Aggregate | ApplicationValue | Call

WHOLE_HISTORY = np.iinfo(np.int64).max
QUOTIENT, DIFFERENCE = range(2)


class Sums(NamedTuple):
    """What a pass over the events adds up, for which filters.

    A filter f is met where one of the clauses first_clause[f] … first_clause[f + 1] − 1 is, each with its states; it
    owns the channels first_channel[f] … first_channel[f + 1] − 1, and its distincts likewise. A channel reads `column`:
    below STATES a state, above it a number.
    """

    windows: Ints
    clause_filter: Ints
    first_clause: Ints
    first_state: Ints
    state_column: Ints
    state_low: Ints
    state_high: Ints
    state_outside: Bools
    first_channel: Ints
    channel_column: Ints
    channel_extremes: Bools
    channel_squares: Bools
    first_distinct: Ints
    distinct_column: Ints


class Sequences(NamedTuple):
    """What is put in order of time: each one a column of a filter's events, as far back as `length`.

    A column is a state, a number or (above these) a code; below 0 it is whether the event meets the filter ~column.
    """

    filters: Ints
    first: Ints
    column: Ints
    length: Ints


class Slots(NamedTuple):
    """The numbers given out: a word of a source's window."""

    word: Ints
    source: Ints
    window: Ints
    scale: npt.NDArray[np.float64]
    parameter: npt.NDArray[np.float64]


class Program(NamedTuple):
    """What the kernel runs over one table: plain arrays, apart where they are not needed in the innermost loop."""

    sums: Sums
    sequences: Sequences
    slots: Slots


@dataclass(frozen=True, eq=False)
class TablePlan:
    """One table's part of a plan: its filters, the columns it reads, the program, its calls of functions, and how long
    its events count (None: always).
    """

    table: str
    filters: tuple[tuple[Condition, ...], ...]
    numbers: tuple[str, ...]
    codes: tuple[str, ...]
    aggregates: tuple[Aggregate, ...]
    calls: tuple[Call, ...]
    program: Program
    retention: Retention | None = None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Every filter's clauses, in the filters' order: the kernel's bits."""
        return tuple(clause for one in self.filters for clause in clauses_of(self.table, one))

    @property
    def picked_by(self) -> set[str]:
        """The columns that filters ask for."""
        return {leaf.column for one in self.filters for leaf in leaves(one)}

    @property
    def longest(self) -> int:
        """The longest window."""
        parts: tuple[Aggregate | Call, ...] = (*self.aggregates, *self.calls)
        return max(_length(part) for part in parts)

    def filter_of(self, call: Call) -> int:
        """The filter that picks a call's events."""
        return self.filters.index(call.selection.conditions)


@dataclass(frozen=True, eq=False)
class Plan:
    """All features of a build.

    Slots: each table's aggregates, then its calls, then application values, then combinations, each a row (QUOTIENT or
    DIFFERENCE, slot, slot). `outputs[i]` is the slot of feature i.
    """

    features: tuple[Feature, ...]
    tables: tuple[TablePlan, ...]
    application_columns: tuple[str, ...]
    combinations: Ints
    outputs: Ints

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @cached_property
    def values_in(self) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
        """Gives the values of the features in a row, by name, in the plan's order."""
        read = itemgetter(*self.names)
        return read if len(self.names) > 1 else lambda row: (read(row),)

    @cached_property
    def slots(self) -> int:
        base = sum(len(table.aggregates) + len(table.calls) for table in self.tables)
        return base + len(self.application_columns) + len(self.combinations)


def make_plan(features: Any, retention: Retention | None = None) -> Plan:
    """The plan of the features given, in any nesting of lists and tuples; made once for the same features.

    With a rule of `retention` obligations count as long as it says.
    """
    return _plan(flatten(features), retention)


@lru_cache(maxsize=64)
def _plan(wanted: tuple[Feature, ...], retention: Retention | None) -> Plan:
    leaves = [part for feature in wanted for part in parts(feature.formula)]
    tables = tuple(_table_plan(table, leaves, retention) for table in EVENT_TABLES if _reads(table, leaves))
    columns = tuple(dict.fromkeys(part.column for part in leaves if isinstance(part, ApplicationValue)))
    slot_of: dict[Formula, int] = {}
    for table in tables:
        slot_of |= {aggregate: i for i, aggregate in enumerate(table.aggregates, start=len(slot_of))}
        slot_of |= {call: i for i, call in enumerate(table.calls, start=len(slot_of))}
    slot_of |= {ApplicationValue(column): i for i, column in enumerate(columns, start=len(slot_of))}
    combined: list[tuple[int, int, int]] = []
    outputs = [_slot(feature.formula, slot_of, combined) for feature in wanted]
    combinations = np.array(combined, dtype=np.int64).reshape(-1, 3)
    return Plan(wanted, tables, columns, combinations, np.array(outputs, dtype=np.int64))


def _slot(formula: Formula, slot_of: dict[Formula, int], combined: list[tuple[int, int, int]]) -> int:
    """The formula's slot; a quotient or difference gets the next one after its operands."""
    if formula not in slot_of and isinstance(formula, (Quotient, Difference)):
        one, other = (_slot(operand, slot_of, combined) for operand in operands(formula))
        slot_of[formula] = len(slot_of)
        combined.append((QUOTIENT if isinstance(formula, Quotient) else DIFFERENCE, one, other))
    return slot_of[formula]


def _reads(table: str, leaves: list[Leaf]) -> bool:
    return any(not isinstance(part, ApplicationValue) and part.selection.table == table for part in leaves)


def _table_plan(table: str, leaves: list[Leaf], retention: Retention | None) -> TablePlan:
    mine = [part for part in leaves if not isinstance(part, ApplicationValue) and part.selection.table == table]
    aggregates = tuple(dict.fromkeys(part for part in mine if isinstance(part, Aggregate)))
    calls = tuple(dict.fromkeys(part for part in mine if isinstance(part, Call)))
    filters = tuple(dict.fromkeys(selection.conditions for part in mine for selection in selections_of(part)))
    read = _read_by(aggregates)
    readable = [column for column in READABLE[table].values() if calls or column.name in read]
    numbers = tuple(column.name for column in readable if column.kind == "number")
    codes = tuple(column.name for column in readable if column.kind == "code")
    program = _program(table, filters, numbers, codes, aggregates)
    limit = retention if table == "obligations" else None
    return TablePlan(table, filters, numbers, codes, aggregates, calls, program, limit)


def _read_by(aggregates: tuple[Aggregate, ...]) -> set[str | None]:
    """The columns that aggregates measure or pick by; a function may read any."""
    picked = {condition.column for part in aggregates for condition in picked_by(part)}
    return picked | {part.column for part in aggregates}


def _program(
    table: str,
    filters: tuple[tuple[Condition, ...], ...],
    numbers: tuple[str, ...],
    codes: tuple[str, ...],
    aggregates: tuple[Aggregate, ...],
) -> Program:
    windows = sorted({_length(part) for part in aggregates}) or [WHOLE_HISTORY]
    keys = [_source(part, filters, numbers, codes) for part in aggregates]
    found = {kind: sorted({key[1:] for key in keys if key[0] == kind}) for kind in _SOURCES}
    place = {(kind, *key): i for kind, some in found.items() for i, key in enumerate(some)}
    farthest = _farthest(keys, aggregates)
    slots = Slots(
        word=_ints([WORDS.index(part.word) for part in aggregates]),
        source=_ints([place[key] for key in keys]),
        window=_ints([windows.index(_length(part)) for part in aggregates]),
        scale=_floats([_scale(table, part) for part in aggregates]),
        parameter=_floats([part.parameter or 0.0 for part in aggregates]),
    )
    order = Sequences(
        filters=_ints(sorted({f for f, _ in found["sequence"]})),
        first=_firsts([f for f, _ in found["sequence"]], len(filters)),
        column=_ints([column for _, column in found["sequence"]]),
        length=_ints([farthest["sequence", *key] for key in found["sequence"]]),
    )
    used = {(key[1:], part.word) for key, part in zip(keys, aggregates, strict=True)}
    return Program(_sums(table, filters, windows, found["channel"], found["distinct"], used), order, slots)


def _sums(
    table: str,
    filters: tuple[tuple[Condition, ...], ...],
    windows: list[int],
    channels: list[tuple[int, int]],
    distincts: list[tuple[int, int]],
    used: set[tuple[tuple[int, int], str]],
) -> Sums:
    """What a pass adds up; `used` says which words each (filter, column) is for."""
    clauses = [(f, clause) for f, one in enumerate(filters) for clause in clauses_of(table, one)]
    states = [(c, *_state_range(table, state), outside) for c, (_, clause) in enumerate(clauses)
              for state, outside in clause.states]  # fmt: skip
    return Sums(
        windows=_ints(windows),
        clause_filter=_ints([f for f, _ in clauses]),
        first_clause=_firsts([f for f, _ in clauses], len(filters)),
        first_state=_firsts([state[0] for state in states], len(clauses)),
        state_column=_ints([state[1] for state in states]),
        state_low=_ints([state[2] for state in states]),
        state_high=_ints([state[3] for state in states]),
        state_outside=_bools([state[4] for state in states]),
        first_channel=_firsts([f for f, _ in channels], len(filters)),
        channel_column=_ints([column for _, column in channels]),
        channel_extremes=_bools([any((channel, word) in used for word in OF_EXTREMES) for channel in channels]),
        channel_squares=_bools([any((channel, word) in used for word in OF_SQUARES) for channel in channels]),
        first_distinct=_firsts([f for f, _ in distincts], len(filters)),
        distinct_column=_ints([column for _, column in distincts]),
    )


Source = tuple[str, int, int]
_SOURCES = ("channel", "distinct", "sequence")


def _source(
    part: Aggregate, filters: tuple[tuple[Condition, ...], ...], numbers: tuple[str, ...], codes: tuple[str, ...]
) -> Source:
    """What the number is made from: the sums, the different codes or the sequence of a filter's column."""
    f = filters.index(part.selection.conditions)
    if part.word == "distinct":
        return "distinct", f, codes.index(part.column or "")
    if part.part is not None:
        return "sequence", f, ~filters.index(part.part.conditions)
    if part.column in codes:
        return "sequence", f, STATES + len(numbers) + codes.index(part.column)
    return ("sequence" if part.word in ORDERED else "channel"), f, _column(part, numbers)


def _farthest(keys: list[Source], aggregates: tuple[Aggregate, ...]) -> dict[Source, int]:
    """The longest window of each source's numbers."""
    farthest: dict[Source, int] = {}
    for key, part in zip(keys, aggregates, strict=True):
        farthest[key] = max(farthest.get(key, 0), _length(part))
    return farthest


def _column(part: Aggregate, numbers: tuple[str, ...]) -> int:
    """A state or number; AGE for what only counts or dates events."""
    if part.column is None:
        return AGE
    state = READABLE[part.selection.table][part.column].slot
    return state if state >= 0 else STATES + numbers.index(part.column)


def _scale(table: str, part: Aggregate) -> float:
    if part.word in OF_DAYS:
        return DAY
    return 1.0 if part.column is None else float(READABLE[table][part.column].scale)


def _length(part: Aggregate | Call) -> int:
    return WHOLE_HISTORY if part.days is None else part.days * DAY


def _state_range(table: str, state: Within) -> tuple[int, int, int]:
    column = READABLE[table][state.column]
    return column.slot, *integer_range(state, column.scale)


def integer_range(condition: Within, scale: int) -> tuple[int, int]:
    """A range's ends as the integers that the kernel compares: low <= x < high.

    >>> integer_range(Within("amount", 10.5, None), 100) == (1050, WHOLE_HISTORY)
    True
    """
    low = -WHOLE_HISTORY if condition.low is None else round(condition.low * scale)
    return low, (WHOLE_HISTORY if condition.high is None else round(condition.high * scale))


def _firsts(owners: list[int], n: int) -> Ints:
    """Where each of n owners' entries begin in a list sorted by owner, and where the last one's end."""
    return np.searchsorted(_ints(owners), np.arange(n + 1)).astype(np.int64)


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def _bools(values: list[bool]) -> Bools:
    return np.array(values, dtype=np.bool_)


def _floats(values: list[float]) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=np.float64)
