"""The usual way to one borrower's features: lists of dicts → DataFrames → aggregates, window by window.

Each selection is filtered once, in order of time, so that a window is a slice of it; what words read is cached.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from creditscore.events.schema import CONTRACT
from creditscore.features import CATALOGUE
from creditscore.features.conditions import AllOf, AnyOf, Not, OneOf
from creditscore.features.formula import Aggregate, ApplicationValue, Difference, Quotient, parts

DAY = 86_400.0
WORDS = {
    "total": lambda x: x.sum(),
    "mean": lambda x: x.mean(),
    "spread": lambda x: x.std(),
    "smallest": lambda x: x.min(),
    "largest": lambda x: x.max(),
    "first": lambda x: x.iloc[0],
    "last": lambda x: x.iloc[-1],
    "radius": lambda x: math.sqrt((x * x).mean()),
    "distinct": lambda x: x.nunique(),
    "top_share": lambda x: x.value_counts(normalize=True).iloc[0],
    "concentration": lambda x: (x.value_counts(normalize=True) ** 2).sum(),
    "entropy": lambda x: -sum(p * math.log(p) for p in x.value_counts(normalize=True)),
}
OF_TIME = ("count", "recency", "tenure", "mean_gap", "longest_gap", "gap_spread", "quantile")
OF_NOTHING = {"total": 0.0, "distinct": 0.0}


def usual_features(count: int) -> tuple[Any, ...]:
    """So many features of the catalogue, of words that pandas has in a line."""
    return tuple(one for one in CATALOGUE if all(map(_in_pandas, parts(one.formula))))[:count]


def _in_pandas(part: Any) -> bool:
    return isinstance(part, ApplicationValue) or part.word in {*WORDS, *OF_TIME}


def row(features: tuple[Any, ...], history: dict[str, list[dict[str, Any]]], as_of: pd.Timestamp) -> np.ndarray:
    """The features of one borrower, float64[1, features]."""
    reading = _Reading(history, as_of)
    return np.array([[_value(one.formula, reading) for one in features]])


class _Reading:
    """Tables as seen at as_of, oldest first, and what was picked of them."""

    def __init__(self, history: dict[str, list[dict[str, Any]]], as_of: pd.Timestamp) -> None:
        self.as_of = as_of
        self.tables = {name: _seen(name, rows, as_of) for name, rows in history.items() if rows}
        self.picked: dict[Any, Any] = {}
        self.windows: dict[Any, Any] = {}

    def events(self, selection: Any, days: int | None) -> pd.DataFrame:
        if (selection, days) not in self.windows:
            if selection not in self.picked:
                table = self.tables[selection.table]
                self.picked[selection] = table[_all(table, selection.conditions)] if selection.conditions else table
            events = self.picked[selection]
            first = 0 if days is None else int(np.searchsorted(-events["age"].to_numpy(), -days * DAY))
            self.windows[selection, days] = events.iloc[first:]
        return self.windows[selection, days]


def _seen(name: str, rows: list[dict[str, Any]], as_of: pd.Timestamp) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    for column in CONTRACT[name].columns:
        if column.name not in table:
            table[column.name] = column.default if column.kind == "category" else np.nan
    table = table[table["time"] < as_of].sort_values(["time", "event_id"])
    table["age"] = (as_of - table["time"]).dt.total_seconds()
    table["hour"], table["weekday"], table["day"] = (
        table["time"].dt.hour,
        table["time"].dt.weekday,
        table["time"].dt.floor("D"),
    )
    if name == "trips":
        table["lead_days"] = (table["departs_at"] - table["time"]).dt.total_seconds() / DAY
        table.loc[table["departs_at"] >= as_of, "status"] = None
    return _payments(table, as_of) if name == "obligations" else table


def _payments(table: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    paid = (table["paid_at"] < as_of).fillna(False)
    until = table["paid_at"].where(paid, as_of)
    late = np.floor((until - table["due_at"]).dt.total_seconds() / DAY).clip(lower=0)
    given = table["amount_due"].where(table["amount_paid"].isna(), table["amount_paid"]).where(paid, 0.0)
    return table.assign(
        paid=paid.astype(float),
        open=(~paid).astype(float),
        due=(table["due_at"] < as_of).astype(float),
        days_past_due=late,
        late=(late > 0).astype(float),
        amount_paid=given,
        amount_unpaid=(table["amount_due"] - given).clip(lower=0),
    )


def _all(table: pd.DataFrame, conditions: Any) -> Any:
    met = np.ones(len(table), bool)
    for condition in conditions:
        met = met & _met(table, condition)
    return met


def _met(table: pd.DataFrame, condition: Any) -> Any:
    if isinstance(condition, AllOf):
        return _all(table, condition.conditions)
    if isinstance(condition, AnyOf):
        return ~_all(table, [Not(one) for one in condition.conditions])
    if isinstance(condition, Not):
        return ~_met(table, condition.condition)
    values = table[condition.column]
    if isinstance(condition, OneOf):
        return values.isin(condition.values).to_numpy()
    low = -math.inf if condition.low is None else condition.low
    high = math.inf if condition.high is None else condition.high
    above, below = (values >= low).to_numpy(), (values < high).to_numpy()
    return above | below if condition.column in ("hour", "weekday") and low > high else above & below


def _value(formula: Any, reading: _Reading) -> float:
    if isinstance(formula, Quotient):
        top, bottom = _value(formula.numerator, reading), _value(formula.denominator, reading)
        return math.nan if bottom == 0 else top / bottom
    if isinstance(formula, Difference):
        return _value(formula.minuend, reading) - _value(formula.subtrahend, reading)
    if isinstance(formula, ApplicationValue) or formula.selection.table not in reading.tables:
        return math.nan
    return _aggregate(formula, reading.events(formula.selection, formula.days))


def _aggregate(formula: Aggregate, events: pd.DataFrame) -> float:
    if formula.word == "count":
        return float(len(events))
    if formula.column is None:
        return _of_time(formula.word, events["age"])
    values = events[formula.column].dropna()
    if not len(values):
        return OF_NOTHING.get(formula.word, math.nan)
    return float(values.quantile(formula.parameter) if formula.word == "quantile" else WORDS[formula.word](values))


def _of_time(word: str, age: pd.Series) -> float:
    if not len(age):
        return math.nan
    if word in ("recency", "tenure"):
        return float(age.iloc[-1 if word == "recency" else 0]) / DAY
    gaps = -age.diff().iloc[1:] / DAY
    plain = {"mean_gap": gaps.mean, "longest_gap": gaps.max, "gap_spread": gaps.std}
    return float(plain[word]()) if len(gaps) else math.nan
