"""Definitions → plan: which numbers of which events the kernel adds up, as arrays.

Equal selections share a filter, equal (filter, column) pairs a channel, equal numbers a slot, so that a catalogue of
hundreds of features costs one pass over the events.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.events.schema import EVENT_TABLES
from creditscore.features.columns import AGE, DAY, READABLE, STATES
from creditscore.features.define import flatten
from creditscore.features.formula import (
    Aggregate,
    ApplicationValue,
    Call,
    Condition,
    Feature,
    Formula,
    OneOf,
    Quotient,
    Within,
    parts,
)

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Leaf = Aggregate | ApplicationValue | Call

WHOLE_HISTORY = np.iinfo(np.int64).max
WORDS = ("count", "total", "mean", "spread", "smallest", "largest", "recency", "tenure", "distinct")
_OF_EXTREMES = ("smallest", "largest", "recency", "tenure")
COUNT, TOTAL, MEAN, SPREAD, SMALLEST, LARGEST, RECENCY, TENURE, DISTINCT = range(len(WORDS))


class Program(NamedTuple):
    """What the kernel runs over one table: plain arrays.

    A filter f owns the channels first_channel[f] … first_channel[f + 1] − 1, likewise its distincts and states.
    A channel reads `column` (below STATES a state, above it a number); a slot is one number given out.
    """

    windows: Ints
    status_filters: Words
    first_state: Ints
    state_column: Ints
    state_low: Ints
    state_high: Ints
    first_channel: Ints
    channel_column: Ints
    channel_extremes: npt.NDArray[np.bool_]
    channel_squares: npt.NDArray[np.bool_]
    first_distinct: Ints
    distinct_column: Ints
    slot_word: Ints
    slot_source: Ints
    slot_window: Ints
    slot_scale: npt.NDArray[np.float64]


@dataclass(frozen=True)
class TablePlan:
    """One table's part of a plan: its filters, the columns it reads, the program, and its calls of functions."""

    table: str
    filters: tuple[tuple[Condition, ...], ...]
    numbers: tuple[str, ...]
    codes: tuple[str, ...]
    aggregates: tuple[Aggregate, ...]
    calls: tuple[Call, ...]
    program: Program

    def filter_of(self, call: Call) -> int:
        """The filter that picks a call's events."""
        return self.filters.index(call.selection.conditions)


@dataclass(frozen=True)
class Plan:
    """All features of a build. Slots: each table's aggregates, then its calls, then application values, then quotients.

    `outputs[i]` is the slot of feature i.
    """

    features: tuple[Feature, ...]
    tables: tuple[TablePlan, ...]
    application_columns: tuple[str, ...]
    numerators: Ints
    denominators: Ints
    outputs: Ints

    @property
    def names(self) -> list[str]:
        return [feature.name for feature in self.features]

    @property
    def slots(self) -> int:
        base = sum(len(table.aggregates) + len(table.calls) for table in self.tables)
        return base + len(self.application_columns) + len(self.numerators)


def make_plan(features: Any) -> Plan:
    """The plan of the features given, in any nesting of lists and tuples; made once for the same features."""
    return _plan(flatten(features))


@lru_cache(maxsize=64)
def _plan(wanted: tuple[Feature, ...]) -> Plan:
    leaves = [part for feature in wanted for part in parts(feature.formula)]
    tables = tuple(_table_plan(table, leaves) for table in EVENT_TABLES if _reads(table, leaves))
    columns = tuple(dict.fromkeys(part.column for part in leaves if isinstance(part, ApplicationValue)))
    slot_of: dict[Formula, int] = {}
    for table in tables:
        slot_of |= {aggregate: i for i, aggregate in enumerate(table.aggregates, start=len(slot_of))}
        slot_of |= {call: i for i, call in enumerate(table.calls, start=len(slot_of))}
    slot_of |= {ApplicationValue(column): i for i, column in enumerate(columns, start=len(slot_of))}
    quotients: list[tuple[int, int]] = []
    outputs = [_slot(feature.formula, slot_of, quotients) for feature in wanted]
    pairs = np.array(quotients, dtype=np.int64).reshape(-1, 2)
    return Plan(wanted, tables, columns, pairs[:, 0].copy(), pairs[:, 1].copy(), np.array(outputs, dtype=np.int64))


def _slot(formula: Formula, slot_of: dict[Formula, int], quotients: list[tuple[int, int]]) -> int:
    """The formula's slot; a quotient gets the next one after its parts."""
    if formula not in slot_of and isinstance(formula, Quotient):
        pair = (_slot(formula.numerator, slot_of, quotients), _slot(formula.denominator, slot_of, quotients))
        slot_of[formula] = len(slot_of)
        quotients.append(pair)
    return slot_of[formula]


def _reads(table: str, leaves: list[Leaf]) -> bool:
    return any(not isinstance(part, ApplicationValue) and part.selection.table == table for part in leaves)


