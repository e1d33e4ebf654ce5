"""Which events a selection picks, as data: conditions on columns, joined by and, or and not.

A missing value, or a status not yet known, meets no `OneOf` and no `Within`; `Not` is the plain complement, so it is
met by what is missing.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from creditscore.errors import FeatureError
from creditscore.features.columns import READABLE

# Deeper filters nobody can read, and more clauses slow the pass down.
DEEPEST, MOST_CLAUSES = 16, 256


@dataclass(frozen=True)
class OneOf:
    """The column's text is one of `values`."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Within:
    """low <= the column's value < high; None leaves an end open. Hours and weekdays run round: (23, 5) is the night."""

    column: str
    low: float | None
    high: float | None


@dataclass(frozen=True)
class AllOf:
    """All of the conditions are met; of none, always."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of the conditions is met; of none, never."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """The condition is not met."""

    condition: Condition


Leaf = OneOf | Within
Condition = Leaf | AllOf | AnyOf | Not


@dataclass(frozen=True)
class Clause:
    """What must all hold: `settled`, which no instant of decision changes, and `states`, which one may.

    Each is a condition and whether it is denied: met where True is beside it and the condition is not.
    """

    settled: tuple[tuple[Leaf, bool], ...] = ()
    states: tuple[tuple[Within, bool], ...] = ()


def one_of(conditions: tuple[Condition, ...]) -> Condition:
    """Several conditions, to be met together, as one."""
    return conditions[0] if len(conditions) == 1 else AllOf(conditions)


def either(one: Condition, other: Condition) -> AnyOf:
    """One or the other; alternatives of alternatives are alternatives."""
    parts = [part.conditions if isinstance(part, AnyOf) else (part,) for part in (one, other)]
    return AnyOf(tuple(dict.fromkeys(parts[0] + parts[1])))


def complement(condition: Condition) -> Condition:
    """Not the condition; twice not is the condition itself."""
    return condition.condition if isinstance(condition, Not) else Not(condition)


def leaves(conditions: Iterable[Condition]) -> Iterator[Leaf]:
    """The conditions on columns that others are made of, in order."""
    for condition in conditions:
        if isinstance(condition, (OneOf, Within)):
            yield condition
        else:
            yield from leaves(parts_of(condition))


def parts_of(condition: AllOf | AnyOf | Not) -> tuple[Condition, ...]:
    """What is joined, or denied."""
    return (condition.condition,) if isinstance(condition, Not) else condition.conditions


@functools.lru_cache(maxsize=4096)
def clauses_of(table: str, conditions: tuple[Condition, ...]) -> tuple[Clause, ...]:
    """The filter as alternatives (its disjunctive normal form): an event is picked if it meets one of the clauses.

    Raises FeatureError where the filter is nested too deeply or needs too many clauses.
    """
    if _nesting(AllOf(conditions)) > DEEPEST:
        raise FeatureError(f"a filter of {table} is nested more than {DEEPEST} deep; say it more plainly")
    return _clauses(table, AllOf(conditions), False)


def _nesting(condition: Condition) -> int:
    if isinstance(condition, (OneOf, Within)):
        return 0
    return 1 + max((_nesting(part) for part in parts_of(condition)), default=0)


def _clauses(table: str, condition: Condition, negated: bool) -> tuple[Clause, ...]:
    if isinstance(condition, Not):
        return _clauses(table, condition.condition, not negated)
    if isinstance(condition, (OneOf, Within)):
        return (_lone(table, condition, negated),)
    parts = [_clauses(table, part, negated) for part in condition.conditions]
    if isinstance(condition, AllOf) is not negated:
        return functools.reduce(functools.partial(_products, table), parts, (Clause(),))
    return functools.reduce(functools.partial(_union, table), parts, ())


def _lone(table: str, leaf: Leaf, negated: bool) -> Clause:
    if isinstance(leaf, Within) and READABLE[table][leaf.column].kind == "state":
        return Clause(states=((leaf, negated),))
    return Clause(settled=((leaf, negated),))


def _union(table: str, some: tuple[Clause, ...], more: tuple[Clause, ...]) -> tuple[Clause, ...]:
    return _few(table, some + more)


def _products(table: str, some: tuple[Clause, ...], more: tuple[Clause, ...]) -> tuple[Clause, ...]:
    return _few(table, (_both(a, b) for a, b in itertools.product(some, more)))


def _both(a: Clause, b: Clause) -> Clause:
    return Clause(tuple(dict.fromkeys(a.settled + b.settled)), tuple(dict.fromkeys(a.states + b.states)))


def _few(table: str, clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    different = tuple(dict.fromkeys(clauses))
    if len(different) > MOST_CLAUSES:
        raise FeatureError(
            f"a filter of {table} has more than {MOST_CLAUSES} alternatives once it is multiplied out; join fewer by | "
            f"within one filter, or make several features"
        )
    return different
