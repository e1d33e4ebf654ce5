"""Definitions as data: what a scorecard carries of its features, and the features again from it.

Of a function it carries the module, the name and the digest of its source, never code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from creditscore.errors import FeatureError, ScorecardError
from creditscore.features.columns import READABLE
from creditscore.features.conditions import DEEPEST, AllOf, AnyOf, Condition, Not, OneOf, Within
from creditscore.features.custom import feature
from creditscore.features.define import (
    Days,
    applications,
    concentration,
    count,
    distinct,
    entropy,
    largest,
    mean,
    quantile,
    radius,
    recency,
    smallest,
    spread,
    tenure,
    top_share,
    total,
)
from creditscore.features.formula import (
    Aggregate,
    ApplicationValue,
    Call,
    Difference,
    Feature,
    Formula,
    Measure,
    Quotient,
    Selection,
    condition_of,
    operands,
    parts,
    readable,
)
from creditscore.features.timeline import (
    burstiness,
    first,
    gap_spread,
    last,
    longest_gap,
    longest_streak,
    mean_gap,
    regularity,
    streak,
    trend,
)

Record = Mapping[str, Any]
_DEEPEST = 8
_Word = Callable[..., tuple[Feature, ...]]
_PLAIN = (count, total, mean, spread, smallest, largest, radius, recency, tenure, distinct, entropy, concentration,
          top_share, first, last, trend, mean_gap, gap_spread, longest_gap, burstiness)  # fmt: skip
_WORDS: Mapping[str, _Word] = {word.__name__: word for word in _PLAIN}
# Words with one number more, and what they call it.
_WITH_NUMBER: Mapping[str, tuple[_Word, str]] = {"quantile": (quantile, "q"), "regularity": (regularity, "lag")}
_STREAKS: Mapping[str, _Word] = {"streak": streak, "longest_streak": longest_streak}


def to_record(feature: Feature) -> dict[str, Any]:
    """The feature as plain data. Raises FeatureError for a function defined in a notebook: move it to a file."""
    return {
        "name": feature.name,
        "formula": _formula_record(feature.formula),
        "reason": feature.reason,
        "riskier": feature.riskier,
        "unit": feature.unit,
        "en": feature.en,
        "zh": feature.zh,
        "changeable": feature.changeable,
        "sensitivity": feature.sensitivity.label,
    }


def from_record(record: Record) -> Feature:
    """The feature of that record. Raises ScorecardError where it is malformed, or its function is not the one named."""
    try:
        about = {key: _text(record[key]) for key in ("name", "unit", "en", "zh")}
        feature = Feature(
            formula=_formula(record["formula"], _DEEPEST),
            reason=None if record["reason"] is None else _text(record["reason"]),
            riskier=record["riskier"],
            changeable=_truth(record.get("changeable", False)),  # older records have none
            **about,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ScorecardError):
            raise
        raise ScorecardError(f"a feature definition is malformed: {type(error).__name__}: {error}") from None
    if feature.riskier not in (None, "higher", "lower"):
        raise ScorecardError(f"feature '{feature.name}': riskier is 'higher', 'lower' or null")
    return feature


def _formula_record(formula: Formula) -> dict[str, Any]:
    if isinstance(formula, (Quotient, Difference)):
        kind = "quotient" if isinstance(formula, Quotient) else "difference"
        return {kind: [_formula_record(operand) for operand in operands(formula)]}
    if isinstance(formula, ApplicationValue):
        return {"application": formula.column}
    events = {"events": _selection_record(formula.selection), "days": formula.days}
    if isinstance(formula, Aggregate):
        return {"word": formula.word, "column": formula.column, **events, **_particulars(formula)}
    if formula.module == "__main__":
        raise FeatureError(
            f"feature function '{formula.function}' is defined in __main__, which no other process has; "
            f"move it to a file that can be imported where the scorecard is used"
        )
    return {
        "module": formula.module,
        "function": formula.function,
        "digest": formula.digest,
        "needs": formula.needs,
        **events,
    }


def _particulars(formula: Aggregate) -> dict[str, Any]:
    """What only some words have."""
    number = {} if formula.parameter is None else {"parameter": formula.parameter}
    return number if formula.part is None else {"part": _selection_record(formula.part)}


def _selection_record(selection: Selection) -> dict[str, Any]:
    return {"table": selection.table, "where": [_condition_record(one) for one in selection.conditions]}


def _condition_record(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Not):
        return {"not": _condition_record(condition.condition)}
    if isinstance(condition, (AllOf, AnyOf)):
        kind = "all" if isinstance(condition, AllOf) else "any"
        return {kind: [_condition_record(one) for one in condition.conditions]}
    if isinstance(condition, OneOf):
        return {"column": condition.column, "values": list(condition.values)}
    return {"column": condition.column, "low": condition.low, "high": condition.high}


def _formula(record: Record, depth: int) -> Formula:
    if depth == 0:
        raise ValueError("formulas are nested too deeply")
    for kind, combine in (("quotient", Quotient), ("difference", Difference)):
        if kind in record:
            one, other = record[kind]
            return combine(_formula(one, depth - 1), _formula(other, depth - 1))
    if "application" in record:
        known: tuple[Feature, ...] = getattr(applications, _text(record["application"]))
        return known[0].formula
    return _call(record) if "module" in record else _aggregate(record)


def _aggregate(record: Record) -> Formula:
    """Made by the word itself, so that what it refuses in a definition is refused here too."""
    selection, column, word, days = _selection(record["events"]), record["column"], record["word"], _days(record)
    source = selection if column is None else Measure(selection, _text(column))
    if word in _STREAKS:
        (feature,) = _STREAKS[word](_selection(record["part"]), of=source, days=days)
    elif word in _WITH_NUMBER:
        make, number = _WITH_NUMBER[word]
        (feature,) = make(source, days=days, **{number: record["parameter"]})
    else:
        (feature,) = _WORDS[word](source, days=days)
    return feature.formula


def _call(record: Record) -> Formula:
    module, function = _text(record["module"]), _text(record["function"])
    calls = [call for call in _calls_in(module) if call.function == function]
    if not calls:
        raise ScorecardError(
            f"feature function '{function}' is not in module '{module}'; install the version it was made with"
        )
    same = [call for call in calls if call.digest == record["digest"]]
    if not same:
        raise ScorecardError(
            f"feature function '{function}' of module '{module}' differs from the one the scorecard was made with"
        )
    (found,) = feature(_selection(record["events"]), days=_days(record), needs=record["needs"])(same[0].run)
    return found.formula


def _calls_in(module: str) -> list[Call]:
    """The functions among a module's features. Only what the caller has imported is read: loading executes nothing."""
    if module not in sys.modules:
        raise ScorecardError(
            f"the scorecard uses feature functions of module '{module}', which is not imported; "
            f"install it where it is missing, and import it before loading"
        )
    groups = [value for value in vars(sys.modules[module]).values() if isinstance(value, (tuple, list))]
    features = [one for group in groups for one in group if isinstance(one, Feature)]
    return [part for feature in features for part in parts(feature.formula) if isinstance(part, Call)]


def _selection(record: Record) -> Selection:
    table = record["table"]
    if table not in READABLE:
        raise ValueError(f"unknown table {table!r}")
    return Selection(table, tuple(_condition(table, one, DEEPEST) for one in record["where"]))


def _condition(table: str, record: Record, depth: int) -> Condition:
    if depth == 0:
        raise ValueError("conditions are nested too deeply")
    if "not" in record:
        return Not(_condition(table, record["not"], depth - 1))
    for kind, join in (("all", AllOf), ("any", AnyOf)):
        if kind in record:
            return join(tuple(_condition(table, one, depth - 1) for one in _list(record[kind])))
    return _leaf(table, record)


def _leaf(table: str, record: Record) -> OneOf | Within:
    column = _text(record["column"])
    if readable(table, column).kind == "code":
        return condition_of(table, column, record["values"])
    return condition_of(table, column, (record["low"], record["high"]))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value


def _days(record: Record) -> Days:
    return "all" if record["days"] is None else record["days"]


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, got {type(value).__name__}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return value
