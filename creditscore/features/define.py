"""The vocabulary that features are written in.

A selection picks events (`transactions.where(kind="purchase")`), a measure reads a column of it (`purchases.amount`),
and a word (`total`, `share`, …) makes features of them, one for each window of days before the decision:

>>> purchases = transactions.where(kind="purchase", status="completed")
>>> [feature.name for feature in total(purchases.amount, days=(30, 90))]
['purchase_completed_amount_total_30d', 'purchase_completed_amount_total_90d']

A window of `days` holds the events with as_of − days · 24 h <= time < as_of; `"all"` the whole history. In a table with
at least one event before `as_of`, a count or total of nothing is 0 and anything else of nothing is missing; in a table
without any, every feature is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from creditscore.errors import FeatureError
from creditscore.events.schema import APPLICATIONS
from creditscore.features.formula import (
    Aggregate,
    ApplicationValue,
    Feature,
    Formula,
    Measure,
    Quotient,
    Selection,
    parts,
    period,
    readable,
    window,
)

Days = int | Literal["all"]


class _Applications:
    """`applications.amount` and the like: columns of the application itself, for `value` and `ratio`."""

    def __getattr__(self, column: str) -> tuple[Feature, ...]:
        if column.startswith("__"):
            raise AttributeError(column)
        known = APPLICATIONS.by_name.get(column)
        if known is not None and known.kind not in ("fixed", "number"):
            raise FeatureError(f"applications.{column} is no number of the application; a feature cannot read it")
        unit = "money" if known is not None and known.kind == "fixed" else ""
        return (Feature(column, ApplicationValue(column), unit=unit),)


transactions = Selection("transactions")
trips = Selection("trips")
obligations = Selection("obligations")
applications = _Applications()


def count(selection: Selection, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """How many events."""
    return _windows("count", selection, None, days, "events", about)


def total(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The sum of a number."""
    return _of_number("total", measure, days, about)


