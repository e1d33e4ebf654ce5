"""The search for the smallest change of a row that reaches the points wanted.

Smallest is: of the fewest levers, and of those of as many the one with the least cost, the sum of how far each lever
by itself moves its feature, in interquartile ranges of the reference. One lever and two are tried out completely, at
all of their `Choices`: what is found there is the smallest. For three and more the search goes on from the sets of
levers that come nearest, and then takes back what it can: what is found there reaches, but a smaller change may
exist.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.scorecard import Scorecard
from creditscore.scoring.levers import Choices, Situation

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# More changes at once nobody follows.
MOST_LEVERS = 5
# The sets of levers from which the search goes on.
_BEAM = 24
_BLOCK = 4_096
# Of more pairs of choices, only every second or third choice of a lever is paired, and its farthest.
MOST_PAIRS = 250_000
_NEVER = np.iinfo(np.int64).min


class Found(NamedTuple):
    """A change: the levers, by their numbers, the row that comes of it, float64[features], and its cost."""

    levers: Ints
    row: Floats
    cost: float


def points_of(card: Scorecard, rows: Floats) -> Ints:
    """Points as given out of each row, float64[rows, features]."""
    log_odds = card.calibration(card.trees.margin(rows), card.presence.absent(rows))
    return card.scale.given(card.scale.points(log_odds))


def smallest(situation: Situation, wanted: int) -> tuple[Found | None, int | None]:
    """The smallest change found that reaches the points wanted, None where there is none; and the most points found.

    The most is None where no change at all is possible.
    """
    search = _Search(situation, Choices.of(situation), wanted)
    found = search.cheapest(np.arange(len(search.choices.lever))[:, None])
    found = found if found is not None else search.cheapest(search.pairs())
    size = 3
    while found is None and size <= min(MOST_LEVERS, len(situation.levers)) and search.best:
        found, size = search.cheapest(search.wider(size)), size + 1
    most = max((points for points, _ in search.best.values()), default=None)
    return None if found is None else search.told(search.taken_back(found)), most


class _Search:
    """The changes tried so far: of each set of levers the `best`, its points and choices."""

    def __init__(self, situation: Situation, choices: Choices, wanted: int) -> None:
        self.situation, self.choices, self.wanted = situation, choices, wanted
        self.best: dict[tuple[int, ...], tuple[int, Ints]] = {}

    def pairs(self) -> Ints:
        """Every two choices of different levers, int64[pairs, 2]; of too many, of every so many-th choice of each."""
        lever = self.choices.lever
        every = math.ceil(len(lever) / math.sqrt(2 * MOST_PAIRS))
        left = np.searchsorted(lever, lever, side="right") - 1 - np.arange(len(lever))
        kept = np.flatnonzero(left % every == 0) if every > 1 else np.arange(len(lever))
        one, other = (kept[places] for places in np.triu_indices(len(kept), 1))
        apart = lever[one] != lever[other]
        return np.column_stack([one[apart], other[apart]])

    def wider(self, size: int) -> Ints:
        """The best sets of one lever less, each with every choice of another."""
        sets = sorted((levers for levers in self.best if len(levers) == size - 1), key=lambda one: -self.best[one][0])
        grown = [self._with_another(self.best[levers][1]) for levers in sets[:_BEAM]]
        return np.unique(np.concatenate([np.zeros((0, size), np.int64), *grown]), axis=0)

    def _with_another(self, chosen: Ints) -> Ints:
        more = np.flatnonzero(~np.isin(self.choices.lever, self.choices.lever[chosen]))
        return np.sort(np.column_stack([np.tile(chosen, (len(more), 1)), more]), axis=1)

    def cheapest(self, changes: Ints) -> Ints | None:
        """Of some changes, a row of choices each, the cheapest that reaches; the rest are tried up to there."""
        cost = self.choices.cost[changes].sum(axis=1)
        changes = changes[np.argsort(cost, kind="stable")]
        for first in range(0, len(changes), _BLOCK):
            block = changes[first : first + _BLOCK]
            points = self._points(block)
            reaching = np.flatnonzero(points >= self.wanted)
            if len(reaching):
                return np.asarray(block[reaching[0]])
            self._note(block, points)
        return None

    def taken_back(self, found: Ints) -> Ints:
        """The change with each lever moved less, one after the other, as long as the points are reached."""
        cost, before = self.choices.cost, np.inf
        while cost[found].sum() < before:
            before = cost[found].sum()
            for place in range(len(found)):
                alike = self.choices.lever == self.choices.lever[found[place]]
                less = np.flatnonzero(alike & (cost < cost[found[place]]))
                tried = np.tile(found, (len(less), 1))
                tried[:, place] = less
                better = self.cheapest(tried)
                found = found if better is None else better
        return found

    def told(self, found: Ints) -> Found:
        rows, _ = self._rows(found[None])
        return Found(self.choices.lever[found], rows[0], float(self.choices.cost[found].sum()))

    def _rows(self, changes: Ints) -> tuple[Floats, Bools]:
        return self.situation.rows(self.choices.lever[changes], self.choices.target[changes])

    def _points(self, changes: Ints) -> Ints:
        """The points of each change; below all where it is not possible."""
        rows, possible = self._rows(changes)
        points = np.full(len(changes), _NEVER)
        points[possible] = points_of(self.situation.card, rows[possible])
        return points

    def _note(self, changes: Ints, points: Ints) -> None:
        """Keep the best of each set of levers, of as good ones the cheapest, which comes first."""
        order = np.argsort(-points, kind="stable")
        order = order[points[order] > _NEVER]
        levers, first = np.unique(self.choices.lever[changes[order]], axis=0, return_index=True)
        for own, place in zip(map(tuple, levers.tolist()), order[first].tolist(), strict=True):
            if own not in self.best or points[place] > self.best[own][0]:
                self.best[own] = int(points[place]), changes[place]
