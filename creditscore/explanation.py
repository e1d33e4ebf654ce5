"""`explain`: SHAP values as `shap` takes them, so that its waterfall, beeswarm and bar plots show a scorecard's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from creditscore.errors import RequestError
from creditscore.extras import require_train
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import in_points
from creditscore.scoring.request import row_matrix, table_matrix, to_arrow

Unit = Literal["points", "log-odds"]


def explain(card: Scorecard, features: Any, *, reference: str | None = None, unit: Unit = "points") -> Any:
    """What each feature adds to each score, as a `shap.Explanation` of float64[rows, features].

    `features` is a mapping of one row or a table (Arrow, pandas, Polars), its columns matched by name. The values are
    exact interventional SHAP values (Lundberg et al., 2020) against the population of the id `reference`, by default
    the scorecard's first; `base_values` are that population's mean. With it each row sums to its unrounded points, or
    in the unit "log-odds" to its calibrated log-odds of bad: what costs points adds to those.

    Raises RequestError for a feature that is missing or infinite, for an unknown reference, and for another unit;
    MissingExtraError where the extra `train` is not installed.
    """
    require_train("explain()")
    import shap

    if unit not in ("points", "log-odds"):
        raise RequestError(f"unit: expected 'points' or 'log-odds', got {unit!r:.80}")
    X = row_matrix(card, features) if isinstance(features, Mapping) else table_matrix(card, to_arrow(features))
    contributions = card.explainer(reference).contributions(X)
    calibration = card.calibration
    if unit == "points":
        values, base = in_points(card, contributions), card.mean_points(reference)
    else:
        values = calibration.slope * contributions
        base = calibration.intercept + calibration.slope * card.explainer(reference).expected
    return shap.Explanation(
        values=values, base_values=np.full(len(X), base), data=X, feature_names=list(card.plan.names)
    )
