"""Borrowers: traits that nobody sees, and how they move behaviour from month to month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from creditscore.events.simulate.clock import MONTHS, Floats, Ints, whole

PLATFORMS = {"alder": 0.88, "birch": 0.70, "cedar": 0.62}
CITIES = 24

_TRAITS = ("income", "stability", "thrift", "mobility", "stress")
_CORRELATION = np.array(
    [
        [1.00, 0.30, 0.10, 0.30, -0.25],
        [0.30, 1.00, 0.25, 0.00, -0.40],
        [0.10, 0.25, 1.00, -0.10, -0.30],
        [0.30, 0.00, -0.10, 1.00, 0.00],
        [-0.25, -0.40, -0.30, 0.00, 1.00],
    ]
)


@dataclass(frozen=True)
class Borrowers:
    """A block of n borrowers. Traits are (n,), in standard deviations but for income (CNY a month) and night (a share).

    Stress and activity are paths, (n, MONTHS): what happened lately differs from what somebody is like.
    `joined` has the first month on each platform, MONTHS for somebody who never is.
    """

    income: Floats
    stability: Floats
    thrift: Floats
    mobility: Floats
    night: Floats
    variety: Floats
    salaried: npt.NDArray[np.bool_]
    city: Ints
    stress: Floats
    activity: Floats
    joined: dict[str, Ints]

    def __len__(self) -> int:
        return len(self.income)

    def rate(self, platform: str, monthly: float | Floats) -> Floats:
        """Events expected a month, (n, MONTHS): `monthly` ((n,) or one number) while active on the platform."""
        present = np.arange(MONTHS) >= self.joined[platform][:, None]
        return np.broadcast_to(monthly, len(self))[:, None] * self.activity * present


def borrowers(rng: np.random.Generator, size: int) -> Borrowers:
    """A block of that many borrowers."""
    normal = rng.standard_normal((size, len(_TRAITS))) @ np.linalg.cholesky(_CORRELATION).T
    trait = dict(zip(_TRAITS, normal.T, strict=True))
    stress = 0.7 * trait["stress"][:, None] + _wander(rng, size)
    return Borrowers(
        income=np.exp(8.85 + 0.45 * trait["income"]),
        stability=trait["stability"],
        thrift=trait["thrift"],
        mobility=trait["mobility"],
        night=chance(-2.3 + 0.35 * trait["stress"] + 0.8 * rng.standard_normal(size)),
        variety=np.exp(2.3 + 0.5 * rng.standard_normal(size) + 0.2 * trait["thrift"]),
        salaried=rng.random(size) < chance(0.6 + trait["stability"]),
        city=whole(CITIES * rng.random(size) ** 2),
        stress=stress,
        activity=_activity(rng, stress),
        joined={name: _joined(rng, size, share) for name, share in PLATFORMS.items()},
    )


def chance(log_odds: Floats) -> Floats:
    """The probability of log-odds."""
    return 1 / (1 + np.exp(-log_odds))


def _wander(rng: np.random.Generator, size: int, persistence: float = 0.85) -> Floats:
    """A path a borrower that wanders about 0 and forgets, (size, MONTHS), of variance about one half."""
    shock = np.sqrt(0.5 * (1 - persistence**2)) * rng.standard_normal((size, MONTHS))
    path = np.empty((size, MONTHS))
    path[:, 0] = np.sqrt(0.5) * rng.standard_normal(size)
    for month in range(1, MONTHS):
        path[:, month] = persistence * path[:, month - 1] + shock[:, month]
    return path


def _activity(rng: np.random.Generator, stress: Floats) -> Floats:
    """How busy one is, about 1: people differ, moods differ, and now and then somebody goes quiet for months."""
    size = len(stress)
    level = 0.4 * rng.standard_normal(size)[:, None] + 0.5 * _wander(rng, size) - 0.1 * stress
    awake = np.ones((size, MONTHS))
    for month in range(1, MONTHS):
        quiet = np.where(awake[:, month - 1] == 1, 0.02 * np.exp(0.3 * stress[:, month]), 0.7)
        awake[:, month] = rng.random(size) >= quiet
    return np.exp(level) * awake


def _joined(rng: np.random.Generator, size: int, share: float) -> Ints:
    """Two members in three were there before the first month; the others joined since, more of them early."""
    later = whole(MONTHS * rng.random(size) ** 1.5)
    since = np.where(rng.random(size) < 0.67, 0, later)
    return np.where(rng.random(size) < share, since, MONTHS)
