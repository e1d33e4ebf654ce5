"""Does a decision at the cut-off treat groups alike: in approval, in approval of goods, in calibration?

Each group is compared with a reference group. Approval: the adverse impact ratio, of the four-fifths rule (29 CFR
1607.4 D). Approval of goods: the true positive rate, of equal opportunity (Hardt, Price & Srebro, 2016). Calibration:
bads observed over bads expected.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas
from scipy.stats import norm

from creditscore.errors import TrainingError
from creditscore.extras import require_fairness
from creditscore.validation.fairness.groups import NOT_GIVEN
from creditscore.validation.multiple_tests import holm
from creditscore.validation.resampling import Floats, clusters, draws, percentile_ends
from creditscore.validation.segments import FEW, labels

MEASURES = ("approval", "goods_approved", "observed_over_expected")
# Four fifths, and as far the other way.
FAR = (0.8, 1.25)
CHANCE = 0.05


def group_gaps(
    scored: pandas.DataFrame,
    group: npt.ArrayLike,
    cut_off: float,
    *,
    reference: str | None = None,
    resamples: int = 200,
    seed: int = 1,
) -> pandas.DataFrame:
    """Approval at the cut-off, approval of goods and calibration of each group; a row a measure and group.

    `scored` has borrower_id, points, pd and outcome (0, 1, NaN), `group` a label a row. Who has unrounded points at or
    above the cut-off is approved; rows without a pd are counted as not scorable and are in no other figure. `reference`
    is the group that others are compared with, by default the largest.

    Columns: measure, group, reference (whether it is), n (scorable), not_scorable, known, bads; value (`approval`: of
    the scorable; `goods_approved`: of those who turned out good; `observed_over_expected`: bads over the PDs' sum) and
    ratio (to the reference's value), both with 95% ends that resample borrowers; p_value, of the two values' difference
    against its bootstrap error, NaN where either group has fewer than 30 scorable, goods or bads, in turn (`few`), for
    the reference itself, and for rows without a label ("not given"), which are shown and tested for nothing.

    Raises TrainingError where fewer than two groups are scorable, or the reference is none of them.
    """
    label = labels(group)
    scorable = scored["pd"].notna().to_numpy()
    rows, own = scored[scorable], label[scorable]
    names, at = np.unique(own, return_inverse=True)
    base = _reference(names, at, reference)
    of, values = _counts(rows, at, len(names), cut_off), _by_fairlearn(rows, own, names, cut_off)
    drawn = np.array([_figures(copies @ of) for copies in draws(np.arange(of.shape[1]), resamples, seed)])
    basis = np.array([of[0].sum(axis=0), of[2].sum(axis=0), of[4].sum(axis=0)])
    few = (basis < FEW) | (basis[:, [base]] < FEW)
    untested = few | (np.arange(len(names)) == base) | (names == NOT_GIVEN)
    counts = {
        "n": of[0].sum(axis=0),
        "not_scorable": [int((label[~scorable] == name).sum()) for name in names],
        "known": of[2].sum(axis=0) + of[4].sum(axis=0),
        "bads": of[4].sum(axis=0),
    }
    tables = []
    for m, measure in enumerate(MEASURES):
        told = {"measure": measure, "group": names.astype(str), "reference": np.arange(len(names)) == base}
        told |= {name: np.asarray(count, np.int64) for name, count in counts.items()}
        told |= _compared(values[m], drawn[:, m], base, untested[m])
        tables.append(pandas.DataFrame(told | {"few": few[m]}))
    return pandas.concat(tables, ignore_index=True)


def with_verdicts(gaps: pandas.DataFrame) -> pandas.DataFrame:
    """The table with adjusted_p (Holm, 1979, over all of its tests) and a verdict a row.

    "alike": no more than chance, 0.05; "differs": beyond chance, the ratio within 0.8 to 1.25; "far": further from 1;
    "few": not measurable; "reference" and "not given": not compared.
    """
    adjusted = holm(gaps["p_value"].to_numpy(np.float64))
    ratio = gaps["ratio"].to_numpy(np.float64)
    tested, beyond = ~np.isnan(adjusted), adjusted < CHANCE
    near = (ratio >= FAR[0]) & (ratio <= FAR[1])
    verdict = np.select(
        [gaps["reference"].to_numpy(bool), gaps["group"] == NOT_GIVEN, ~tested, ~beyond, near],
        ["reference", NOT_GIVEN, "few", "alike", "differs"],
        "far",
    )
    return gaps.assign(adjusted_p=adjusted, verdict=verdict)


def _reference(names: npt.NDArray[Any], at: npt.NDArray[np.intp], asked: str | None) -> int:
    """The place of the group that others are compared with: the one asked for, else the largest that has a label."""
    given = [i for i, name in enumerate(names) if name != NOT_GIVEN]
    if len(given) < 2:
        raise TrainingError(f"fairness: {len(given)} groups are scorable, two are needed; check the attribute's column")
    if asked is None:
        sizes = np.bincount(at, minlength=len(names))
        return max(given, key=lambda i: (sizes[i], -i))
    if not (names == asked).any():
        raise TrainingError(f"fairness: reference '{asked}' is none of the groups, which are {', '.join(names[given])}")
    return int(np.flatnonzero(names == asked)[0])


def _counts(rows: pandas.DataFrame, at: npt.NDArray[np.intp], groups: int, cut_off: float) -> Floats:
    """By borrower and group: scorable, approved, goods, goods approved, bads, PDs of the known; float64[6, b, g]."""
    outcome = rows["outcome"].to_numpy(np.float64)
    approved = rows["points"].to_numpy(np.float64) >= cut_off
    known_pd = np.where(np.isnan(outcome), 0.0, rows["pd"].to_numpy(np.float64))
    good = outcome == 0
    cluster = clusters(rows["borrower_id"].to_numpy(), len(rows))
    cell, size = cluster * groups + at, (int(cluster.max()) + 1) * groups
    counted = (np.ones(len(rows)), approved, good, good & approved, outcome == 1, known_pd)
    return np.array([np.bincount(cell, one, size).reshape(-1, groups) for one in counted])


def _figures(sums: Floats) -> Floats:
    """The three measures of each group, float64[3, groups], of sums float64[6, groups]."""
    with np.errstate(invalid="ignore", divide="ignore"):
        figures: Floats = sums[[1, 3, 4]] / sums[[0, 2, 5]]
    return figures


def _by_fairlearn(rows: pandas.DataFrame, own: npt.NDArray[Any], names: npt.NDArray[Any], cut_off: float) -> Floats:
    """The three measures of each group, float64[3, groups], NaN where a group has none of those counted."""
    require_fairness("group gaps")
    from fairlearn.metrics import MetricFrame, selection_rate, true_positive_rate

    approved = (rows["points"].to_numpy(np.float64) >= cut_off).astype(int)
    outcome, pd = rows["outcome"].to_numpy(np.float64), rows["pd"].to_numpy(np.float64)
    known, good = ~np.isnan(outcome), outcome == 0
    asked = (
        (selection_rate, approved, approved, np.ones(len(rows), np.bool_)),
        (true_positive_rate, good.astype(int), approved, good),
        (_observed_over_expected, outcome, pd, known),
    )
    found = np.full((len(asked), len(names)), np.nan)
    for m, (metric, truth, told, which) in enumerate(asked):
        if which.any():
            frame = MetricFrame(
                metrics=metric, y_true=truth[which], y_pred=told[which], sensitive_features=own[which].astype(str)
            )
            found[m] = frame.by_group.reindex(names.astype(str)).to_numpy(np.float64)
    return found


def _observed_over_expected(outcome: npt.ArrayLike, pd: npt.ArrayLike) -> float:
    return float(np.sum(np.asarray(outcome)) / np.sum(np.asarray(pd)))


def _compared(value: Floats, drawn: Floats, base: int, untested: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Values, ratios to the reference with their ends, and the p-value of no difference."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio, ratios = value / value[base], drawn / drawn[:, [base]]
    low, high = percentile_ends(drawn)
    ratio_low, ratio_high = percentile_ends(np.where(np.isfinite(ratios), ratios, np.nan))
    difference = value - value[base]
    spread = np.array([_spread(one - drawn[:, base]) for one in drawn.T])
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(difference == 0, 1.0, 2 * norm.sf(np.abs(difference) / spread))
    ends = {"low": low, "high": high, "ratio": ratio, "ratio_low": ratio_low, "ratio_high": ratio_high}
    return {"value": value} | ends | {"p_value": np.where(untested, np.nan, p)}


def _spread(drawn: Floats) -> float:
    """The standard deviation over the resamples that tell anything."""
    told = drawn[~np.isnan(drawn)]
    return float(told.std(ddof=1)) if len(told) > 1 else np.nan
