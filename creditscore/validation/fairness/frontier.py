"""Which of several models ranks as well and treats groups more alike: the frontier of AUC against the gap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from creditscore.validation.fairness.groups import NOT_GIVEN
from creditscore.validation.metrics import Estimate
from creditscore.validation.resampling import Floats, clusters, draws, percentile_ends
from creditscore.validation.segments import FEW

Bools = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.object_]


def lowest_risk(risk: Floats, rate: float) -> Bools:
    """Whom a lender approves who takes that share of lowest risk; who ties at its end is approved too.

    >>> lowest_risk(np.array([0.3, 0.1, 0.2, 0.4]), 0.5).tolist()
    [False, True, True, False]
    """
    return np.asarray(risk <= np.sort(risk)[max(1, round(rate * len(risk))) - 1])


def approval_gap(approved: Bools, group: Labels, weight: Floats | None = None) -> float:
    """How far approval is from alike: 1 − the smallest ratio of a group's approval rate to the largest group's, or of
    that to it, whichever is below 1. 0 is alike; 0.2 is where the four-fifths rule draws its line.

    Groups with fewer than 30 rows, and rows without a label, are left out; NaN where fewer than two groups are left.
    """
    copies = np.ones(len(approved)) if weight is None else weight
    names, at, sizes = np.unique(group.astype(str), return_inverse=True, return_counts=True)
    kept = np.flatnonzero((sizes >= FEW) & (names != NOT_GIVEN))
    if len(kept) < 2:
        return np.nan
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = (np.bincount(at, copies * approved) / np.bincount(at, copies))[kept]
        ratios = rates / rates[int(sizes[kept].argmax())]
        return float(1 - np.nanmin(np.minimum(ratios, 1 / ratios)))


@dataclass(frozen=True)
class GapChange:
    """Two models' gaps on the same applications, and the second's less the first's, resampling borrowers."""

    before: float
    after: float
    change: Estimate


def gap_change(
    before: Bools, after: Bools, groups: dict[str, Labels], borrower: npt.ArrayLike, *, resamples: int = 200,
    seed: int = 1,
) -> GapChange:  # fmt: skip
    """What becomes of the largest gap over all attributes; approvals are held as they are while borrowers are drawn."""
    cluster = clusters(borrower, len(before))

    def gaps(copies: Floats | None) -> tuple[float, float]:
        return worst_gap(before, groups, copies), worst_gap(after, groups, copies)

    drawn = [gaps(copies[cluster]) for copies in draws(cluster, resamples, seed)]
    low, high = percentile_ends(np.array([[new - old] for old, new in drawn]))
    old, new = gaps(None)
    return GapChange(old, new, Estimate(new - old, float(low[0]), float(high[0])))


def worst_gap(approved: Bools, groups: dict[str, Labels], weight: Floats | None = None) -> float:
    """The largest gap over all attributes that can be measured; NaN where none can."""
    found = [gap for group in groups.values() if not np.isnan(gap := approval_gap(approved, group, weight))]
    return max(found, default=np.nan)


def on_frontier(auc: Floats, gap: Floats) -> Bools:
    """The models that no other one beats: none has as high an AUC and as small a gap, and one of them better.

    >>> on_frontier(np.array([0.70, 0.72, 0.69, 0.70]), np.array([0.1, 0.3, 0.2, 0.1])).tolist()
    [True, True, False, True]
    """
    as_good = (auc[None, :] >= auc[:, None]) & (gap[None, :] <= gap[:, None])
    better = (auc[None, :] > auc[:, None]) | (gap[None, :] < gap[:, None])
    return np.asarray(~(as_good & better).any(axis=1), np.bool_)


def least_gap(auc: Floats, gap: Floats, margin: float) -> int:
    """The model with the smallest gap of those whose AUC is at most `margin` below the first's; of equals the one that
    ranks best, then the first.

    >>> least_gap(np.array([0.70, 0.699, 0.68]), np.array([0.3, 0.2, 0.0]), 0.005)
    1
    """
    within = np.flatnonzero(auc >= auc[0] - margin)
    return int(min(within, key=lambda i: (gap[i], -auc[i], i)))
