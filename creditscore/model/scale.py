"""Margin → calibrated log-odds → PD, points and grade; points are affine in the margin, so that reasons stay exact."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Calibration:
    """Platt's calibration: log-odds of bad = intercept + slope · margin + shift of the absent families, with slope > 0.

    `shifts` has a number for each pattern of absent data families (`presence`), 0 where none is absent. Platt (1999),
    "Probabilistic outputs for support vector machines".
    """

    intercept: float
    slope: float
    shifts: tuple[float, ...] = (0.0,)

    def __call__(self, margin: Floats, absent: Ints) -> Floats:
        """Calibrated log-odds of bad, float64[rows], of margins and patterns of absent families, int64[rows]."""
        shift: Floats = self._shifts[absent]
        return self.intercept + self.slope * margin + shift

    @cached_property
    def _shifts(self) -> Floats:
        return np.asarray(self.shifts)


@dataclass(frozen=True)
class Scale:
    """Points from log-odds of bad: `base_points` at `good_bad_odds`, and `pdo` points double the odds of good.

    points = offset − factor · log-odds of bad, factor = pdo / ln 2, offset = base_points − factor · ln(good_bad_odds)
    (Siddiqi, Credit Risk Scorecards, 2006). Points given out are rounded and clipped to lowest … highest.

    >>> scale = Scale(base_points=600, good_bad_odds=20, pdo=40, lowest=300, highest=900)
    >>> round(float(scale.points(np.log(1 / 20))), 9), round(float(scale.points(np.log(1 / 40))), 9)
    (600.0, 640.0)
    """

    base_points: float
    good_bad_odds: float
    pdo: float
    lowest: int
    highest: int

    @property
    def factor(self) -> float:
        return self.pdo / math.log(2)

    @property
    def offset(self) -> float:
        return self.base_points - self.factor * math.log(self.good_bad_odds)

    def points(self, log_odds: Floats) -> Floats:
        """Unrounded points."""
        return self.offset - self.factor * log_odds

    def given(self, points: Floats) -> npt.NDArray[np.int64]:
        """Points as given out: rounded half to even, clipped to the range."""
        return np.minimum(np.maximum(np.rint(points), self.lowest), self.highest).astype(np.int64)


def probability(log_odds: Floats) -> Floats:
    """PD = 1 / (1 + exp(−log-odds)), without overflow.

    >>> probability(np.array([0.0, 800.0, -800.0])).tolist()
    [0.5, 1.0, 0.0]
    """
    small = np.exp(-abs(log_odds))
    found: Floats = np.where(log_odds >= 0, 1.0, small) / (1 + small)
    return found


@dataclass(frozen=True)
class MasterScale:
    """Grades by PD: a PD up to and including `upper[i]` has grade `names[i]`; the last grade has no upper end.

    >>> MASTER_SCALE.grade(np.array([0.0004, 0.03, 0.7])).tolist()
    ['A1', 'B2', 'E']
    """

    names: tuple[str, ...]
    upper: tuple[float, ...]

    def grade(self, pd: Floats) -> npt.NDArray[np.str_]:
        """The grade of each PD."""
        return self._names[self._upper.searchsorted(pd, side="left")]

    @cached_property
    def _names(self) -> npt.NDArray[np.str_]:
        return np.asarray(self.names)

    @cached_property
    def _upper(self) -> Floats:
        return np.asarray(self.upper)


MASTER_SCALE = MasterScale(
    names=("A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "D", "E"),
    upper=(0.0025, 0.005, 0.01, 0.02, 0.04, 0.07, 0.12, 0.20, 0.35),
)
