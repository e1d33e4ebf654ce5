"""Margins → log-odds that hold: Platt's calibration on a sample that the trees have not seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from creditscore.errors import TrainingError
from creditscore.model.scale import Calibration

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Below this many bads in the calibrate sample, out-of-fold margins of train and calibrate together serve.
ENOUGH_BADS = 200
# Below this many bads a pattern of absent families has no shift of its own.
ENOUGH_TO_SHIFT = 100
FOLDS = 5


def fit_calibration(
    margin: Floats,
    outcome: Floats,
    absent: Ints,
    patterns: int,
    weight: Floats | None = None,
    seen: Bools | None = None,
) -> Calibration:
    """Log-odds of bad = intercept + slope · margin + shift of the absent families, by maximum likelihood (Platt, 1999).

    `absent` is each row's pattern of absent families, one of so many `patterns`. One slope serves all, so that no
    pattern changes the order within it; a pattern of fewer than 100 bads, or of no good, has no shift of its own.
    Each row's term of the likelihood is multiplied by its `weight`, float64[rows] above 0; bads are counted unweighted.

    Rows that the trees have `seen`, bool[rows], have an intercept and a slope of their own, as their margins are too
    good, and help to tell the shifts alone: how much too good does not depend on what is absent, and there are many.

    Raises TrainingError where the slope is not above 0: the margin does not rank.
    """
    shifted = _shifted(outcome, absent, patterns)
    lines = _lines(margin, seen)
    design = np.column_stack([*lines, *(absent == pattern for pattern in shifted)])
    logistic = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(design, outcome, weight)
    slope = float(logistic.coef_[0, 0])
    if not slope > 0:
        raise TrainingError(
            f"the model does not rank unseen applications (calibration slope {slope:.3f}, expected above 0); "
            f"look for more bads, other features, or a mistake in the outcomes"
        )
    found = dict(zip(shifted, logistic.coef_[0, len(lines) :].tolist(), strict=True))
    return Calibration(
        float(logistic.intercept_[0]), slope, tuple(found.get(pattern, 0.0) for pattern in range(patterns))
    )


def _lines(margin: Floats, seen: Bools | None) -> list[Floats]:
    """The columns of the unseen rows' slope and of what the seen ones have of their own, if there are any."""
    if seen is None or not seen.any():
        return [margin]
    return [np.where(seen, 0.0, margin), seen.astype(np.float64), np.where(seen, margin, 0.0)]


def _shifted(outcome: Floats, absent: Ints, patterns: int) -> list[int]:
    """The patterns with enough bads for a shift of their own; that of no absent family is what they shift from."""
    bads = np.bincount(absent, outcome, patterns)
    goods = np.bincount(absent, 1 - outcome, patterns)
    own = [pattern for pattern in range(1, patterns) if bads[pattern] >= ENOUGH_TO_SHIFT and goods[pattern]]
    # without anybody left to shift from, the intercept is the first one's
    return own if len(own) < len(np.unique(absent)) else own[1:]


def out_of_fold(fit_and_predict: Callable[[Ints, Ints], Floats], outcome: Floats, borrowers: Ints, seed: int) -> Floats:
    """Each row's margin by a model that has not seen its borrower.

    `fit_and_predict(train, test)` fits on the rows `train` and gives the margins of the rows `test`.
    """
    if len(np.unique(borrowers)) < FOLDS or min(outcome.sum(), len(outcome) - outcome.sum()) < FOLDS:
        raise TrainingError(f"calibration out of fold needs at least {FOLDS} borrowers, bads and goods each")
    folds = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=seed)
    margin = np.empty(len(outcome))
    for train, test in folds.split(np.zeros((len(outcome), 1)), outcome, borrowers):
        margin[test] = fit_and_predict(train, test)
    return margin
