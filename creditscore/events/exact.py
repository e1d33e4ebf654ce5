"""Numbers → fixed point in one pass, and which of them cannot be had so."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.uint8]


# A missing number, among int64.
MISSING = -(2**63)


class State(IntEnum):
    """What a number is; those that are not GOOD come out as 0, but for ties, which are rounded apart."""

    GOOD, NOT_A_NUMBER, INFINITE, BELOW_ZERO, BEYOND, NEAR_TIE = range(6)


_NAN, _INFINITE, _BELOW, _BEYOND, _TIE = (int(state) for state in list(State)[1:])


def fixed_point(numbers: Floats, decimals: int, limit: float, signed: bool) -> tuple[Ints, States]:
    """Numbers as integers of 10^−decimals, half to even, of the shortest decimal that reads as the number given
    (0.575 is a tie, not below one), and the state of each.
    """
    whole, states = _fixed_point(numbers, 10.0**decimals, limit, signed)
    if not np.count_nonzero(states):
        return whole, states
    # The product may miss a tie by its own rounding error; those few are rounded as the decimals they are.
    unit = Decimal(1).scaleb(-decimals)
    for i in np.flatnonzero(states == State.NEAR_TIE):
        exact = Decimal(repr(float(numbers[i]))).quantize(unit, ROUND_HALF_EVEN)
        whole[i], states[i] = int(exact.scaleb(decimals)), State.GOOD
    return whole, states


@compiled
def _fixed_point(numbers: Floats, scale: float, limit: float, signed: bool) -> tuple[Ints, States]:
    whole, states = np.zeros(len(numbers), np.int64), np.zeros(len(numbers), np.uint8)
    for i in range(len(numbers)):
        x = numbers[i]
        if np.isnan(x):
            states[i] = _NAN
        elif np.isinf(x):
            states[i] = _INFINITE
        elif x < 0 and not signed:
            states[i] = _BELOW
        elif abs(x) > limit:
            states[i] = _BEYOND
        else:
            scaled = x * scale
            whole[i] = np.int64(np.rint(scaled))
            part = abs(scaled - np.trunc(scaled))
            if abs(part - 0.5) <= 1e-9 + 2.0**-51 * abs(scaled):
                states[i] = _TIE
    return whole, states
