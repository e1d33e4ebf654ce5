"""Is less enough? What fewer features lose of the AUC, on the same rows, and whether that is within a margin.

Non-inferiority: less is enough where the interval of the loss lies below the margin (Liu, Ma, Wu & Tai, 2006, "Tests of
equivalence and non-inferiority for diagnostic accuracy based on the paired areas under ROC curves").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from creditscore.validation.metrics import Estimate, Ranking, require_both_classes
from creditscore.validation.resampling import Floats, Ints, clusters, draws, percentile_ends


@dataclass(frozen=True)
class Loss:
    """The AUC of all and of fewer features, each the mean over folds, and how much is lost, with its 95% interval."""

    whole: float
    fewer: float
    lost: Estimate

    def within(self, margin: float) -> bool:
        """Whether the data exclude a loss of the margin or more."""
        return self.lost.high < margin


def auc_lost(
    outcome: npt.ArrayLike,
    whole: npt.ArrayLike,
    fewer: npt.ArrayLike,
    borrower: npt.ArrayLike | None = None,
    fold: npt.ArrayLike | None = None,
    *,
    resamples: int = 200,
    seed: int = 1,
) -> Loss:
    """What `fewer` loses of the AUC of `whole`, both risks of the same rows; `outcome` is 0 or 1.

    Rows are ranked within their `fold`, as different models judged them; without one all together. Borrowers are
    resampled over all folds at once. Raises TrainingError where a fold holds one class only.

    >>> auc_lost([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], [0.1, 0.3, 0.2, 0.4], resamples=2).lost.value
    0.25
    """
    bad = np.asarray(outcome, np.float64)
    place = np.zeros(len(bad), np.intp) if fold is None else np.asarray(fold)
    cluster = clusters(borrower, len(bad))
    pairs = [
        (_ranking(bad, whole, cluster, place == one), _ranking(bad, fewer, cluster, place == one))
        for one in np.unique(place)
    ]

    def aucs(copies: Floats) -> Floats:
        means: Floats = np.mean([[one.auc_and_ks(copies)[0] for one in pair] for pair in pairs], axis=0)
        return means

    drawn = np.array([aucs(copies) for copies in draws(cluster, resamples, seed)]).reshape(-1, 2)
    low, high = percentile_ends(drawn[:, :1] - drawn[:, 1:])
    whole_auc, fewer_auc = aucs(np.ones(int(cluster.max()) + 1)).tolist()
    return Loss(whole_auc, fewer_auc, Estimate(whole_auc - fewer_auc, float(low[0]), float(high[0])))


def _ranking(bad: Floats, risk: npt.ArrayLike, cluster: Ints, own: npt.NDArray[np.bool_]) -> Ranking:
    require_both_classes(bad[own])
    return Ranking.of(bad[own], np.asarray(risk, np.float64)[own], cluster[own])
