"""The vocabulary that features are written in.

A selection picks events (`transactions.where(kind="purchase")`), a measure reads a column of it (`purchases.amount`),
and a word (`total`, `share`, …) makes features of them, one for each window of days before the decision:

>>> purchases = transactions.where(kind="purchase", status="completed")
>>> [feature.name for feature in total(purchases.amount, days=(30, 90))]
['purchase_completed_amount_total_30d', 'purchase_completed_amount_total_90d']

A window of `days` holds the events with as_of − days · 24 h <= time < as_of; `"all"` the whole history. In a table with
at least one event before `as_of`, a count or total of nothing is 0 and anything else of nothing is missing; in a table
without any, every feature is missing.

`changeable=True` (or the windows in which, as `changeable=(90, 365)`) declares what people can do something about
from now on, and so what a counterfactual may change. The catalogue declares the loan asked for, what is owed, late or
overdue, the money in the account, spending and cash, and on how many days an account is used. It does not declare
income, which nobody raises at will; how long and how broadly a borrower is known; anything over the whole history,
which cannot be undone; refunds, which are a right; nor what would tell people how to live: what they buy, when, and
where they travel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Literal

from creditscore.errors import FeatureError
from creditscore.events.schema import APPLICATIONS
from creditscore.features.formula import (
    Aggregate,
    ApplicationValue,
    Difference,
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
        if column == "platform":
            raise FeatureError("applications.platform says who supplied it, which no feature may read; leave it out")
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
    return of_events("count", selection, days, "events", about)


def total(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The sum of a number."""
    return of_number("total", measure, days, about)


