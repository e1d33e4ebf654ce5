"""Are the directions that the catalogue promises kept by the trees?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.scorecard import Scorecard
from creditscore.validation.monotonicity import thresholds, violations
from creditscore.validation.report.plain import records

# Rows scored in all, over the sweeps of all features.
EFFORT = 150_000


def monotone(card: Scorecard, X: npt.NDArray[np.float64]) -> dict[str, Any] | None:
    """Wrong steps over all values that the trees can tell apart, in as many rows of X as the effort allows."""
    values = thresholds(card.trees)
    steps = sum(len(values[feature.name]) for feature in card.features if feature.riskier)
    rows = X[: int(np.clip(EFFORT // max(steps, 1), 5, 100))]
    if not len(rows):
        return None
    table = violations(card.trees, card.features, rows, values)
    return {
        "features": len(table),
        "rows": len(rows),
        "steps": int(table["steps"].sum()),
        "violations": int(table["violations"].sum()),
        "broken": records(table[table["violations"] > 0]),
    }
