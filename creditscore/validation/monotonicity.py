"""Does the model keep its promise that risk only grows the way the catalogue says?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.errors import TrainingError
from creditscore.features.formula import Feature
from creditscore.model.trees import Trees
from creditscore.model.trees_kernel import CATEGORICAL

Floats = npt.NDArray[np.float64]


def violations(
    trees: Trees, features: Sequence[Feature], X: Floats, values: Mapping[str, npt.ArrayLike]
) -> pandas.DataFrame:
    """How often the margin moves the wrong way while one feature of a row is raised, all others held.

    Each feature with a direction (`riskier`) is swept over its `values`, by its name, as the edges of a baseline's
    bins or `thresholds`; X is float64[rows, features], rows of real applications, missing NaN. Missing values take no
    part in the order, and are not swept. Columns: feature, riskier, steps (rows · (values − 1)), violations, worst (the
    largest wrong step, in margin). There is no tolerance, as sums of monotone leaves are monotone to the last bit: any
    count but 0 says that the constraints were not kept, and that a reason may contradict the score. Raises
    TrainingError where the features are not the trees', or a feature has no values.
    """
    names = tuple(feature.name for feature in features)
    promised = [(j, feature) for j, feature in enumerate(features) if feature.riskier]
    lacking = [feature.name for _, feature in promised if feature.name not in values]
    if names != trees.feature_names or lacking:
        raise TrainingError(
            f"monotonicity: expected the features of the trees in their order, and values for each with a direction; "
            f"without values: {', '.join(lacking) or 'none'}"
        )
    rows = [
        {"feature": feature.name, "riskier": feature.riskier}
        | _wrong_steps(trees, X, j, np.asarray(values[feature.name], np.float64), feature.riskier == "higher")
        for j, feature in promised
    ]
    return pandas.DataFrame(rows, columns=["feature", "riskier", "steps", "violations", "worst"])


def thresholds(trees: Trees) -> dict[str, Floats]:
    """All values at which the trees can tell a feature's values apart, rising: a sweep over them leaves nothing out.

    Of each numerical node they are the threshold itself, which goes left, and the next float64, which goes right.
    """
    nodes = trees.nodes
    numerical = (nodes.decision & CATEGORICAL == 0) & np.isfinite(nodes.threshold)
    found = {}
    for j, name in enumerate(trees.feature_names):
        own = nodes.threshold[numerical & (nodes.feature == j)]
        found[name] = np.unique(np.concatenate([own, np.nextafter(own, np.inf)]))
    return found


def _wrong_steps(trees: Trees, X: Floats, column: int, values: Floats, rising: bool) -> dict[str, float]:
    swept, margins = X.copy(), np.empty((len(values), len(X)))
    for k, value in enumerate(np.sort(values)):
        swept[:, column] = value
        margins[k] = trees.margin(swept)
    step = np.diff(margins, axis=0)
    wrong = np.maximum(-step if rising else step, 0.0)
    return {"steps": wrong.size, "violations": int((wrong > 0).sum()), "worst": float(wrong.max(initial=0.0))}
