"""Bias at equal risk: do the borrowers of a platform go bad more, or less, often than others of the same score?

Of biased *labels* this says nothing: where a platform's borrowers were called bad more often than they were, the score
learnt it, and outcomes confirm it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas
from scipy.special import expit
from scipy.stats import norm

from creditscore.errors import TrainingError
from creditscore.validation.metrics import FEWEST, LEVEL, require_both_classes
from creditscore.validation.multiple_tests import holm
from creditscore.validation.resampling import Ints, clusters

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# A gap at equal risk counts from here on, in log-odds (about a tenth more or fewer bads), and if chance is no likely
# explanation, over all platforms together.
LEAST_GAP, CHANCE = 0.1, 0.05
_STEPS, _STILL = 100, 1e-10


def bias_at_equal_risk(
    outcome: npt.ArrayLike,
    log_odds: npt.ArrayLike,
    member: Bools,
    platforms: tuple[str, ...],
    borrower: npt.ArrayLike | None = None,
    *,
    least: float = LEAST_GAP,
) -> pandas.DataFrame:
    """A row a platform: by how much its borrowers' log-odds of bad differ from others' with the same score.

    One logistic regression of `outcome` (0, 1, NaN) on the calibrated margin `log_odds` and on an indicator a platform,
    bool[rows, platforms], as a borrower may be on several. Columns: platform, members, bads (of the members), gap, low,
    high (95%, Wald's), p, holm (Holm's adjusted p, 1979), flagged, why. The variance lets one borrower's applications
    hang together (Liang & Zeger 1986), with the factor c / (c − 1) of c borrowers. Flagged: holm below 0.05 *and* a gap
    beyond `least`, either way. A gap above 0: they go bad more often than scored, so the score favours them; below 0:
    they are scored riskier than they prove.

    Platforms with fewer than 10 bads or goods among their members, or among the others, are not tested (`why`, NaN),
    nor are those whose members another tested platform, or several, tell exactly. Raises TrainingError for one class.
    """
    require_both_classes(outcome)
    bad, risk = np.asarray(outcome, np.float64), np.asarray(log_odds, np.float64)
    known = ~np.isnan(bad)
    bad, risk, member = bad[known], risk[known], np.asarray(member, np.bool_)[known]
    if not np.isfinite(risk).all():
        raise TrainingError("bias at equal risk: an application with an outcome has no score; leave it out first")
    cluster = clusters(None if borrower is None else np.asarray(borrower)[known], len(bad))
    why = _untested(bad, risk, member)
    tested = np.array([not one for one in why], np.bool_)
    design = np.column_stack([np.ones(len(bad)), risk, member[:, tested]])
    found, variance = clustered_logistic(design, bad, cluster)
    gap, spread = np.full(len(why), np.nan), np.full(len(why), np.nan)
    gap[tested], spread[tested] = found[2:], np.sqrt(np.diag(variance)[2:])
    reach = norm.ppf((1 + LEVEL) / 2) * spread
    p = 2 * norm.sf(np.abs(gap) / spread)
    table = pandas.DataFrame({"platform": platforms, "members": member.sum(axis=0), "bads": bad @ member})
    table = table.assign(bads=table["bads"].astype(np.int64), gap=gap, low=gap - reach, high=gap + reach, p=p)
    table = table.assign(holm=holm(p))
    return table.assign(flagged=(table["holm"] < CHANCE) & (table["gap"].abs() > least), why=why)


def clustered_logistic(design: Floats, bad: Floats, cluster: Ints) -> tuple[Floats, Floats]:
    """Coefficients of a logistic regression by maximum likelihood, and their cluster-robust covariance.

    Newton's steps; the covariance is c / (c − 1) · A⁻¹ B A⁻¹ with the information A and B the sum over the c clusters
    of their scores' squares (Liang & Zeger 1986, "Longitudinal data analysis using generalized linear models"). Raises
    TrainingError where there is no maximum.
    """
    found = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        fitted = expit(design @ found)
        information = design.T @ (design * (fitted * (1 - fitted))[:, None])
        try:
            step = np.linalg.solve(information, design.T @ (bad - fitted))
        except np.linalg.LinAlgError:
            break
        found = found + step
        if np.abs(step).max() < _STILL:
            scores = design * (bad - expit(design @ found))[:, None]
            of_cluster = np.column_stack([np.bincount(cluster, column) for column in scores.T])
            inverse, c = np.linalg.inv(information), len(of_cluster)
            return found, c / (c - 1) * inverse @ (of_cluster.T @ of_cluster) @ inverse
    raise TrainingError("bias at equal risk: no maximum, as scores part bads from goods exactly")


def _untested(bad: Floats, risk: Floats, member: Bools) -> list[str]:
    """Why each platform cannot be tested; empty text where it can."""
    told = np.column_stack([np.ones(len(bad)), risk])
    why = []
    for column in member.T:
        few = min(_fewest(bad[column]), _fewest(bad[~column])) < FEWEST
        with_it = np.column_stack([told, column])
        same = np.linalg.matrix_rank(with_it) <= np.linalg.matrix_rank(told)
        why.append(
            "too few bads or goods, in it or outside"
            if few
            else "the same borrowers as other platforms"
            if same
            else ""
        )
        told = told if few or same else with_it
    return why


def _fewest(bad: Floats) -> int:
    return int(min(bad.sum(), len(bad) - bad.sum()))
