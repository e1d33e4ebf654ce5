"""How much each feature moves the score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.scorecard import Scorecard
from creditscore.scorecard.card import ALL

# Rows whose mean is taken, evenly drawn where there are more: theirs is sharp enough.
MOST_EXPLAINED = 10_000


def importance(card: Scorecard, X: npt.NDArray[np.float64]) -> pandas.DataFrame:
    """Each feature's mean absolute points over rows of X, float64[rows, features], against all applicants, most first:
    feature, description, reason, mean_abs_points.
    """
    points = card.scale.factor * card.calibration.slope * np.abs(card.explainer(ALL).contributions(X)).mean(axis=0)
    rows = [(f.name, f.en, f.reason, worth) for f, worth in zip(card.features, points.tolist(), strict=True)]
    table = pandas.DataFrame(rows, columns=["feature", "description", "reason", "mean_abs_points"])
    return table.sort_values("mean_abs_points", ascending=False, kind="stable", ignore_index=True)