def mean(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The arithmetic mean of a number."""
    return _of_number("mean", measure, days, about)


def spread(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The sample standard deviation of a number, missing below two events."""
    return _of_number("spread", measure, days, about)


def smallest(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The least of a number."""
    return _of_number("smallest", measure, days, about)


def largest(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The greatest of a number."""
    return _of_number("largest", measure, days, about)


def distinct(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """How many different values a category has; missing values are not counted."""
    _must_be(Measure, measure, "distinct(purchases.merchant_id)")
    if readable(measure.selection.table, measure.column).kind != "code" or measure.column == "status":
        raise FeatureError(f"distinct() counts categories; '{measure.column}' is a number or a status")
    return _windows("distinct", measure.selection, measure.column, days, "different", about)


def recency(selection: Selection, *, days: Days | Iterable[Days] = "all", **about: Any) -> tuple[Feature, ...]:
    """Days from the last event to the decision."""
    return _windows("recency", selection, None, days, "days", about)


def tenure(selection: Selection, *, days: Days | Iterable[Days] = "all", **about: Any) -> tuple[Feature, ...]:
    """Days from the first event to the decision."""
    return _windows("tenure", selection, None, days, "days", about)


def share(
    part: Selection | Measure, *, of: Selection | Measure, days: Days | Iterable[Days], **about: Any
) -> tuple[Feature, ...]:
    """The part's count (or, of measures, its total) over the whole's, in the same window."""
    word: Any = count if isinstance(part, Selection) else total
    if type(part) is not type(of):
        raise FeatureError("share() takes two selections (events) or two measures (sums), not one of each")
    about.setdefault("name", f"{_source(part)}_share")
    return ratio(word(part, days=days), word(of, days=days), unit="share", **about)


def ratio(numerator: tuple[Feature, ...], denominator: tuple[Feature, ...], **about: Any) -> tuple[Feature, ...]:
    """One feature over another, window by window where both have several; missing where the denominator is 0."""
    if len(numerator) != len(denominator) and 1 not in (len(numerator), len(denominator)):
        raise FeatureError(f"ratio() of {len(numerator)} windows by {len(denominator)}: give equally many, or one")
    width = max(len(numerator), len(denominator))
    pairs = zip(numerator * (width // len(numerator)), denominator * (width // len(denominator)), strict=True)
    name = about.pop("name", None)
    about.setdefault("unit", "ratio")
    return tuple(
        described(_ratio_name(name, top, bottom, width), Quotient(top.formula, bottom.formula), about)
        for top, bottom in pairs
    )


def value(of_application: tuple[Feature, ...], **about: Any) -> tuple[Feature, ...]:
    """A number of the application itself, as it is."""
    (known,) = of_application
    about.setdefault("unit", known.unit)
    return (described(about.pop("name", f"application_{known.name}"), known.formula, about),)


def flatten(features: Any) -> tuple[Feature, ...]:
    """Features out of any nesting of lists and tuples of them, in order.

    Raises FeatureError where two have one name, or something is no feature.
    """
    found = tuple(_flat(features))
    names = [feature.name for feature in found]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise FeatureError(f"{len(twice)} feature names are given twice, as '{twice[0]}'; give each its own name=")
    return found


def _flat(features: Any) -> Iterator[Feature]:
    if isinstance(features, Feature):
        yield features
    elif isinstance(features, (list, tuple)):
        for item in features:
            yield from _flat(item)
    else:
        raise FeatureError(f"expected features, got {type(features).__name__}; use count(), total(), @feature …")


def _of_number(word: str, measure: Measure, days: Days | Iterable[Days], about: dict[str, Any]) -> tuple[Feature, ...]:
    _must_be(Measure, measure, f"{word}(purchases.amount)")
    column = readable(measure.selection.table, measure.column)
    if column.kind == "code":
        raise FeatureError(f"{word}() needs a number; '{measure.column}' is a category: use distinct() or count()")
    return _windows(word, measure.selection, measure.column, days, column.unit, about)


def _windows(
    word: str,
    selection: Selection,
    column: str | None,
    days: Days | Iterable[Days],
    unit: str,
    about: dict[str, Any],
) -> tuple[Feature, ...]:
    _must_be(Selection, selection, f"{word}(purchases)")
    about.setdefault("unit", unit)
    name = about.pop("name", None) or "_".join(filter(None, (selection.label, column, word)))
    formulas = [Aggregate(word, selection, column, window) for window in windows_of(days)]
    return tuple(described(name + _suffix(formula), formula, about) for formula in formulas)


def _must_be(wanted: type, given: object, example: str) -> None:
    if not isinstance(given, wanted):
        what = "a column" if wanted is Measure else "a selection of events"
        raise FeatureError(f"expected {what}, as in {example}, got {type(given).__name__}")


def described(name: str, formula: Formula, about: dict[str, Any]) -> Feature:
    """The feature of that formula, its wording completed with its window."""
    unknown = set(about) - {"reason", "riskier", "unit", "en", "zh"}
    if unknown:
        raise FeatureError(f"feature '{name}': unknown argument '{min(unknown)}'; known are reason, riskier, en, zh")
    if about.get("riskier") not in (None, "higher", "lower"):
        raise FeatureError(f"feature '{name}': riskier is 'higher', 'lower' or None, got {about['riskier']!r}")
    english, chinese = period(formula)
    wording = {"en": about.get("en", "").format(period=english), "zh": about.get("zh", "").format(period=chinese)}
    return Feature(name, formula, **{**about, **wording})


def _suffix(formula: Formula) -> str:
    """The window, which the name of the time since an event does without where it is the whole history."""
    days = window(formula)
    if days is None:
        return "" if isinstance(formula, Aggregate) and formula.word in ("recency", "tenure") else "_all"
    return f"_{days}d"


def _ratio_name(name: str | None, top: Feature, bottom: Feature, width: int) -> str:
    """A given name stands alone for a pair of different windows or of whole histories, else with its window."""
    if name is None:
        return f"{top.name}_per_{bottom.name}"
    windows = [
        part.days for part in parts(Quotient(top.formula, bottom.formula)) if not isinstance(part, ApplicationValue)
    ]
    alone = width == 1 and (len(windows) < 2 or len(set(windows)) > 1 or windows[0] is None)
    return name if alone else name + _suffix(Quotient(top.formula, bottom.formula))


def windows_of(days: Days | Iterable[Days]) -> list[int | None]:
    """The windows asked for, None for the whole history; FeatureError for what is no number of days."""
    wanted = list(days) if isinstance(days, Iterable) and not isinstance(days, str) else [days]
    if not wanted:
        raise FeatureError('days is empty; give at least one number of days, or "all"')
    for one in wanted:
        if one != "all" and not (type(one) is int and 0 < one <= 36_500):
            raise FeatureError(f'days are whole numbers from 1 to 36500, or "all"; got {one!r}')
    return [None if one == "all" else int(one) for one in wanted]


def _source(part: Selection | Measure) -> str:
    return part.label if isinstance(part, Selection) else f"{part.selection.label}_{part.column}"
