"""How well a PD ranks and how well it is calibrated, with intervals that say how much the data can tell.

Indeterminate outcomes (NaN) are left out everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas
from scipy.stats import beta
from sklearn.metrics import brier_score_loss

from creditscore.errors import TrainingError

Floats = npt.NDArray[np.float64]
LEVEL = 0.95
FEWEST = 10  # bads, and goods, below which resampling would promise more than it can hold


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Discrimination:
    """How well a PD ranks `n` applications, `bads` of them bad: AUC, Gini = 2 · AUC − 1, and KS, each in 0 … 1."""

    n: int
    bads: int
    auc: Estimate
    gini: Estimate
    ks: Estimate


def discrimination(
    outcome: npt.ArrayLike,
    pd: npt.ArrayLike,
    borrower: npt.ArrayLike | None = None,
    *,
    resamples: int = 200,
    seed: int = 1,
) -> Discrimination:
    """AUC, Gini and KS of a PD, with percentile bootstrap intervals that resample borrowers, not applications.

    `outcome` (0, 1, NaN), `pd` and `borrower` are of one length; without `borrower` each application stands alone.
    A borrower's applications are drawn together, as they are not independent (Field & Welsh, "Bootstrapping clustered
    data", 2007). With fewer than 10 bads or goods the ends are NaN: resampling so few understates what is not known.
    KS is biased upwards in small samples, and its interval with it. Raises TrainingError where only one class is known.

    >>> made = discrimination([0, 0, 1, 1, np.nan], [0.1, 0.3, 0.2, 0.4, 0.9])
    >>> made.auc.value, made.gini.value, made.ks.value
    (0.75, 0.5, 0.5)
    """
    require_both_classes(outcome)
    bad, risk, known = known_outcomes(outcome, pd)
    cluster = np.arange(len(bad)) if borrower is None else pandas.factorize(np.asarray(borrower)[known])[0]
    ranking = Ranking.of(bad, risk, cluster)
    auc, ks = ranking.auc_and_ks(np.ones(ranking.clusters))
    enough = min(bad.sum(), len(bad) - bad.sum()) >= FEWEST
    aucs, kss = np.array(_resampled(ranking, resamples, seed)).T if enough else np.full((2, 1), np.nan)
    figures = _estimate(auc, aucs), _estimate(2 * auc - 1, 2 * aucs - 1), _estimate(ks, kss)
    return Discrimination(len(bad), int(bad.sum()), *figures)


def require_both_classes(outcome: npt.ArrayLike) -> None:
    """Raise TrainingError unless `outcome` (0, 1, NaN) holds goods and bads."""
    values = np.asarray(outcome, np.float64)
    goods, bads = int((values == 0).sum()), int((values == 1).sum())
    if not goods or not bads:
        raise TrainingError(
            f"ranking needs goods and bads: got {goods} goods and {bads} bads among {values.size} applications; "
            f"widen the sample's dates, or check how outcomes are coded (0 good, 1 bad)"
        )


def known_outcomes(outcome: npt.ArrayLike, pd: npt.ArrayLike) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """The outcomes known, their PDs (or points), and where they are; raises TrainingError where one has no PD."""
    values, risk = np.asarray(outcome, np.float64), np.asarray(pd, np.float64)
    known = ~np.isnan(values)
    missing = int(np.isnan(risk[known]).sum())
    if missing:
        raise TrainingError(f"{missing} of {risk.size} applications have an outcome and no PD; leave them out first")
    return values[known], risk[known], known


def calibration_table(outcome: npt.ArrayLike, pd: npt.ArrayLike, bins: int = 10) -> pandas.DataFrame:
    """Expected and observed bad rates in `bins` bins of (nearly) equal size, by rising PD; equal PDs share a bin.

    Columns: n, bads, lowest_pd, highest_pd, expected (mean PD), observed, low, high (`jeffreys`).

    >>> calibration_table([0, 0, 1, 1], [0.1, 0.1, 0.4, 0.6], bins=2)[["n", "expected", "observed"]].values.tolist()
    [[2.0, 0.1, 0.0], [2.0, 0.5, 1.0]]
    """
    bad, risk, _ = known_outcomes(outcome, pd)
    if not len(bad):
        raise TrainingError("calibration needs known outcomes: got none; widen the sample's dates")
    edges = np.quantile(risk, np.arange(1, bins) / bins, method="inverted_cdf")
    rows = pandas.DataFrame({"outcome": bad, "pd": risk})
    table = rows.groupby(np.searchsorted(edges, risk)).agg(
        n=("outcome", "size"),
        bads=("outcome", "sum"),
        lowest_pd=("pd", "min"),
        highest_pd=("pd", "max"),
        expected=("pd", "mean"),
        observed=("outcome", "mean"),
    )
    return _with_interval(table.reset_index(drop=True))


def grade_table(scored: pandas.DataFrame) -> pandas.DataFrame:
    """Expected and observed bad rates by grade, by rising mean PD; `scored` has grade, pd and outcome (0, 1, NaN).

    Columns: grade, n (outcome known), bads, expected (mean PD), observed, low, high (`jeffreys`), and p_value: the
    probability, given the data, that the grade's true PD is no higher than expected; small where PDs are too low
    (the Jeffreys test, ECB, Instructions for reporting the validation results of internal models, 2019).
    """
    known = scored[scored["outcome"].notna()]
    table = known.groupby("grade", as_index=False, observed=True).agg(
        n=("outcome", "size"), bads=("outcome", "sum"), expected=("pd", "mean"), observed=("outcome", "mean")
    )
    table = _with_interval(table.sort_values("expected", ignore_index=True))
    return table.assign(p_value=beta.cdf(table["expected"], table["bads"] + 0.5, table["n"] - table["bads"] + 0.5))


def jeffreys(bads: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Jeffreys' 95% interval of a bad rate: quantiles of Beta(bads + ½, n − bads + ½), in the shape of `bads`.

    Brown, Cai & DasGupta (2001), "Interval estimation for a binomial proportion". It takes applications as independent.

    >>> [round(float(end), 4) for end in jeffreys(3, 100)]
    [0.0085, 0.0779]
    """
    posterior = beta(np.asarray(bads) + 0.5, np.asarray(n) - np.asarray(bads) + 0.5)
    return np.asarray(posterior.ppf((1 - LEVEL) / 2)), np.asarray(posterior.ppf((1 + LEVEL) / 2))


