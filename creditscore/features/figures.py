"""What a row of features tells of the figures behind them: of a late share of .2 and 2 late payments, that 10 were due.

Where a ratio's parts are not known but for their ratio, the denominator is called 1: so parts of one whole can still be
told to add up, and shares of 0 to be of nothing. Such figures have a unit of their own and are compared only with those
of the same unit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.features.consistency import DIFFERENCE, QUOTIENT, Relations

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Units: not known, as it is, and from 1 on those of their own.
UNKNOWN, PLAIN = -1, 0
# Figures that differ by less, relatively, are equal but for rounding.
CLOSE = 1e-9
_NEARLY = 1e-4


def figures_of(relations: Relations, X: Floats) -> tuple[Floats, Ints]:
    """The figures of each row of X, float64[rows, features], as far as its features tell them, and their units.

    Both are [rows, figures]; a figure that is missing or cannot be told is NaN, of the unit −1.
    """
    shape = (len(X), len(relations.figures))
    values, units = np.full(shape, np.nan), np.full(shape, UNKNOWN, np.int64)
    values[:, relations.figure_of] = X
    units[:, relations.figure_of] = np.where(np.isnan(X), UNKNOWN, PLAIN)
    missing = np.zeros(shape, np.bool_)
    missing[:, relations.figure_of] = np.isnan(X)
    _tell(relations.made, relations.step, relations.never_below_zero, missing, values, units)
    return values, units


@compiled
def _tell(
    made: Ints,
    step: Floats,
    never_below_zero: npt.NDArray[np.bool_],
    missing: npt.NDArray[np.bool_],
    values: Floats,
    units: Ints,
) -> None:
    """Fill in what follows from what is known, until nothing more does."""
    for row in range(len(values)):
        value, unit, own_units = values[row], units[row], 0
        while True:
            if _fill(made, step, missing[row], value, unit) or _measure(made, step, value, unit):
                continue
            ratio = _lone_ratio(made, never_below_zero, missing[row], unit)
            if ratio < 0:
                break
            own_units += 1
            value[made[ratio, 3]], unit[made[ratio, 3]] = 1.0, own_units


@compiled
def _measure(made: Ints, step: Floats, value: Floats, unit: Ints) -> bool:
    """Tell one unit of its own by a plain difference between two figures in it; say whether there was one."""
    for m in range(len(made)):
        operation, whole, first, second = made[m]
        own = unit[first]
        if operation == DIFFERENCE and unit[whole] == PLAIN and own > PLAIN and own == unit[second]:
            apart = value[first] - value[second]
            if apart != 0.0 and value[whole] / apart > 0.0:
                scale = value[whole] / apart
                for figure in range(len(value)):
                    if unit[figure] == own:
                        value[figure], unit[figure] = _on_step(value[figure] * scale, step[figure]), PLAIN
                return True
    return False


@compiled
def _on_step(number: float, step: float) -> float:
    """The step that a number lies next to, but for rounding; else the number."""
    steps = number * step
    return np.rint(steps) / step if step > 0.0 and abs(steps - np.rint(steps)) < _NEARLY else number


@compiled
def _lone_ratio(made: Ints, never_below_zero: npt.NDArray[np.bool_], missing: npt.NDArray[np.bool_], unit: Ints) -> int:
    """The first known quotient of which neither part is."""
    for m in range(len(made)):
        operation, whole, first, second = made[m]
        unknown = unit[first] == UNKNOWN and unit[second] == UNKNOWN and not (missing[first] or missing[second])
        if operation == QUOTIENT and unit[whole] == PLAIN and unknown and never_below_zero[second]:
            return m
    return -1


@compiled
def _fill(made: Ints, step: Floats, missing: npt.NDArray[np.bool_], value: Floats, unit: Ints) -> bool:
    """Tell each figure of which the other two of a relation are known; say whether any was."""
    found = False
    for m in range(len(made)):
        operation, whole, first, second = made[m]
        unknown = (unit[whole] == UNKNOWN) + (unit[first] == UNKNOWN) + (unit[second] == UNKNOWN)
        if unknown == 1:
            if operation == DIFFERENCE:
                found |= _fill_difference(step, missing, value, unit, whole, first, second)
            else:
                found |= _fill_quotient(step, missing, value, unit, whole, first, second)
    return found


@compiled
def _fill_quotient(
    step: Floats,
    missing: npt.NDArray[np.bool_],
    value: Floats,
    unit: Ints,
    whole: int,
    first: int,
    second: int,
) -> bool:
    if unit[whole] == UNKNOWN:
        if value[second] == 0.0 or (unit[first] != unit[second] and unit[second] != PLAIN):
            return False
        own = PLAIN if unit[first] == unit[second] else unit[first]
        return _set(step, missing, value, unit, whole, value[first] / value[second], own)
    if unit[whole] != PLAIN:
        return False
    if unit[first] == UNKNOWN:
        return _set(step, missing, value, unit, first, value[whole] * value[second], unit[second])
    if value[whole] == 0.0:
        return False
    return _set(step, missing, value, unit, second, value[first] / value[whole], unit[first])


@compiled
def _fill_difference(
    step: Floats,
    missing: npt.NDArray[np.bool_],
    value: Floats,
    unit: Ints,
    whole: int,
    first: int,
    second: int,
) -> bool:
    if unit[whole] == UNKNOWN:
        same = unit[first] == unit[second]
        return same and _set(step, missing, value, unit, whole, value[first] - value[second], unit[first])
    if unit[first] == UNKNOWN:
        same = unit[whole] == unit[second]
        return same and _set(step, missing, value, unit, first, value[whole] + value[second], unit[second])
    same = unit[whole] == unit[first]
    return same and _set(step, missing, value, unit, second, value[first] - value[whole], unit[first])


@compiled
def _set(
    step: Floats,
    missing: npt.NDArray[np.bool_],
    value: Floats,
    unit: Ints,
    figure: int,
    number: float,
    own: int,
) -> bool:
    """Take down a number that was told; not where the figure is missing."""
    if missing[figure]:
        return False
    value[figure], unit[figure] = _on_step(number, step[figure]) if own == PLAIN else number, own
    return True
