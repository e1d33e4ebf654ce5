"""Where each feature comes from: table, columns, filter, window and class, a line a number of its formula."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from creditscore.events.schema import CONTRACT
from creditscore.features.columns import READABLE
from creditscore.features.conditions import AllOf, AnyOf, Condition, Not, OneOf, Within, leaves
from creditscore.features.formula import Aggregate, ApplicationValue, Call, Feature, parts, selections_of
from creditscore.governance.categories import Categories
from creditscore.governance.gate import WORDED
from creditscore.governance.sensitivity import Sensitivity, sensitivity_of

_ALL = "all"
# Columns that are true or not, held as 1 or 0: late, due …
_TRUE_OR_NOT = {
    column.name
    for table in READABLE.values()
    for column in table.values()
    if column.kind == "state" and not column.unit
}


class Line(NamedTuple):
    """One number that a feature is made of.

    `needs` is the feature's class, the strictest of what it reads by name; `reads_up_to` the strictest of the rows that
    its filters let through, which it sees only of applicants whose consent goes as far.
    """

    feature: str
    reason: str
    table: str
    columns: tuple[str, ...]
    picked: str
    window: str
    word: str
    needs: str
    reads_up_to: str


def lineage_of(features: Iterable[Feature], categories: Categories) -> tuple[Line, ...]:
    """The lines of all features in their order, a feature's numerator or minuend first."""
    return tuple(line for feature in features for line in _lines(feature, categories))


def _lines(feature: Feature, categories: Categories) -> list[Line]:
    own = list(parts(feature.formula))
    needs = feature.needs(categories)
    reached = max([needs, *(_reached(part) for part in own)])
    return [Line(feature.name, feature.reason or "", *_read(part), needs.label, reached.label) for part in own]


def _read(part: Aggregate | ApplicationValue | Call) -> tuple[str, tuple[str, ...], str, str, str]:
    """Table, columns, filter, window and word."""
    if isinstance(part, ApplicationValue):
        return "applications", (part.column,), _ALL, "the application", "value"
    picked = "; within them ".join(said(AllOf(selection.conditions)) for selection in selections_of(part))
    window = "the whole history" if part.days is None else f"{part.days} days"
    word = part.word if isinstance(part, Aggregate) else f"{part.module}.{part.function}"
    return part.selection.table, _columns(part), picked, window, word


def _columns(part: Aggregate | Call) -> tuple[str, ...]:
    """The columns read, those of the filter among them; of a function all that it is given."""
    if isinstance(part, Call):
        return tuple(READABLE[part.selection.table])
    own = [part.column] if part.column else []
    picked = [leaf.column for selection in selections_of(part) for leaf in leaves(selection.conditions)]
    return tuple(dict.fromkeys([*own, *picked])) or ("time",)


def said(condition: Condition) -> str:
    """A filter in words.

    >>> said(AllOf((OneOf("kind", ("purchase",)), Not(Within("hour", 23.0, 5.0)))))
    'kind is purchase and not (hour from 23 to below 5)'
    >>> said(AllOf((Within("late", 1.0, 2.0), Within("open", 0.0, 1.0))))
    'late and not open'
    """
    if isinstance(condition, OneOf):
        return f"{condition.column} is {' or '.join(condition.values)}"
    if isinstance(condition, Within):
        if condition.column in _TRUE_OR_NOT and (condition.low, condition.high) == (1.0, 2.0):
            return condition.column
        if condition.column in _TRUE_OR_NOT and (condition.low, condition.high) == (0.0, 1.0):
            return f"not {condition.column}"
        low = "" if condition.low is None else f" from {condition.low:g}"
        high = "" if condition.high is None else f" to below {condition.high:g}"
        return f"{condition.column}{low}{high}" if low or high else f"{condition.column} is known"
    if isinstance(condition, Not):
        return f"not ({said(condition.condition)})"
    if not condition.conditions:
        return _ALL if isinstance(condition, AllOf) else "none"
    joint = " and " if isinstance(condition, AllOf) else " or "
    several = len(condition.conditions) > 1
    return joint.join(_inner(part) if several else said(part) for part in condition.conditions)


def _inner(condition: Condition) -> str:
    joined = isinstance(condition, (AllOf, AnyOf)) and len(condition.conditions) > 1
    return f"({said(condition)})" if joined else said(condition)


def _reached(part: Aggregate | ApplicationValue | Call) -> Sensitivity:
    """The strictest class of rows that the filter may let through, prohibited ones aside, which never come so far."""
    if isinstance(part, ApplicationValue):
        return sensitivity_of("applications", [part.column])
    table, condition = part.selection.table, AllOf(part.selection.conditions)
    column = CONTRACT[table]["mode" if table == "trips" else "kind"]
    kinds = [kind for kind in column.values if may_pick(condition, column.name, kind)]
    found = [sensitivity_of(table, [], [(column.name, kind)]) for kind in kinds]
    # a word that no filter names stands for all others, which may be of any class
    others = table in WORDED and may_pick(condition, "category", "\0")
    return max([*found, Sensitivity.WRITTEN_CONSENT if others else sensitivity_of(table)])


def may_pick(condition: Condition, column: str, word: str) -> bool:
    """Whether the filter may let through an event whose column says that word, whatever its other columns say."""
    return _truth(condition, column, word) is not False


def _truth(condition: Condition, column: str, word: str) -> bool | None:
    """Whether the condition is met; None where it hangs on other columns."""
    if isinstance(condition, OneOf):
        return word in condition.values if condition.column == column else None
    if isinstance(condition, Within):
        return None
    if isinstance(condition, Not):
        inner = _truth(condition.condition, column, word)
        return None if inner is None else not inner
    settles = isinstance(condition, AnyOf)
    truths = [_truth(part, column, word) for part in condition.conditions]
    if settles in truths:
        return settles
    return None if None in truths else not settles
