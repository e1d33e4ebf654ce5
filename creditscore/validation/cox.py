"""Cox's calibration: the line through the log-odds that PDs would need, to agree with the outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import chi2, norm
from sklearn.linear_model import LogisticRegression

from creditscore.errors import TrainingError
from creditscore.validation.estimates import UNKNOWN
from creditscore.validation.metrics import LEVEL, Estimate, known_outcomes, require_both_classes
from creditscore.validation.resampling import Ints, clusters

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CoxCalibration:
    """Log-odds of bad = intercept + slope · log-odds of the PD, fitted to the outcomes; 0 and 1 is calibrated.

    A slope below 1 says that the PDs are too extreme (an overfitted model), above 1 that they are too timid.
    `in_the_large` is the intercept at a slope of 1: above 0, the PDs are too low altogether. `p_value` is the Wald
    test's of intercept 0 and slope 1 together: small where the PDs do not hold.
    """

    n: int
    bads: int
    intercept: Estimate
    slope: Estimate
    in_the_large: Estimate
    p_value: float


def cox_calibration(outcome: npt.ArrayLike, pd: npt.ArrayLike, borrower: npt.ArrayLike | None = None) -> CoxCalibration:
    """Calibration intercept and slope (Cox, 1958, "Two further applications of a model for binary regression").

    `outcome` is 0, 1 or NaN. The 95% intervals are Wald's; with `borrower` their variance lets one borrower's
    applications hang together (Liang & Zeger, 1986). Intercept and slope are NaN where no line fits: all PDs are equal,
    or they part bads from goods without a fault. Raises TrainingError for one class only, and PDs outside 0 … 1.
    """
    require_both_classes(outcome)
    bad, risk, known = known_outcomes(outcome, pd)
    if ((risk < 0) | (risk > 1)).any():
        raise TrainingError("Cox's calibration needs PDs in 0 … 1; give PDs, not points")
    log_odds = logit(np.clip(risk, 1e-15, 1 - 1e-15))
    cluster = None if borrower is None else clusters(np.asarray(borrower)[known], len(bad))
    line = _line(bad, log_odds, cluster) if _has_line(bad, log_odds) else (UNKNOWN, UNKNOWN, np.nan)
    intercept, slope, p_value = line
    in_the_large = _in_the_large(bad, log_odds, cluster)
    return CoxCalibration(len(bad), int(bad.sum()), intercept, slope, in_the_large, p_value)


def _has_line(bad: Floats, log_odds: Floats) -> bool:
    """Whether bads and goods overlap in both directions, without which the likelihood has no maximum."""
    bads, goods = log_odds[bad == 1], log_odds[bad == 0]
    return bool(bads.min() < goods.max() and goods.min() < bads.max())


def _line(bad: Floats, log_odds: Floats, cluster: Ints | None) -> tuple[Estimate, Estimate, float]:
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(log_odds[:, None], bad)
    found = np.array([fitted.intercept_[0], fitted.coef_[0, 0]])
    design = np.column_stack([np.ones(len(bad)), log_odds])
    variance = _variance(design, bad, expit(design @ found), cluster)
    off = found - [0, 1]
    p_value = chi2.sf(off @ np.linalg.solve(variance, off), 2)
    intercept, slope = (_wald(float(found[k]), variance[k, k]) for k in (0, 1))
    return intercept, slope, float(p_value)


def _in_the_large(bad: Floats, log_odds: Floats, cluster: Ints | None) -> Estimate:
    def surplus(intercept: float) -> float:
        return float((bad - expit(intercept + log_odds)).mean())

    widest = float(np.abs(log_odds).max()) + 50  # log-odds that no sample's bad rate reaches
    found = float(brentq(surplus, -widest, widest, xtol=1e-12))
    variance = _variance(np.ones((len(bad), 1)), bad, expit(found + log_odds), cluster)
    return _wald(found, variance[0, 0])


def _variance(design: Floats, bad: Floats, fitted: Floats, cluster: Ints | None) -> Floats:
    """The inverse information; with clusters, around the sum over them of their scores' squares (the sandwich)."""
    information = design.T @ (design * (fitted * (1 - fitted))[:, None])
    inverse = np.linalg.inv(information).astype(np.float64)
    if cluster is None:
        return inverse
    scores = design * (bad - fitted)[:, None]
    of_cluster = np.column_stack([np.bincount(cluster, column) for column in scores.T])
    return inverse @ (of_cluster.T @ of_cluster) @ inverse


def _wald(value: float, variance: float) -> Estimate:
    reach = float(norm.ppf((1 + LEVEL) / 2) * np.sqrt(variance))
    return Estimate(value, value - reach, value + reach)