def brier(outcome: npt.ArrayLike, pd: npt.ArrayLike) -> float:
    """The mean squared difference of PD and outcome (Brier, 1950); raises TrainingError where no outcome is known."""
    bad, risk, _ = known_outcomes(outcome, pd)
    if not len(bad):
        raise TrainingError("the Brier score needs known outcomes: got none; widen the sample's dates")
    return float(brier_score_loss(bad, risk, pos_label=1, labels=[0, 1]))


def observed_over_expected(outcome: npt.ArrayLike, pd: npt.ArrayLike) -> Estimate:
    """The bad rate over the mean PD, with the bad rate's Jeffreys interval over the same mean PD; 1 is calibrated."""
    whole = calibration_table(outcome, pd, bins=1).iloc[0]
    return Estimate(*(float(whole[name] / whole["expected"]) for name in ("observed", "low", "high")))


@dataclass(frozen=True)
class Ranking:
    """Outcomes in the order of their PDs, made once, so that a resample costs a few passes and no sorting."""

    bad: Floats
    cluster: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    clusters: int

    @classmethod
    def of(cls, bad: Floats, risk: Floats, cluster: npt.NDArray[np.intp]) -> Ranking:
        order = np.argsort(risk, kind="stable")
        ties = np.flatnonzero(np.diff(risk[order], prepend=-np.inf))
        return cls(bad[order], cluster[order], ties, int(cluster.max()) + 1)

    def auc_and_ks(self, weight: Floats) -> tuple[float, float]:
        """With `weight[c]` copies of cluster c; NaN where a class is missing. Equal PDs count half in the AUC."""
        copies = weight[self.cluster]
        bads = np.add.reduceat(copies * self.bad, self.starts)
        goods = np.add.reduceat(copies, self.starts) - bads
        bads_below, goods_below = np.cumsum(bads), np.cumsum(goods)
        if not bads_below[-1] or not goods_below[-1]:
            return np.nan, np.nan
        auc = bads @ (goods_below - goods / 2) / (bads_below[-1] * goods_below[-1])
        ks = np.abs(bads_below / bads_below[-1] - goods_below / goods_below[-1]).max()
        return float(auc), float(ks)


def _resampled(ranking: Ranking, resamples: int, seed: int) -> list[tuple[float, float]]:
    generator, size = np.random.default_rng(seed), ranking.clusters
    draws = (np.bincount(generator.integers(0, size, size), minlength=size) for _ in range(resamples))
    return [ranking.auc_and_ks(copies.astype(np.float64)) for copies in draws]


def _estimate(value: float, drawn: Floats) -> Estimate:
    """The percentile interval; a resample without both classes tells nothing and is left out."""
    told = drawn[~np.isnan(drawn)]
    low, high = np.quantile(told, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(told) else (np.nan, np.nan)
    return Estimate(value, float(low), float(high))


def _with_interval(table: pandas.DataFrame) -> pandas.DataFrame:
    low, high = jeffreys(table["bads"], table["n"])
    return table.assign(bads=table["bads"].astype(np.int64), low=low, high=high)