def mean(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The arithmetic mean of a number."""
    return of_number("mean", measure, days, about)


def spread(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The sample standard deviation of a number, missing below two events."""
    return of_number("spread", measure, days, about)


def smallest(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The least of a number."""
    return of_number("smallest", measure, days, about)


def largest(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The greatest of a number."""
    return of_number("largest", measure, days, about)


def radius(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The root mean square of a number, √(Σ x² / n): how far from 0 it typically is."""
    return of_number("radius", measure, days, about)


def median(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The middle of a number, or the mean of the two in the middle."""
    return of_number("quantile", measure, days, about, parameter=0.5, called="median")


def quantile(measure: Measure, *, q: float, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The number below which a share q of the values lies, linearly between order statistics: with h = (n − 1) q,
    x₍⌊h⌋₎ + (h − ⌊h⌋)(x₍⌊h⌋₊₁₎ − x₍⌊h⌋₎) (Hyndman and Fan 1996, type 7).

    >>> [feature.name for feature in quantile(transactions.amount, q=0.9, days=30)]
    ['transactions_amount_q90_30d']
    """
    if isinstance(q, bool) or not isinstance(q, (int, float)) or not 0 <= q <= 1:
        raise FeatureError(f"quantile() takes a share q from 0 to 1, as q=0.9; got {q!r:.80}")
    return of_number("quantile", measure, days, about, parameter=float(q), called=f"q{100 * q:g}")


def distinct(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """How many different values a category has; missing values are not counted."""
    return _of_category("distinct", measure, days, "different", about)


def entropy(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """How evenly events spread over a category's values: Σ p ln(1/p) of their shares p, in nats (Shannon 1948).

    Missing values are left out; 0 where all are one, missing where none is known.
    """
    return _of_category("entropy", measure, days, "nats", about)


def concentration(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """How much events keep to few of a category's values: Σ p² of their shares p (Herfindahl 1950).

    Missing values are left out; 1 where all are one, missing where none is known.
    """
    return _of_category("concentration", measure, days, "share", about)


def top_share(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The share of a category's most frequent value among those known; missing where none is."""
    return _of_category("top_share", measure, days, "share", about)


def recency(selection: Selection, *, days: Days | Iterable[Days] = "all", **about: Any) -> tuple[Feature, ...]:
    """Days from the last event to the decision."""
    return of_events("recency", selection, days, "days", about)


def tenure(selection: Selection, *, days: Days | Iterable[Days] = "all", **about: Any) -> tuple[Feature, ...]:
    """Days from the first event to the decision."""
    return of_events("tenure", selection, days, "days", about)


def share(
    part: Selection | Measure, *, of: Selection | Measure, days: Days | Iterable[Days], **about: Any
) -> tuple[Feature, ...]:
    """The part's count (or, of measures, its total) over the whole's, in the same window."""
    word: Any = count if isinstance(part, Selection) else total
    if type(part) is not type(of):
        raise FeatureError("share() takes two selections (events) or two measures (sums), not one of each")
    about.setdefault("name", f"{source_label(part)}_share")
    return ratio(word(part, days=days), word(of, days=days), unit="share", **about)


def ratio(numerator: tuple[Feature, ...], denominator: tuple[Feature, ...], **about: Any) -> tuple[Feature, ...]:
    """One feature over another, window by window where both have several; missing where the denominator is 0."""
    return _paired(Quotient, "per", numerator, denominator, {"unit": "ratio", **about})


def difference(minuend: tuple[Feature, ...], subtrahend: tuple[Feature, ...], **about: Any) -> tuple[Feature, ...]:
    """One feature less another, window by window where both have several; missing where either is."""
    unit = minuend[0].unit if minuend else ""
    return _paired(Difference, "less", minuend, subtrahend, {"unit": unit, **about})


def change(recent: tuple[Feature, ...], longer: tuple[Feature, ...], **about: Any) -> tuple[Feature, ...]:
    """A count or total of a shorter window over that of the longer one's part before it: recent / (longer − recent).

    Missing where that part is 0. Raises FeatureError where the first window is not the shorter one.

    >>> month, quarter = count(transactions, days=30), count(transactions, days=90)
    >>> [feature.name for feature in change(month, quarter, name="activity_change")]
    ['activity_change']
    """
    return _paired(_change, "over_earlier", recent, longer, {"unit": "ratio", **about})


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


def of_number(
    word: str,
    measure: Measure,
    days: Days | Iterable[Days],
    about: dict[str, Any],
    per: str = "",
    called: str | None = None,
    parameter: float | None = None,
) -> tuple[Feature, ...]:
    """A word of a number, in the number's unit (`per` a time); `called` so in its name."""
    must_be(Measure, measure, f"{called or word}(purchases.amount)")
    column = readable(measure.selection.table, measure.column)
    if column.kind == "code":
        raise FeatureError(f"{word}() needs a number; '{measure.column}' is a category: use distinct() or count()")
    name = f"{measure.selection.label}_{measure.column}_{called or word}"
    made = Aggregate(word, measure.selection, measure.column, None, parameter)
    return of_windows(made, days, {"unit": column.unit + per, "name": name, **about})


def _of_category(
    word: str, measure: Measure, days: Days | Iterable[Days], unit: str, about: dict[str, Any]
) -> tuple[Feature, ...]:
    must_be(Measure, measure, f"{word}(purchases.merchant_id)")
    if readable(measure.selection.table, measure.column).kind != "code" or measure.column == "status":
        raise FeatureError(f"{word}() counts categories; '{measure.column}' is a number or a status")
    name = f"{measure.selection.label}_{measure.column}_{word}"
    return of_windows(
        Aggregate(word, measure.selection, measure.column, None), days, {"unit": unit, "name": name, **about}
    )


def of_events(
    word: str, selection: Selection, days: Days | Iterable[Days], unit: str, about: dict[str, Any],
    parameter: float | None = None,
) -> tuple[Feature, ...]:  # fmt: skip
    """A word of the events themselves."""
    must_be(Selection, selection, f"{word}(purchases)")
    made = Aggregate(word, selection, None, None, parameter)
    called = word if parameter is None else f"{word}_{parameter:g}"
    return of_windows(made, days, {"unit": unit, "name": f"{selection.label}_{called}", **about})


def of_windows(made: Aggregate, days: Days | Iterable[Days], about: dict[str, Any]) -> tuple[Feature, ...]:
    """The aggregate in each of the windows; `about` has its name."""
    name = about.pop("name")
    formulas = [replace(made, days=window) for window in windows_of(days)]
    return tuple(described(name + _suffix(formula), formula, about) for formula in formulas)


def _paired(
    combine: Callable[[Formula, Formula], Formula],
    joint: str,
    left: tuple[Feature, ...],
    right: tuple[Feature, ...],
    about: dict[str, Any],
) -> tuple[Feature, ...]:
    """Two groups of features combined one by one, or a lone one with each of the others."""
    if len(left) != len(right) and 1 not in (len(left), len(right)):
        raise FeatureError(f"{len(left)} windows do not pair with {len(right)}: give equally many, or one")
    width = max(len(left), len(right))
    pairs = zip(left * (width // len(left)), right * (width // len(right)), strict=True)
    name = about.pop("name", None)
    features = []
    for one, other in pairs:
        formula = combine(one.formula, other.formula)
        called = f"{one.name}_{joint}_{other.name}" if name is None else _pair_name(name, formula, width)
        features.append(described(called, formula, about))
    return tuple(features)


def _change(recent: Formula, longer: Formula) -> Quotient:
    days, until = window(recent), window(longer)
    if days is None or (until is not None and until <= days):
        raise FeatureError("change() takes the shorter window first, as change(count(trips, days=30), …days=90)")
    return Quotient(recent, Difference(longer, recent))


def must_be(wanted: type, given: object, example: str) -> None:
    """Raise FeatureError where a selection is given for a measure, or the other way round."""
    if not isinstance(given, wanted):
        what = "a column" if wanted is Measure else "a selection of events"
        raise FeatureError(f"expected {what}, as in {example}, got {type(given).__name__}")


def described(name: str, formula: Formula, about: dict[str, Any]) -> Feature:
    """The feature of that formula, its wording completed with its window."""
    unknown = set(about) - {"reason", "riskier", "unit", "en", "zh", "changeable"}
    if unknown:
        raise FeatureError(
            f"feature '{name}': unknown argument '{min(unknown)}'; known are reason, riskier, changeable, en, zh"
        )
    if about.get("riskier") not in (None, "higher", "lower"):
        raise FeatureError(f"feature '{name}': riskier is 'higher', 'lower' or None, got {about['riskier']!r}")
    english, chinese = period(formula)
    wording = {"en": about.get("en", "").format(period=english), "zh": about.get("zh", "").format(period=chinese)}
    changeable = _changeable(name, formula, about.get("changeable", False))
    return Feature(name, formula, **{**about, **wording, "changeable": changeable})


def _changeable(name: str, formula: Formula, wanted: Any) -> bool:
    """Whether people can do something about it: True or False, or the windows in which."""
    if isinstance(wanted, bool):
        return wanted
    try:
        return window(formula) in windows_of(wanted)
    except (FeatureError, TypeError):
        raise FeatureError(
            f"feature '{name}': changeable is True, False or windows, as (90, 365); got {wanted!r:.80}"
        ) from None


def _suffix(formula: Formula) -> str:
    """The window, which the name of the time since an event does without where it is the whole history."""
    days = window(formula)
    if days is None:
        return "" if isinstance(formula, Aggregate) and formula.word in ("recency", "tenure") else "_all"
    return f"_{days}d"


def _pair_name(name: str, formula: Formula, width: int) -> str:
    """A given name stands alone for a pair of different windows or of whole histories, else with its window."""
    windows = [part.days for part in parts(formula) if not isinstance(part, ApplicationValue)]
    alone = width == 1 and (len(windows) < 2 or len(set(windows)) > 1 or windows[0] is None)
    return name if alone else name + _suffix(formula)


def windows_of(days: Days | Iterable[Days]) -> list[int | None]:
    """The windows asked for, None for the whole history; FeatureError for what is no number of days."""
    wanted = list(days) if isinstance(days, Iterable) and not isinstance(days, str) else [days]
    if not wanted:
        raise FeatureError('days is empty; give at least one number of days, or "all"')
    for one in wanted:
        if one != "all" and not (type(one) is int and 0 < one <= 36_500):
            raise FeatureError(f'days are whole numbers from 1 to 36500, or "all"; got {one!r}')
    return [None if one == "all" else int(one) for one in wanted]


def source_label(part: Selection | Measure) -> str:
    """What names call a selection or measure."""
    return part.label if isinstance(part, Selection) else f"{part.selection.label}_{part.column}"
