"""The market's three years, month by month. Instants are UTC seconds; the borrowers' day is Shanghai's, UTC+8."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DAY = 86_400
LOCAL = 8 * 3_600
MONTH_STARTS: Ints = (
    np.arange("2023-01", "2026-02", dtype="datetime64[M]").astype("datetime64[s]").astype(np.int64) - LOCAL
)
MONTHS = len(MONTH_STARTS) - 1
START, END = int(MONTH_STARTS[0]), int(MONTH_STARTS[-1])
NEVER = 4 * END


def occasions(rng: np.random.Generator, rate: Floats) -> tuple[Ints, Ints]:
    """Poisson many events a borrower and month, for a rate of shape (borrowers, MONTHS): whose and in which month."""
    cells = np.repeat(np.arange(rate.size), rng.poisson(rate).ravel())
    return np.divmod(cells, MONTHS)


def moments(rng: np.random.Generator, month: Ints, night: Floats) -> Ints:
    """An instant in each month given, at night (23:00 to 05:00) with the probability given."""
    days = np.diff(MONTH_STARTS)[month] // DAY
    return MONTH_STARTS[month] + whole(rng.random(len(month)) * days) * DAY + time_of_day(rng, night)


def time_of_day(rng: np.random.Generator, night: Floats) -> Ints:
    """Seconds after local midnight: 23:00 to 05:00 with probability `night`, else mostly in the afternoon."""
    asleep = rng.random(len(night)) < night
    by_night = 23 + 6 * rng.random(len(night))
    by_day = 5 + 18 * rng.beta(2.4, 2.0, len(night))
    return whole(np.where(asleep, by_night, by_day) * 3_600) % DAY


def whole(value: npt.NDArray[Any]) -> Ints:
    """Whole numbers, what is behind the point cut off."""
    return value.astype(np.int64)


def month_of(time: Ints) -> Ints:
    """The month in which an instant falls; instants outside the three years belong to the nearest."""
    return np.clip(np.searchsorted(MONTH_STARTS, time, side="right") - 1, 0, MONTHS - 1)


def is_night(time: Ints) -> npt.NDArray[np.bool_]:
    """Whether it is between 23:00 and 05:00 in Shanghai."""
    hour = (time + LOCAL) % DAY // 3_600
    return (hour >= 23) | (hour < 5)
