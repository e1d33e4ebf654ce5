"""The distributions that a scorecard keeps of its own making, for later months to be compared with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from creditscore.model.binned import binned
from creditscore.scorecard import Scorecard
from creditscore.scorecard.baseline import Baseline
from creditscore.scoring.assess import assess
from creditscore.training.prepared import Prepared

# Rows whose distributions are taken: of more, so many are drawn.
MOST_ROWS = 100_000


def baseline_of(card: Scorecard, prepared: Prepared, seed: int) -> Baseline:
    """The score's distribution on the calibrate sample, or test where there is none; the features' on train."""
    sample = "calibrate" if (prepared.samples == "calibrate").any() else "test"
    assessed = assess(card, prepared.matrix[_some(prepared.samples == sample, seed)])
    scorable = assessed.scorable
    first = assessed.worst[scorable, 0]
    given, times = np.unique(first[first >= 0], return_counts=True)
    train = prepared.matrix[_some(prepared.samples == "train", seed)]
    return Baseline(
        sample=sample,
        score=binned(assessed.unrounded[scorable]),
        features=tuple(binned(column) for column in train.T),
        reasons={assessed.codes[c]: n / len(first) for c, n in zip(given.tolist(), times.tolist(), strict=True)},
        not_scorable=float(1 - scorable.mean()),
    )


def _some(chosen: npt.NDArray[np.bool_], seed: int) -> npt.NDArray[np.int64]:
    rows = np.flatnonzero(chosen)
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_ROWS, replace=False))
    return rows
