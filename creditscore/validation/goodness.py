"""Do the PDs hold: Hosmer & Lemeshow's test, the Brier score in its parts, and calibration sample by sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas
from scipy.stats import chi2

from creditscore.errors import TrainingError
from creditscore.validation.cox import cox_calibration
from creditscore.validation.estimates import UNKNOWN, as_columns
from creditscore.validation.metrics import brier, calibration_table, observed_over_expected


@dataclass(frozen=True)
class HosmerLemeshow:
    """Bads against expected bads, bin by bin; a small `p_value` says that the PDs do not hold in some bin.

    In large samples it is small for errors that matter to nobody, in small ones large for those that do: read it beside
    the calibration slope and the bins' own intervals.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float


@dataclass(frozen=True)
class BrierParts:
    """score = reliability − resolution + uncertainty + within (Murphy, 1973, "A new vector partition").

    `reliability`: how far bins' bad rates are from their mean PDs, 0 at best. `resolution`: how far they are from each
    other, more is better. `uncertainty`: bad rate · (1 − bad rate), which no model changes. `within`: what PDs that
    differ inside a bin add (Stephenson, Coelho & Jolliffe, 2008), 0 for a bin a PD.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def hosmer_lemeshow(outcome: npt.ArrayLike, pd: npt.ArrayLike, bins: int = 10, *, estimated: int = 0) -> HosmerLemeshow:
    """Hosmer & Lemeshow's Ĉ over `calibration_table`'s bins: Σ (bads − expected)² / (expected · (1 − mean PD)).

    Chi-square with as many degrees of freedom as bins, less the parameters of the PDs that were `estimated` on this
    very sample: 0 out of time, 2 for a logistic regression's own sample (Hosmer & Lemeshow, Applied Logistic
    Regression, 2000, chapter 5). Raises TrainingError where no degree is left, or no outcome is known.
    """
    table = calibration_table(outcome, pd, bins)
    free = len(table) - estimated
    if free < 1:
        raise TrainingError(
            f"Hosmer & Lemeshow's test: {len(table)} bins leave no degree of freedom beside {estimated} estimated "
            f"parameters; ask for more bins, or give a sample whose PDs differ"
        )
    expected = (table["n"] * table["expected"]).to_numpy()
    spread = np.maximum(expected * (1 - table["expected"].to_numpy()), 1e-100)  # PDs of 0 or 1
    statistic = float(((table["bads"].to_numpy() - expected) ** 2 / spread).sum())
    return HosmerLemeshow(statistic, free, float(chi2.sf(statistic, free)))


def brier_parts(outcome: npt.ArrayLike, pd: npt.ArrayLike, bins: int = 10) -> BrierParts:
    """The Brier score and its parts over `calibration_table`'s bins: whether it is bought by calibration or by ranking.

    >>> parts = brier_parts([0, 0, 0, 1, 1, 0], [0.2, 0.2, 0.2, 0.2, 0.7, 0.7], bins=2)
    >>> [round(float(part), 6) for part in (parts.reliability, parts.resolution, parts.uncertainty, parts.within)]
    [0.015, 0.013889, 0.222222, 0.0]
    """
    table, score = calibration_table(outcome, pd, bins), brier(outcome, pd)
    share = (table["n"] / table["n"].sum()).to_numpy()
    expected, observed = table["expected"].to_numpy(), table["observed"].to_numpy()
    bad_rate = float(share @ observed)
    reliability = float(share @ (expected - observed) ** 2)
    resolution = float(share @ (observed - bad_rate) ** 2)
    uncertainty = bad_rate * (1 - bad_rate)
    return BrierParts(score, reliability, resolution, uncertainty, score - reliability + resolution - uncertainty)


def calibration_by_sample(scored: pandas.DataFrame) -> pandas.DataFrame:
    """Calibration of each sample, in the order in which they come: where PDs hold, and since when they do not.

    `scored` has sample, borrower_id, pd and outcome (0, 1, NaN); rows without a pd are left out. Columns: sample, n
    (outcome known), bads, bad_rate, mean_pd, brier, then value, _low and _high of observed_over_expected, intercept,
    slope and in_the_large (`cox_calibration`; NaN for one class only). Samples without a known outcome are left out.
    """
    known = scored[scored["outcome"].notna() & scored["pd"].notna()]
    rows = [{"sample": name} | _sample(rows) for name, rows in known.groupby("sample", sort=False, observed=True)]
    return pandas.DataFrame(rows)


def _sample(rows: pandas.DataFrame) -> dict[str, Any]:
    outcome, pd, n, bads = rows["outcome"], rows["pd"], len(rows), int(rows["outcome"].sum())
    figures = {"observed_over_expected": observed_over_expected(outcome, pd)}
    cox = cox_calibration(outcome, pd, rows["borrower_id"]) if 0 < bads < n else None
    for name in ("intercept", "slope", "in_the_large"):
        figures[name] = getattr(cox, name) if cox else UNKNOWN
    counts = {"n": n, "bads": bads, "bad_rate": bads / n, "mean_pd": float(pd.mean()), "brier": brier(outcome, pd)}
    return counts | as_columns(figures)
