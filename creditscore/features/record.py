"""Definitions as data: what a scorecard carries of its features, and the features again from it.

Of a function it carries the module, the name and the digest of its source, never code.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from creditscore.errors import FeatureError, ScorecardError
from creditscore.features.columns import READABLE
from creditscore.features.custom import digest_of
from creditscore.features.formula import (
    Aggregate,
    ApplicationValue,
    Call,
    Condition,
    Feature,
    Formula,
    OneOf,
    Quotient,
    Selection,
    Within,
    parts,
)
from creditscore.features.plan import WORDS

Record = Mapping[str, Any]
_DEEPEST = 8


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
        "sensitivity": feature.sensitivity.label,
    }


def from_record(record: Record) -> Feature:
    """The feature of that record. Raises ScorecardError where it is malformed, or its function is not the one named."""
    try:
        about = {key: _text(record[key]) for key in ("name", "unit", "en", "zh")}
        feature = Feature(
            formula=_formula(record["formula"], _DEEPEST), reason=record["reason"], riskier=record["riskier"], **about
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ScorecardError):
            raise
        raise ScorecardError(f"a feature definition is malformed: {type(error).__name__}: {error}") from None
    if feature.riskier not in (None, "higher", "lower"):
        raise ScorecardError(f"feature '{feature.name}': riskier is 'higher', 'lower' or null")
    return feature


def _formula_record(formula: Formula) -> dict[str, Any]:
    if isinstance(formula, Quotient):
        return {
            "quotient": [_formula_record(formula.numerator), _formula_record(formula.denominator)],
        }
    if isinstance(formula, ApplicationValue):
        return {"application": formula.column}
    events = {"events": _selection_record(formula.selection), "days": formula.days}
    if isinstance(formula, Aggregate):
        return {"word": formula.word, "column": formula.column, **events}
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


def _selection_record(selection: Selection) -> dict[str, Any]:
    return {"table": selection.table, "where": [_condition_record(one) for one in selection.conditions]}


def _condition_record(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, OneOf):
        return {"column": condition.column, "values": list(condition.values)}
    return {"column": condition.column, "low": condition.low, "high": condition.high}


def _formula(record: Record, depth: int) -> Formula:
    if depth == 0:
        raise ValueError("formulas are nested too deeply")
    if "quotient" in record:
        top, bottom = record["quotient"]
        return Quotient(_formula(top, depth - 1), _formula(bottom, depth - 1))
    if "application" in record:
        return ApplicationValue(_text(record["application"]))
    formula = _call(record) if "module" in record else _aggregate(record)
    _check(formula)
    return formula


def _aggregate(record: Record) -> Aggregate:
    return Aggregate(record["word"], _selection(record["events"]), record["column"], record["days"])


def _call(record: Record) -> Call:
    module, function = _text(record["module"]), _text(record["function"])
    calls = [call for call in _calls_in(module) if call.function == function]
    if not calls:
        raise ScorecardError(
            f"feature function '{function}' is not in module '{module}'; install the version it was made with"
        )
    if digest_of(calls[0].run) != record["digest"]:
        raise ScorecardError(
            f"feature function '{function}' of module '{module}' differs from the one the scorecard was made with"
        )
    return Call(
        module,
        function,
        record["digest"],
        _selection(record["events"]),
        record["days"],
        int(record["needs"]),
        calls[0].run,
    )


def _calls_in(module: str) -> list[Call]:
    """The functions among a module's features."""
    try:
        content = vars(importlib.import_module(module)).values()
    except ImportError:
        raise ScorecardError(
            f"the scorecard uses feature functions of module '{module}', which is not installed"
        ) from None
    features = [f for value in content for f in (value if isinstance(value, tuple) else ()) if isinstance(f, Feature)]
    return [part for feature in features for part in parts(feature.formula) if isinstance(part, Call)]


def _selection(record: Record) -> Selection:
    table = record["table"]
    if table not in READABLE:
        raise ValueError(f"unknown table {table!r}")
    return Selection(table, tuple(_condition(table, one) for one in record["where"]))


def _condition(table: str, record: Record) -> Condition:
    column = READABLE[table][record["column"]]
    if column.identity:
        raise ValueError(f"column '{column.name}' cannot be picked out")
    if column.kind == "code":
        return OneOf(column.name, tuple(_text(value) for value in record["values"]))
    low, high = (None if record[end] is None else float(record[end]) for end in ("low", "high"))
    return Within(column.name, low, high)


def _check(formula: Aggregate | Call) -> None:
    """What a vocabulary word would have refused is refused here too."""
    if formula.days is not None and not (type(formula.days) is int and 0 < formula.days <= 36_500):
        raise ValueError(f"days {formula.days!r}")
    if isinstance(formula, Call):
        return
    if formula.word not in WORDS:
        raise ValueError(f"unknown word {formula.word!r}")
    counts = formula.word in ("count", "recency", "tenure")
    if counts != (formula.column is None):
        raise ValueError(f"'{formula.word}' {'takes no' if counts else 'needs a'} column")
    if formula.column is not None:
        is_code = READABLE[formula.selection.table][formula.column].kind == "code"
        if is_code != (formula.word == "distinct"):
            raise ValueError(f"'{formula.word}' of column '{formula.column}'")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return value
