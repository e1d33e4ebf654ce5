"""Who would be swapped, if a challenger replaced the champion at the same approval rate?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from creditscore.errors import TrainingError
from creditscore.validation.estimates import UNKNOWN
from creditscore.validation.metrics import Estimate, jeffreys

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SwapGroup:
    """Those whom both models, one alone, or neither approves; `bad_rate` of the outcomes known, with Jeffreys' ends."""

    name: str
    n: int
    known: int
    bads: int
    bad_rate: Estimate
    champion_pd: float
    challenger_pd: float


@dataclass(frozen=True)
class SwapSet:
    """What another model changes at equal approval: each model's highest PD approved, and the four groups.

    A challenger is worth its change where those swapped in go bad less often than those swapped out. Who was declined
    at the time has no outcome: mind `known` against `n`.
    """

    champion_cut_off: float
    challenger_cut_off: float
    groups: tuple[SwapGroup, ...]


def swap_set(
    outcome: npt.ArrayLike, champion: npt.ArrayLike, challenger: npt.ArrayLike, approval_rate: float
) -> SwapSet:
    """Who is swapped where each model approves the `approval_rate` of lowest PDs, its own cut-off for each.

    `outcome` is 0, 1 or NaN, for the declined too; the PDs have no NaN. Where PDs tie at a cut-off, all of them are
    approved. Raises TrainingError for a rate outside 0 … 1, and for a PD that is missing.

    >>> swap_set([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], [0.1, 0.3, 0.2, 0.4], 0.5).groups[1]
    SwapGroup(name='swapped in', n=1, known=1, bads=0, bad_rate=Estimate(...), champion_pd=0.3, challenger_pd=0.2)
    """
    bad, both = np.asarray(outcome, np.float64), np.array([champion, challenger], np.float64)
    if not 0 < approval_rate < 1 or not both.size or np.isnan(both).any():
        raise TrainingError(
            f"a swap set needs both PDs of every row and an approval rate between 0 and 1: got {both.shape[1]} rows, "
            f"{int(np.isnan(both).any(axis=0).sum())} of them without a PD, and a rate of {approval_rate:g}"
        )
    cut_offs = np.quantile(both, approval_rate, axis=1, method="inverted_cdf")
    old, new = both <= cut_offs[:, None]
    groups = {
        "both approve": old & new,
        "swapped in": ~old & new,
        "swapped out": old & ~new,
        "both decline": ~old & ~new,
    }
    told = tuple(_group(name, bad[rows], both[:, rows]) for name, rows in groups.items())
    return SwapSet(float(cut_offs[0]), float(cut_offs[1]), told)


def _group(name: str, bad: Floats, both: Floats) -> SwapGroup:
    known, bads = int((~np.isnan(bad)).sum()), int((bad == 1).sum())
    low, high = jeffreys(bads, known)
    rate = Estimate(bads / known, float(low), float(high)) if known else UNKNOWN
    old, new = (float(each.mean()) if each.size else np.nan for each in both)
    return SwapGroup(name, len(bad), known, bads, rate, old, new)
