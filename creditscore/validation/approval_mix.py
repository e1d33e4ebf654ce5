"""Whom a lender approves by one model and by another at the same approval rate: of all, and of part of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from creditscore.errors import TrainingError
from creditscore.validation.resampling import Floats, Ints, clusters, draws, percentile_ends

FIGURES = ("approved_with", "approved_without", "bad_rate_with", "bad_rate_without")
CHANGES = ("approved_change", "bad_rate_change")


def approval_mix(
    outcome: Floats,
    risk_with: Floats,
    risk_without: Floats,
    own: npt.NDArray[np.bool_],
    borrower: npt.ArrayLike,
    rate: float,
    *,
    resamples: int = 200,
    seed: int = 1,
) -> dict[str, float]:
    """Each model approves the `rate` of all rows with the lowest risk; told of the rows `own`.

    `approved_with` and `approved_without` are the shares of `own` approved, `bad_rate_…` of those approved; `…_change`
    with less without, with the ends of its 95% interval, `…_low` and `…_high`, which resample borrowers (the cut-off is
    drawn anew with them). Of those who tie at a cut-off an equal part of each is approved. NaN where nobody is.
    `outcome` is 0 or 1. Raises TrainingError for a rate outside 0 … 1.

    >>> outcome, one, other = (np.array(each, float) for each in ([0, 1, 0, 1], [0, 1, 2, 3], [0, 2, 3, 1]))
    >>> mix = approval_mix(outcome, one, other, np.ones(4, bool), [*"abcd"], 0.5)
    >>> [mix[name] for name in FIGURES]
    [0.5, 0.5, 0.5, 0.5]
    """
    if not 0 < rate < 1:
        raise TrainingError(f"an approval mix needs a rate between 0 and 1, got {rate:g}")
    cluster = clusters(borrower, len(outcome))
    both = (risk_with, risk_without)
    ranked = [np.unique(risk, return_inverse=True)[1] for risk in both]
    figures = np.concatenate([_figures(outcome, place, own, np.ones(len(outcome)), rate) for place in ranked])
    drawn = []
    for copies in draws(cluster, resamples, seed):
        new = [_figures(outcome, place, own, copies[cluster], rate) for place in ranked]
        drawn.append(new[0] - new[1])
    low, high = percentile_ends(np.array(drawn).reshape(-1, 2))
    told = dict(zip(FIGURES, figures[[0, 2, 1, 3]].tolist(), strict=True))
    for k, name in enumerate(CHANGES):
        told |= {name: float(figures[k] - figures[k + 2]), f"{name}_low": float(low[k]), f"{name}_high": float(high[k])}
    return told


def _figures(outcome: Floats, place: Ints, own: npt.NDArray[np.bool_], copies: Floats, rate: float) -> Floats:
    """The approved share of `own`, and the bad rate of those approved, with so many copies of each row."""
    approved = copies * approved_share(place, copies, rate)
    mine = approved[own].sum()
    of = copies[own].sum()
    share = mine / of if of else np.nan
    return np.array([share, approved[own] @ outcome[own] / mine if mine else np.nan])


def approved_share(place: Ints, copies: Floats, rate: float) -> Floats:
    """How much of each row is approved, 0 … 1, float64[rows]; `place` is its risk's rank, equal for equal risks."""
    size = np.bincount(place, copies)
    before = np.cumsum(size) - size
    wanted = rate * copies.sum()
    part = np.divide(np.clip(wanted - before, 0, size), size, out=np.zeros(len(size)), where=size > 0)
    return np.asarray(part[place])
