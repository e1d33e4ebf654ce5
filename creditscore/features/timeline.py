"""The words of how events follow one another: trends, pauses, streaks, regularity, the first and the last.

Events stand in the order of time, those of one instant in the order of their ids. A trip's time is when it was booked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from creditscore.errors import FeatureError
from creditscore.features.define import Days, must_be, of_events, of_number, of_windows
from creditscore.features.formula import Aggregate, Feature, Measure, Selection


def first(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The number of the window's first event that has it."""
    return of_number("first", measure, days, about)


def last(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The number of the window's last event that has it."""
    return of_number("last", measure, days, about)


def trend(measure: Measure, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """By how much a number grows a day: the least-squares slope over time, Σ (t − t̄)(x − x̄) / Σ (t − t̄)².

    Missing below two events, and where all are at one instant.
    """
    return of_number("trend", measure, days, about, per=" a day")


def mean_gap(selection: Selection, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The mean of the days between an event and the next; missing below two events."""
    return of_events("mean_gap", selection, days, "days", about)


def gap_spread(selection: Selection, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The sample standard deviation of the days between an event and the next; missing below three events."""
    return of_events("gap_spread", selection, days, "days", about)


def longest_gap(selection: Selection, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The most days between an event and the next; missing below two events."""
    return of_events("longest_gap", selection, days, "days", about)


def burstiness(selection: Selection, *, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """Whether events come in bursts: (s − m) / (s + m) of the gaps' mean m and sample standard deviation s.

    −1 like clockwork, 0 at random, towards 1 in bursts (Goh and Barabási 2008, "Burstiness and memory in complex
    systems"). Missing below three events, and where all are at one instant.
    """
    return of_events("burstiness", selection, days, "index", about)


def streak(part: Selection, *, of: Selection, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """How many of the latest events of `of`, counted back from the last, are in `part` without a break.

    0 where the last is not; missing where `of` has no event in the window.

    >>> bills = Selection("obligations").where(kind="bill")
    >>> [feature.name for feature in streak(bills.where(late=False), of=bills, days=365)]
    ['bill_late_0_to_1_streak_365d']
    """
    return _of_streak("streak", part, of, days, about)


def longest_streak(part: Selection, *, of: Selection, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """The most events of `of` one after another that are in `part`; missing where `of` has none in the window."""
    return _of_streak("longest_streak", part, of, days, about)


def regularity(selection: Selection, *, lag: int = 7, days: Days | Iterable[Days], **about: Any) -> tuple[Feature, ...]:
    """Whether events return every `lag` days: the autocorrelation of the daily counts x at that lag,
    Σₜ (xₜ − x̄)(xₜ₊ₗ − x̄) / Σₜ (xₜ − x̄)² (Box and Jenkins 1976).

    A day is 24 hours, counted back from the decision; the window's days, of the whole history those up to the first
    event. Missing below 2 · lag days, and where all days are alike.
    """
    if type(lag) is not int or not 0 < lag <= 36_500:
        raise FeatureError(f"regularity() takes a lag of whole days, from 1 to 36500; got {lag!r:.80}")
    return of_events("regularity", selection, days, "correlation", about, parameter=lag)


def _of_streak(
    word: str, part: Selection, of: Selection, days: Days | Iterable[Days], about: dict[str, Any]
) -> tuple[Feature, ...]:
    for selection in (part, of):
        must_be(Selection, selection, f"{word}(purchases.where(status='failed'), of=purchases)")
    if part.table != of.table:
        raise FeatureError(f"{word}() takes two selections of one table, got {part.table} and {of.table}")
    made = Aggregate(word, of, None, None, part=part)
    return of_windows(made, days, {"unit": "events", "name": f"{part.label}_{word}", **about})
