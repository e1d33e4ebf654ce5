"""The words that need a window's events in the order of time: each a function of their ages and values, oldest first.

Integers up to the last division, so that a number is the same on every machine and hangs on its own window alone.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.features.columns import DAY, NEVER
from creditscore.features.wide import add, as_float, deviation, product, square
from creditscore.features.words import (
    BURSTINESS,
    CONCENTRATION,
    ENTROPY,
    FIRST,
    GAP_SPREAD,
    LONGEST_GAP,
    LONGEST_STREAK,
    MEAN_GAP,
    QUANTILE,
    REGULARITY,
    STREAK,
    TOP_SHARE,
    TREND,
)

Ints = npt.NDArray[np.int64]

_ZERO = np.uint64(0)
# ln 2 in two parts, the first with bits to spare, so that its multiples are exact.
_LN2, _LN2_REST = 0.693147180369123816490, 1.90821492927058770002e-10


@compiled
def word_of(word: int, events: Ints, length: int, scale: float, parameter: float) -> float:
    """The word's number of the events (their ages, their values) no older than `length` microseconds.

    NaN where it is missing, as without any event.
    """
    first = _first_within(events[0], length)
    ages, values = events[0, first:], events[1, first:]
    if len(ages) == 0:
        return np.nan
    if word in (MEAN_GAP, GAP_SPREAD, LONGEST_GAP, BURSTINESS):
        return _of_gaps(word, ages) / scale
    if word in (STREAK, LONGEST_STREAK):
        return float(_streak(values) if word == STREAK else _longest_streak(values))
    if word in (ENTROPY, CONCENTRATION, TOP_SHARE):
        return _of_shares(word, _counts(values))
    if word == REGULARITY:
        return _regularity(ages, _days(ages, length), int(parameter))
    if word == TREND:
        return _trend(ages, values) * DAY / scale
    if word == QUANTILE:
        return _quantile(values, parameter) / scale
    return values[0 if word == FIRST else -1] / scale


@compiled
def _first_within(ages: Ints, length: int) -> int:
    """Where the events no older than `length` begin; ages fall."""
    low, high = 0, len(ages)
    while low < high:
        middle = (low + high) // 2
        if ages[middle] > length:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _of_gaps(word: int, ages: Ints) -> float:
    """Of the time between each event and the next: mean, sample deviation, longest, or (s − m) / (s + m)."""
    n, span = len(ages) - 1, ages[0] - ages[-1]
    if n < (1 if word in (MEAN_GAP, LONGEST_GAP) else 2):
        return np.nan
    if word == MEAN_GAP:
        return span / n
    longest, high, low = 0, _ZERO, _ZERO
    for i in range(n):
        gap = ages[i] - ages[i + 1]
        longest = max(longest, gap)
        high, low = add(high, low, *square(gap))
    if word == LONGEST_GAP:
        return float(longest)
    s, m = deviation(n, span, high, low), span / n
    if word == GAP_SPREAD:
        return s
    return np.nan if s + m == 0.0 else (s - m) / (s + m)


@compiled
def _streak(values: Ints) -> int:
    """How many of the last values are 1 in a row."""
    n = 0
    while n < len(values) and values[-1 - n]:
        n += 1
    return n


@compiled
def _longest_streak(values: Ints) -> int:
    longest, n = 0, 0
    for value in values:
        n = n + 1 if value else 0
        longest = max(longest, n)
    return longest


@compiled
def _counts(codes: Ints) -> Ints:
    """How often each code occurs, none left out below the largest."""
    counts = np.zeros(codes.max() + 1, np.int64)
    for code in codes:
        counts[code] += 1
    return counts


@compiled
def _of_shares(word: int, counts: Ints) -> float:
    """Of shares p = count / N: Σ p ln(1/p), Σ p², or the largest."""
    total = counts.sum()
    if word == TOP_SHARE:
        return counts.max() / total
    if word == CONCENTRATION:
        return (counts * counts).sum() / (total * total)
    # How many codes occur so often, fewest first: which code it is must not matter.
    entropy, times = 0.0, np.zeros(counts.max() + 1, np.int64)
    for count in counts:
        times[count] += 1
    for count in range(1, len(times)):
        if times[count]:
            entropy += times[count] * count * logarithm(total / count)
    return entropy / total


@compiled
def logarithm(x: float) -> float:
    """ln x for x ≥ 1, by 2 artanh((m − 1) / (m + 1)) of the mantissa: libraries' differ in their last bits."""
    mantissa, exponent = math.frexp(x)
    if mantissa < 0.7071067811865476:
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    s = (mantissa - 1.0) / (mantissa + 1.0)
    series = 0.0
    for k in range(23, 1, -2):
        series = (series + 1.0 / k) * (s * s)
    return exponent * _LN2 + (2.0 * (s + s * series) + exponent * _LN2_REST)


@compiled
def _days(ages: Ints, length: int) -> int:
    """How many days a window has; the whole history's end with that of its first event."""
    return (ages[0] - 1) // DAY + 1 if length == NEVER else length // DAY


@compiled
def _regularity(ages: Ints, days: int, lag: int) -> float:
    """Autocorrelation of the daily counts x: Σ (xₜ − x̄)(xₜ₊ₗ − x̄) / Σ (xₜ − x̄)², each times days² and so an integer."""
    if days < 2 * lag:
        return np.nan
    daily = np.zeros(days, np.int64)
    for age in ages:
        daily[(age - 1) // DAY] += days
    daily -= len(ages)
    high, low, own_high, own_low = _ZERO, _ZERO, _ZERO, _ZERO
    for day in range(days):
        own_high, own_low = add(own_high, own_low, *square(daily[day]))
        if day + lag < days:
            high, low = add(high, low, *product(daily[day], daily[day + lag]))
    variation = as_float(own_high, own_low)
    return np.nan if variation == 0.0 else as_float(high, low) / variation


@compiled
def _trend(ages: Ints, values: Ints) -> float:
    """Least-squares slope per microsecond: Σ x y − Σx Σy / n over Σ x² − (Σx)² / n, near the means and so exact."""
    n = len(ages)
    if ages[0] == ages[-1]:
        return np.nan
    age, value = int(ages.mean()), values.sum() // n
    x_sum, y_sum = 0, 0
    high, low, own_high, own_low = _ZERO, _ZERO, _ZERO, _ZERO
    for i in range(n):
        x, y = age - ages[i], values[i] - value
        x_sum, y_sum = x_sum + x, y_sum + y
        high, low = add(high, low, *product(x, y))
        own_high, own_low = add(own_high, own_low, *square(x))
    covariation = as_float(high, low) - float(x_sum) * float(y_sum) / n
    return covariation / (as_float(own_high, own_low) - float(x_sum) * float(x_sum) / n)


@compiled
def _quantile(values: Ints, share: float) -> float:
    """Between order statistics, linearly: Hyndman and Fan's type 7."""
    place = (len(values) - 1) * share
    below = int(place)
    parted = values.copy()
    _part(parted, below)
    if below == len(values) - 1:
        return float(parted[below])
    return parted[below] + (place - below) * (parted[below + 1 :].min() - parted[below])


@compiled
def _part(values: Ints, k: int) -> None:
    """Put the k-th smallest in its place, none larger before and none smaller after it (Hoare 1961)."""
    first, last = 0, len(values) - 1
    while first < last:
        pivot = values[(first + last) // 2]
        i, j = first, last
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        if k <= j:
            last = j
        elif k >= i:
            first = i
        else:
            return
