"""What a feature definition is, as data.

A `Selection` picks events, a `Measure` reads a column of it, a `Formula` makes one number of them, and a `Feature`
gives that number its name, reason code and direction of risk.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from creditscore.errors import FeatureError, GovernanceError
from creditscore.events.schema import CONTRACT
from creditscore.features.columns import READABLE, ROUND, Readable
from creditscore.features.conditions import (
    AnyOf,
    Condition,
    Not,
    OneOf,
    Within,
    clauses_of,
    complement,
    either,
    leaves,
    one_of,
)
from creditscore.governance.categories import SHIPPED, Categories
from creditscore.governance.sensitivity import Sensitivity, sensitivity_of

Riskier = Literal["higher", "lower"]


# Far beyond any amount that the contract allows, and still inside 64 bits as fixed point.
_FARTHEST_END = 1e15


@dataclass(frozen=True)
class Selection:
    """Events of one table that meet all conditions; an attribute is a column of them, to measure.

    Selections of one table join: `a | b` picks what either does, `a & b` what both do, `~a` what a does not. Raises
    FeatureError for selections of different tables, and where a filter grows too large (`conditions.clauses_of`).
    """

    table: str
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        clauses_of(self.table, self.conditions)

    def __or__(self, other: Selection) -> Selection:
        _must_join(self, other)
        return replace(self, conditions=(either(one_of(self.conditions), one_of(other.conditions)),))

    def __and__(self, other: Selection) -> Selection:
        _must_join(self, other)
        return replace(self, conditions=self.conditions + other.conditions)

    def __invert__(self) -> Selection:
        return replace(self, conditions=(complement(one_of(self.conditions)),))

    def __bool__(self) -> bool:
        raise FeatureError("a selection is neither true nor false; join selections with &, | and ~")

    def where(self, **conditions: Any) -> Selection:
        """Fewer events: a text or several for a category, (low, high) for a number, True or False for a state.

        Raises FeatureError for a column that the table lacks, for a text that the contract does not know there, and for
        identities (platforms, places, merchants), which may be counted but not picked out.
        """
        more = tuple(condition_of(self.table, name, wanted) for name, wanted in conditions.items())
        return replace(self, conditions=self.conditions + more)

    def __getattr__(self, column: str) -> Measure:
        if column.startswith("__"):
            raise AttributeError(column)
        readable(self.table, column)
        return Measure(self, column)

    @property
    def label(self) -> str:
        """What feature names call it: the picked values, or the table."""
        return "_".join(_label(condition) for condition in self.conditions) or self.table


@dataclass(frozen=True)
class Measure:
    """One column of a selection."""

    selection: Selection
    column: str


@dataclass(frozen=True)
class ApplicationValue:
    """A column of the application itself."""

    column: str


@dataclass(frozen=True)
class Aggregate:
    """One number from a selection's events within a window; `days` None is the whole history.

    `parameter` is a quantile's share or a lag in days, `part` the events that a streak is made of.
    """

    word: str
    selection: Selection
    column: str | None
    days: int | None
    parameter: float | None = None
    part: Selection | None = None


@dataclass(frozen=True)
class Quotient:
    """numerator / denominator; missing where either is, and where the denominator is 0."""

    numerator: Formula
    denominator: Formula


@dataclass(frozen=True)
class Difference:
    """minuend − subtrahend; missing where either is."""

    minuend: Formula
    subtrahend: Formula


@dataclass(frozen=True)
class Call:
    """A function of a selection's events, oldest first: named, with the digest of its source, never carried as code."""

    module: str
    function: str
    digest: str
    selection: Selection
    days: int | None
    needs: int
    run: Callable[..., float] = field(compare=False, repr=False)


Formula = Aggregate | Quotient | Difference | ApplicationValue | Call


@dataclass(frozen=True)
class Feature:
    """One column of the feature table: its formula, and what people need to know of it.

    `riskier` says which way risk grows ("higher", "lower", or None where nobody would defend one); the model is
    monotone in it. `reason` is the code that its points are summed under. `changeable` says that people can do
    something about it from now on: what a counterfactual may change.
    """

    name: str
    formula: Formula
    reason: str | None = None
    riskier: Riskier | None = None
    unit: str = ""
    en: str = ""
    zh: str = ""
    changeable: bool = False

    @property
    def sensitivity(self) -> Sensitivity:
        """The strictest class of what it reads by name, by the shipped table of categories."""
        return self.needs(SHIPPED)

    def needs(self, categories: Categories) -> Sensitivity:
        """The strictest class of what it reads by name: its table, columns, picked values and categories.

        A category that nobody classed counts as prohibited. What it takes without naming it, as the income among all
        transactions, is read as far as the applicant's consent goes, and needs none.
        """
        return max(_classes(self.formula, categories))

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it reads, in alphabetical order."""
        return tuple(sorted({_table(part) for part in parts(self.formula)}))


def parts(formula: Formula) -> Iterator[Aggregate | ApplicationValue | Call]:
    """The aggregates, calls and application values that a formula is made of, numerator or minuend first."""
    if isinstance(formula, (Quotient, Difference)):
        for operand in operands(formula):
            yield from parts(operand)
    else:
        yield formula


def operands(formula: Quotient | Difference) -> tuple[Formula, Formula]:
    """Numerator and denominator, or minuend and subtrahend."""
    if isinstance(formula, Quotient):
        return formula.numerator, formula.denominator
    return formula.minuend, formula.subtrahend


def period(formula: Formula) -> tuple[str, str]:
    """A formula's window in words, English and Chinese; a quotient's is its numerator's."""
    days = window(formula)
    return ("over the whole history", "全部历史") if days is None else (f"in the last {days} days", f"近{days}天")