def _table_plan(table: str, leaves: list[Leaf]) -> TablePlan:
    mine = [part for part in leaves if not isinstance(part, ApplicationValue) and part.selection.table == table]
    aggregates = tuple(dict.fromkeys(part for part in mine if isinstance(part, Aggregate)))
    calls = tuple(dict.fromkeys(part for part in mine if isinstance(part, Call)))
    filters = tuple(dict.fromkeys(part.selection.conditions for part in mine))
    read = _read_by(aggregates)
    readable = [column for column in READABLE[table].values() if calls or column.name in read]
    numbers = tuple(column.name for column in readable if column.kind == "number")
    codes = tuple(column.name for column in readable if column.kind == "code")
    program = _program(table, filters, numbers, codes, aggregates)
    return TablePlan(table, filters, numbers, codes, aggregates, calls, program)


def _read_by(aggregates: tuple[Aggregate, ...]) -> set[str | None]:
    """The columns that aggregates measure or pick by; a function may read any."""
    picked = {condition.column for part in aggregates for condition in part.selection.conditions}
    return picked | {part.column for part in aggregates}


def _program(
    table: str,
    filters: tuple[tuple[Condition, ...], ...],
    numbers: tuple[str, ...],
    codes: tuple[str, ...],
    aggregates: tuple[Aggregate, ...],
) -> Program:
    windows = sorted({_length(part) for part in aggregates}) or [WHOLE_HISTORY]
    keys = [(filters.index(part.selection.conditions), _column(part, numbers, codes)) for part in aggregates]
    distinct = [part.word == "distinct" for part in aggregates]
    channels = sorted({key for key, is_distinct in zip(keys, distinct, strict=True) if not is_distinct})
    distincts = sorted({key for key, is_distinct in zip(keys, distinct, strict=True) if is_distinct})
    spreads = {key for key, part in zip(keys, aggregates, strict=True) if part.word == "spread"}
    extremes = {key for key, part in zip(keys, aggregates, strict=True) if part.word in _OF_EXTREMES}
    states = [
        (f, *_state_range(table, c)) for f, conditions in enumerate(filters) for c in conditions if _is_state(table, c)
    ]
    return Program(
        windows=_ints(windows),
        status_filters=_status_filters(filters),
        first_state=_firsts([state[0] for state in states], len(filters)),
        state_column=_ints([state[1] for state in states]),
        state_low=_ints([state[2] for state in states]),
        state_high=_ints([state[3] for state in states]),
        first_channel=_firsts([channel[0] for channel in channels], len(filters)),
        channel_column=_ints([channel[1] for channel in channels]),
        channel_extremes=np.array([channel in extremes for channel in channels], dtype=np.bool_),
        channel_squares=np.array([channel in spreads for channel in channels], dtype=np.bool_),
        first_distinct=_firsts([key[0] for key in distincts], len(filters)),
        distinct_column=_ints([key[1] for key in distincts]),
        slot_word=_ints([WORDS.index(part.word) for part in aggregates]),
        slot_source=_ints([(distincts if d else channels).index(key) for key, d in zip(keys, distinct, strict=True)]),
        slot_window=_ints([windows.index(_length(part)) for part in aggregates]),
        slot_scale=np.array([_scale(table, part) for part in aggregates], dtype=np.float64),
    )


def _column(part: Aggregate, numbers: tuple[str, ...], codes: tuple[str, ...]) -> int:
    """A channel's column: AGE for what only counts or dates events."""
    if part.column is None:
        return AGE
    if part.column in codes:
        return codes.index(part.column)
    state = READABLE[part.selection.table][part.column].slot
    return state if state >= 0 else STATES + numbers.index(part.column)


def _scale(table: str, part: Aggregate) -> float:
    if part.word in ("recency", "tenure"):
        return DAY
    return 1.0 if part.column is None else float(READABLE[table][part.column].scale)


def _length(part: Aggregate) -> int:
    return WHOLE_HISTORY if part.days is None else part.days * DAY


def _is_state(table: str, condition: Condition) -> bool:
    return READABLE[table][condition.column].kind == "state"


def _state_range(table: str, condition: Condition) -> tuple[int, int, int]:
    column = READABLE[table][condition.column]
    low, high = integer_range(condition, column.scale) if isinstance(condition, Within) else (0, 0)
    return column.slot, low, high


def integer_range(condition: Within, scale: int) -> tuple[int, int]:
    """A range's ends as the integers that the kernel compares: low <= x < high.

    >>> integer_range(Within("amount", 10.5, None), 100) == (1050, WHOLE_HISTORY)
    True
    """
    low = -WHOLE_HISTORY if condition.low is None else round(condition.low * scale)
    return low, (WHOLE_HISTORY if condition.high is None else round(condition.high * scale))


def _status_filters(filters: tuple[tuple[Condition, ...], ...]) -> Words:
    """A bit for each filter that asks for a status: cleared while the status is not known."""
    words = np.zeros(max(1, -(-len(filters) // 64)), dtype=np.uint64)
    for f, conditions in enumerate(filters):
        if any(isinstance(condition, OneOf) and condition.column == "status" for condition in conditions):
            words[f // 64] |= np.uint64(1) << np.uint64(f % 64)
    return words


def _firsts(owners: list[int], filters: int) -> Ints:
    """Where each filter's entries begin in a list sorted by filter, and where the last one's end."""
    return np.searchsorted(_ints(owners), np.arange(filters + 1)).astype(np.int64)


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)
