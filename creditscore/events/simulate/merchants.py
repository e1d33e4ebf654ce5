"""Merchants: each platform has its own, each borrower goes to some of them again and again."""

from __future__ import annotations

import numpy as np

from creditscore.events.simulate.borrowers import Borrowers
from creditscore.events.simulate.clock import Ints, whole

_NUMBERS = {"alder": range(4_000), "birch": range(4_000, 5_500), "cedar": range(5_500, 8_000)}


def visited(rng: np.random.Generator, people: Borrowers, borrower: Ints, platform: str) -> Ints:
    """A merchant for each visit: one of as many as the borrower has variety, the first ones more often."""
    rank = whole(people.variety[borrower] * rng.random(len(borrower)) ** 1.5)
    own = people.city[borrower] * 163 + borrower % 61 * 11 + rank * 97
    return _NUMBERS[platform].start + own % len(_NUMBERS[platform])