def window(formula: Formula) -> int | None:
    """The days of a formula's first part that has a window; None for the whole history."""
    return next((part.days for part in parts(formula) if not isinstance(part, ApplicationValue)), None)


def condition_of(table: str, column: str, wanted: Any) -> OneOf | Within:
    """The condition that `where(column=wanted)` stands for; FeatureError where it may not."""
    known = readable(table, column)
    if known.identity or column == "day":
        raise FeatureError(f"{table}.{column} says who, where or when: it can be counted, but not picked out")
    if known.kind == "code":
        return OneOf(column, _texts(table, column, wanted))
    if isinstance(wanted, bool) and known.kind == "state":
        return Within(column, float(wanted), float(wanted) + 1)
    if not (isinstance(wanted, (tuple, list)) and len(wanted) == 2):
        raise FeatureError(f"{table}.{column} is a number: give (low, high), None for an open end; got {wanted!r}")
    low, high = (_end(table, column, end) for end in wanted)
    if column not in ROUND and low is not None and high is not None and not low < high:
        raise FeatureError(f"{table}.{column}: low <= x < high holds for nothing; got ({low:g}, {high:g})")
    return Within(column, low, high)


def _texts(table: str, column: str, wanted: Any) -> tuple[str, ...]:
    values = (wanted,) if isinstance(wanted, str) else wanted
    if not isinstance(values, (tuple, list)) or not values or not all(isinstance(value, str) for value in values):
        raise FeatureError(f"{table}.{column} is a category: give a text or several, got {wanted!r}")
    known = CONTRACT[table][column].values
    unknown = next((value for value in values if known and value not in known), None)
    if unknown is not None:
        raise FeatureError(f"{table}.{column} is never '{unknown}'; it is one of {', '.join(known)}")
    return tuple(sorted(values))


def _end(table: str, column: str, end: Any) -> float | None:
    if end is None:
        return None
    if isinstance(end, bool) or not isinstance(end, (int, float)) or not abs(end) <= _FARTHEST_END:
        raise FeatureError(
            f"{table}.{column}: an end of a range is a number, or None where it is open; got {end!r:.80}"
        )
    return float(end)


def readable(table: str, column: str) -> Readable:
    """The column of that table as features see it; FeatureError with a close match where there is none."""
    columns = READABLE[table]
    if column not in columns:
        close = difflib.get_close_matches(column, columns, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(columns)}"
        raise FeatureError(f"{table} has no column '{column}' for features; {hint}")
    return columns[column]


def _must_join(one: Selection, other: object) -> None:
    if not isinstance(other, Selection):
        raise FeatureError(f"&, | and ~ join selections of events, got {type(other).__name__}")
    if one.table != other.table:
        raise FeatureError(f"selections of {one.table} and {other.table} do not join: their events are not the same")


def _label(condition: Condition) -> str:
    if isinstance(condition, OneOf):
        return "_or_".join(condition.values)
    if isinstance(condition, Within):
        low, high = (f"{end:g}" if end is not None else "" for end in (condition.low, condition.high))
        return f"{condition.column}_{low}_to_{high}"
    if isinstance(condition, Not):
        return f"not_{_label(condition.condition)}"
    joint = "_or_" if isinstance(condition, AnyOf) else "_"
    return joint.join(_label(part) for part in condition.conditions) or "any"


def _table(part: Aggregate | ApplicationValue | Call) -> str:
    return "applications" if isinstance(part, ApplicationValue) else part.selection.table


def _read(part: Aggregate | Call) -> list[str]:
    """The columns that it reads beside its conditions': of a function nobody knows, so all that it could."""
    if isinstance(part, Call):
        return list(READABLE[part.selection.table])
    return [] if part.column is None else [part.column]


def picked_by(part: Aggregate | Call) -> list[OneOf | Within]:
    """The conditions on columns by which it picks events, however they are joined."""
    return [leaf for selection in selections_of(part) for leaf in leaves(selection.conditions)]


def selections_of(part: Aggregate | Call) -> tuple[Selection, ...]:
    """The selections that it reads: one, of a streak two."""
    streak = part.part if isinstance(part, Aggregate) else None
    return (part.selection,) if streak is None else (part.selection, streak)


def check_features(features: Iterable[Feature], categories: Categories) -> None:
    """Raises GovernanceError for a feature whose filter names a category that is prohibited, or that nobody classed."""
    for feature in features:
        for word in _words(feature.formula):
            if (kind := categories.class_of(word)) is None:
                raise GovernanceError(
                    f"feature '{feature.name}' picks the category '{word}', which nobody has classed; add it to the "
                    f"config under governance.categories"
                )
            if kind is Sensitivity.PROHIBITED:
                raise GovernanceError(
                    f"feature '{feature.name}' picks the category '{word}', which is prohibited; take it out"
                )


def _words(formula: Formula) -> list[str]:
    """The categories that its filters name."""
    read = [part for part in parts(formula) if not isinstance(part, ApplicationValue)]
    picked = [condition for part in read for condition in picked_by(part)]
    return [word for one in picked if isinstance(one, OneOf) and one.column == "category" for word in one.values]


def _classes(formula: Formula, categories: Categories) -> Iterator[Sensitivity]:
    for word in _words(formula):
        kind = categories.class_of(word)
        yield Sensitivity.PROHIBITED if kind is None else kind
    for part in parts(formula):
        if isinstance(part, ApplicationValue):
            yield sensitivity_of("applications", [part.column])
            continue
        conditions = picked_by(part)
        columns = [condition.column for condition in conditions] + _read(part)
        picked = [(c.column, text) for c in conditions if isinstance(c, OneOf) for text in c.values]
        yield sensitivity_of(part.selection.table, columns, picked)
