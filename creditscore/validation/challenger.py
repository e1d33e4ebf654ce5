"""Champion against challenger, on the same applications: which ranks better?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata

from creditscore.validation.metrics import FEWEST, LEVEL, Estimate, Ranking, known_outcomes, require_both_classes
from creditscore.validation.resampling import Floats, clusters, draws, percentile_ends


@dataclass(frozen=True)
class AucDifference:
    """The challenger's AUC less the champion's over `n` applications, with two intervals.

    `delong` and its `p_value` take applications as independent; `bootstrap` resamples borrowers, and holds where they
    apply more than once. An interval that holds 0 says that these data do not tell which ranks better.
    """

    n: int
    bads: int
    champion: float
    challenger: float
    delong: Estimate
    p_value: float
    bootstrap: Estimate


def compare_auc(
    outcome: npt.ArrayLike,
    champion: npt.ArrayLike,
    challenger: npt.ArrayLike,
    borrower: npt.ArrayLike | None = None,
    *,
    resamples: int = 200,
    seed: int = 1,
) -> AucDifference:
    """AUC difference of two PDs, by DeLong, DeLong & Clarke-Pearson (1988) and by a bootstrap of borrowers.

    DeLong's variance comes by mid-ranks (Sun & Xu, 2014, "Fast implementation of DeLong's algorithm"). `outcome` is 0,
    1 or NaN. With fewer than 10 bads or goods the ends and the p-value are NaN. Raises TrainingError for one class
    only, and where a row with an outcome lacks either PD.

    >>> found = compare_auc([0, 0, 1, 1], [0.1, 0.3, 0.2, 0.4], [0.1, 0.2, 0.3, 0.4])
    >>> found.champion, found.challenger, found.delong.value
    (0.75, 1.0, 0.25)
    """
    require_both_classes(outcome)
    bad, champion_pd, known = known_outcomes(outcome, champion)
    both = np.array([champion_pd, known_outcomes(outcome, challenger)[1]])
    auc, covariance = delong(bad, both)
    n, bads = len(bad), int(bad.sum())
    by_delong, p_value = _wald(auc, covariance)
    cluster = clusters(None if borrower is None else np.asarray(borrower)[known], n)
    resamples = resamples if min(bads, n - bads) >= FEWEST else 0
    old, new = (Ranking.of(bad, risk, cluster) for risk in both)
    drawn = [new.auc_and_ks(copies)[0] - old.auc_and_ks(copies)[0] for copies in draws(cluster, resamples, seed)]
    low, high = percentile_ends(np.array(drawn).reshape(-1, 1))
    by_bootstrap = Estimate(by_delong.value, float(low[0]), float(high[0]))
    return AucDifference(n, bads, float(auc[0]), float(auc[1]), by_delong, p_value, by_bootstrap)


def delong(bad: Floats, risk: Floats) -> tuple[Floats, Floats]:
    """AUCs of risk[models, rows] on the same rows, `bad` 0 or 1, and their covariance, float64[models, models].

    The covariance is NaN with fewer than 10 bads or goods.
    """
    bads, goods = risk[:, bad == 1], risk[:, bad == 0]
    m, n = bads.shape[1], goods.shape[1]
    among_all = rankdata(np.hstack([bads, goods]), axis=1)
    goods_below = (among_all[:, :m] - rankdata(bads, axis=1)) / n
    bads_above = 1 - (among_all[:, m:] - rankdata(goods, axis=1)) / m
    if min(m, n) < FEWEST:
        return goods_below.mean(axis=1), np.full((len(risk), len(risk)), np.nan)
    covariance: Floats = np.cov(goods_below) / m + np.cov(bads_above) / n
    return goods_below.mean(axis=1), covariance


def _wald(auc: Floats, covariance: Floats) -> tuple[Estimate, float]:
    """The difference of two AUCs with its 95% interval, and the p-value of there being none."""
    difference = float(auc[1] - auc[0])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    spread = float(np.sqrt(np.maximum(variance, 0.0)))
    reach = float(norm.ppf((1 + LEVEL) / 2)) * spread
    p_value = float(2 * norm.sf(abs(difference) / spread)) if spread else float(difference == 0)
    return Estimate(difference, difference - reach, difference + reach), p_value
