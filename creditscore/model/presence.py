"""Which data families a row of features has: a borrower may have no trips, or give no consent for them.

A family is a table of events. A row lacks it where every feature that reads this table alone is missing, as for a
borrower without one event of the table, whatever the reason for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.events.schema import EVENT_TABLES
from creditscore.features.formula import Feature

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Presence:
    """The families of a scorecard, in the contract's order, and which features tell each.

    `alone` is the number of the family that a feature reads alone, −1 where it reads none or several; `read` has bit f
    set for each feature that reads the family f, alone or with others; both int64[features].
    """

    families: tuple[str, ...]
    alone: Ints
    read: Ints

    @classmethod
    def of(cls, features: Sequence[Feature]) -> Presence:
        """The families that some features read; one that none reads alone cannot be told, and is not among them."""
        told = {feature.tables for feature in features}
        families = tuple(name for name in EVENT_TABLES if (name,) in told)
        number: dict[tuple[str, ...], int] = {(name,): f for f, name in enumerate(families)}
        alone = [number.get(feature.tables, -1) for feature in features]
        read = [sum(1 << f for f, name in enumerate(families) if name in feature.tables) for feature in features]
        return cls(families, np.array(alone, np.int64), np.array(read, np.int64))

    @property
    def patterns(self) -> int:
        """How many patterns of absent families there are."""
        return 1 << len(self.families)

    def absent(self, X: Floats) -> Ints:
        """The families that each row of X, float64[rows, features], lacks: bit f for the family f; int64[rows]."""
        found: Ints = _absent(X, self.alone, self.patterns - 1)
        return found

    def named(self, pattern: int) -> tuple[str, ...]:
        """The families of a pattern."""
        return tuple(name for f, name in enumerate(self.families) if pattern >> f & 1)


@compiled
def _absent(X: Floats, alone: Ints, every: int) -> Ints:
    found = np.full(len(X), every)
    for row in range(len(X)):
        for column in range(len(alone)):
            if alone[column] >= 0 and not np.isnan(X[row, column]):
                found[row] &= ~(1 << alone[column])
                if found[row] == 0:
                    break
    return found


@compiled
def all_missing(X: Floats, columns: Ints) -> npt.NDArray[np.bool_]:
    """Whether each row of X, float64[rows, features], has none of these features."""
    found = np.ones(len(X), np.bool_)
    for row in range(len(X)):
        for column in columns:
            if not np.isnan(X[row, column]):
                found[row] = False
                break
    return found


def shares(shifts: Sequence[float], families: int) -> Floats:
    """What each absent family adds to the shift of each pattern, float64[patterns, families]: Shapley's values.

    `shifts[pattern]` is what a pattern adds altogether, that of no absent family 0; a row sums to its shift (Shapley,
    1953, "A value for n-person games").

    >>> shares([0.0, 1.0, 2.0, 5.0], 2).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [2.0, 3.0]]
    """
    found = np.zeros((len(shifts), families))
    for pattern in range(len(shifts)):
        members = [f for f in range(families) if pattern >> f & 1]
        for f in members:
            others = [other for other in members if other != f]
            found[pattern, f] = sum(
                _weight(size, len(members)) * (shifts[_bits(some) | 1 << f] - shifts[_bits(some)])
                for size in range(len(members))
                for some in combinations(others, size)
            )
    return found


def _weight(size: int, players: int) -> float:
    return factorial(size) * factorial(players - size - 1) / factorial(players)


def _bits(members: Sequence[int]) -> int:
    return sum(1 << f for f in members)
