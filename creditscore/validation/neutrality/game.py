"""What each player of a game is worth: Shapley's value, over all coalitions or over drawn orders of joining."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial, fsum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# A coalition's figures, by its members as bits: player i is 1 << i. Of nobody they are 0.
Value = Callable[[int], Floats]

# Of more players all coalitions would be too many.
EXACT_UP_TO = 8
PAIRS = 40


@dataclass(frozen=True)
class Worth:
    """Each player's share of what all together are worth, float64[players, figures]; a column sums to the whole's.

    `error` is the standard error of having drawn orders, 0 where all coalitions were taken.
    """

    value: Floats
    error: Floats


def shapley(players: int, value: Value, *, pairs: int = PAIRS, seed: int = 1) -> Worth:
    """Each player's mean marginal contribution over all orders of joining (Shapley 1953, "A value for n-person games").

    Up to 8 players exactly, over all coalitions. Beyond, over `pairs` drawn orders and their reverses (Castro, Gómez &
    Tejada 2009; reversed pairs cancel much of the chance: Mitchell et al. 2022, "Sampling permutations for
    Shapley value estimation").

    >>> glove = lambda members: np.array([float(bool(members & 1 and members & 6))])
    >>> shapley(3, glove).value.ravel().round(4).tolist()
    [0.6667, 0.1667, 0.1667]
    """
    if players <= EXACT_UP_TO:
        exact = _over_coalitions(players, value)
        return Worth(exact, np.zeros_like(exact))
    draw = np.random.default_rng(seed)
    orders = [draw.permutation(players).tolist() for _ in range(pairs)]
    drawn = np.array([(_joining(order, value) + _joining(order[::-1], value)) / 2 for order in orders])
    return Worth(drawn.mean(axis=0), drawn.std(axis=0, ddof=1) / np.sqrt(pairs))


def _over_coalitions(players: int, value: Value) -> Floats:
    figures = np.array([value(members) for members in range(1 << players)])
    return np.array([_share(i, players, figures) for i in range(players)])


def _share(i: int, players: int, figures: Floats) -> list[float]:
    """Summed exactly, so that players who are alike have the same share to the last bit, in whatever place."""
    without = [members for members in range(1 << players) if not members >> i & 1]
    sizes = [members.bit_count() for members in without]
    weights = np.array([factorial(size) * factorial(players - size - 1) / factorial(players) for size in sizes])
    adds = figures[[members | 1 << i for members in without]] - figures[without]
    return [fsum(column) for column in (weights[:, None] * adds).T.tolist()]


def _joining(order: list[int], value: Value) -> Floats:
    """What each player adds on joining in that order."""
    members, before = 0, value(0)
    adds: Floats = np.empty((len(order), len(before)))
    for i in order:
        members |= 1 << i
        after = value(members)
        adds[i], before = after - before, after
    return adds
