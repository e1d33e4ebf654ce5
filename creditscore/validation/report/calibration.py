"""Do the PDs hold: by bin, by grade, by sample, and the tests on them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas

from creditscore.errors import TrainingError
from creditscore.scorecard import Scorecard
from creditscore.validation.goodness import brier_parts, calibration_by_sample, hosmer_lemeshow
from creditscore.validation.metrics import calibration_table
from creditscore.validation.report.plain import records, scorable


def bins_for(bads: int) -> int:
    """Ten bins, fewer where there are not ten bads for each."""
    return min(10, max(2, bads // 10))


def by_bin(rows: pandas.DataFrame, bads: int) -> list[dict[str, Any]]:
    """Expected and observed bad rates in bins of equal size."""
    return records(calibration_table(rows["outcome"], rows["pd"], bins=bins_for(bads)))


def tests(rows: pandas.DataFrame, bads: int, fitted_here: bool) -> dict[str, Any]:
    """Hosmer & Lemeshow's test (None where no bin is left for it) and the Brier score in its parts."""
    count, estimated = bins_for(bads), 2 if fitted_here else 0
    enough = len(calibration_table(rows["outcome"], rows["pd"], bins=count)) > estimated
    test = hosmer_lemeshow(rows["outcome"], rows["pd"], count, estimated=estimated) if enough else None
    parts = asdict(brier_parts(rows["outcome"], rows["pd"], count))
    return {"hosmer_lemeshow": None if test is None else asdict(test), "brier": parts}


def by_sample(scored: pandas.DataFrame) -> list[dict[str, Any]]:
    """Level and slope of calibration, sample by sample."""
    if not (scored["pd"].notna() & scored["outcome"].notna()).any():
        return []
    return records(calibration_by_sample(scored))


def master_scale(scored: pandas.DataFrame, rows: pandas.DataFrame, card: Scorecard) -> list[dict[str, Any]]:
    """Each grade's PDs and points, and its share of scorable applications in the rows shown and in the train sample."""
    grades = card.grades
    names, ends = list(grades.names), [0.0, *grades.upper, 1.0]
    train = scorable(scored[scored["sample"] == "train"])
    now, then = (each["grade"].value_counts().reindex(names, fill_value=0) for each in (scorable(rows), train))
    table = pandas.DataFrame(
        {
            "grade": names,
            "pd_from": ends[:-1],
            "pd_to": ends[1:],
            "points_from": [_points(card, end) for end in ends[1:]],
            "applications": now.to_numpy(),
            "share": (now / max(now.sum(), 1)).to_numpy(),
            "train_share": (then / then.sum()).to_numpy() if len(train) else np.nan,
        }
    )
    return records(table)


def _points(card: Scorecard, pd: float) -> float:
    """Points at a PD; the scale's lowest at 1."""
    if pd <= 0 or pd > 1:
        raise TrainingError(f"a master scale's ends lie in 0 … 1, got {pd:g}; make the scorecard's grades anew")
    if pd == 1:
        return float(card.scale.lowest)
    return float(card.scale.points(np.array(np.log(pd / (1 - pd)))))
