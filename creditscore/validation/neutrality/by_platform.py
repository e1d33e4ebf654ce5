"""Coverage, calibration, ranking and approval among each platform's borrowers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.validation.cox import cox_calibration
from creditscore.validation.estimates import UNKNOWN, as_columns
from creditscore.validation.metrics import Estimate, discrimination, jeffreys, observed_over_expected
from creditscore.validation.neutrality.membership import Bools, Membership
from creditscore.validation.resampling import clusters, draws, percentile_ends
from creditscore.validation.segments import FEW

Floats = npt.NDArray[np.float64]


def by_platform(
    scored: pandas.DataFrame, members: Membership, cut_off: float | None = None, *, resamples: int = 200, seed: int = 1
) -> pandas.DataFrame:
    """A row a platform: its borrowers' share of the applications, and how well their scores hold.

    `scored` has borrower_id, points, pd and outcome (0, 1, NaN), row for row with `members`; whoever is on several
    platforms is in the row of each. Columns: platform, tables (that it supplies), alone (applications with events of
    this platform only), and with ends _low and _high coverage (share of all applications, with or without a score) and
    approval_rate (at or above `cut_off` points, of those with a score): percentiles over resampled borrowers; then of
    those with a score and an outcome n, bads, mean_pd, bad_rate, observed_over_expected (Jeffreys), slope (Cox), auc
    (bootstrap), and few: fewer than 30 bads or goods. NaN where it cannot be measured.
    """
    of = members.any
    rows = []
    for p, name in enumerate(members.platforms):
        own = of[:, p]
        supplies = [table for table in members.tables if members.tables[table][:, p].any()]
        told = {"platform": name, "tables": ", ".join(supplies), "alone": int((own & (of.sum(axis=1) == 1)).sum())}
        rows.append(told | _shares(scored, own, cut_off, resamples, seed) | _judged(scored[own], resamples, seed))
    return pandas.DataFrame(rows)


def _shares(scored: pandas.DataFrame, own: Bools, cut_off: float | None, resamples: int, seed: int) -> dict[str, float]:
    """Coverage of all applications, and approval of those that have a score."""
    has_score = own & scored["pd"].notna().to_numpy()
    approved = has_score & (scored["points"].to_numpy(np.float64) >= (np.inf if cut_off is None else cut_off))
    parts = np.column_stack([np.ones(len(own)), own, has_score, approved]).astype(np.float64)
    cluster = clusters(scored["borrower_id"], len(scored))
    sums = np.column_stack([np.bincount(cluster, column) for column in parts.T])
    drawn = np.array([_of_sums(copies @ sums) for copies in draws(cluster, resamples, seed)])
    value, (low, high) = _of_sums(sums.sum(axis=0)), percentile_ends(drawn)
    figures = [Estimate(*(float(one[i]) for one in (value, low, high))) for i in (0, 1)]
    return as_columns({"coverage": figures[0], "approval_rate": UNKNOWN if cut_off is None else figures[1]})


def _of_sums(sums: Floats) -> Floats:
    """Coverage and approval rate, of the counts of all, of members, of those scored and approved."""
    everyone, own, has_score, approved = sums
    return np.array([own / everyone, approved / has_score if has_score else np.nan])


def _judged(rows: pandas.DataFrame, resamples: int, seed: int) -> dict[str, float]:
    """Calibration and ranking of those with a score and an outcome."""
    rows = rows[rows["pd"].notna() & rows["outcome"].notna()]
    outcome, pd, n, bads = rows["outcome"], rows["pd"], len(rows), int(rows["outcome"].sum())
    figures = dict.fromkeys(("bad_rate", "observed_over_expected", "slope", "auc"), UNKNOWN)
    if n:
        low, high = jeffreys(bads, n)
        figures["bad_rate"] = Estimate(bads / n, float(low), float(high))
        figures["observed_over_expected"] = observed_over_expected(outcome, pd)
    if min(bads, n - bads) > 0:
        figures["slope"] = cox_calibration(outcome, pd, rows["borrower_id"]).slope
        figures["auc"] = discrimination(outcome, pd, rows["borrower_id"], resamples=resamples, seed=seed).auc
    counted = {"n": n, "bads": bads, "mean_pd": float(pd.mean()) if n else np.nan}
    return counted | as_columns(figures) | {"few": min(bads, n - bads) < FEW}
