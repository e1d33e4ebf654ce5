"""Do reasons stay when the model or the reference is made anew? How often two rankings of reasons agree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from creditscore.errors import TrainingError

Ints = npt.NDArray[np.int64]

MEASURES = ("first_kept", "set_kept", "overlap")


def rank_agreement(before: Ints, after: Ints) -> dict[str, float]:
    """How two rankings of each row's reasons agree, as means over rows; int64[rows, shown], codes, −1 for none.

    - `first_kept`: the first reason is the same (none twice is the same);
    - `set_kept`: the reasons shown are the same, in whatever order;
    - `overlap`: Jaccard's index of the two sets, codes in both over codes in either (1 where both are empty).

    Raises TrainingError for no row, or other shapes.

    >>> rank_agreement(np.array([[1, 2, -1], [3, 4, 5]]), np.array([[1, -1, -1], [4, 3, 5]]))
    {'first_kept': 0.5, 'set_kept': 0.5, 'overlap': 0.75}
    """
    if before.shape != after.shape or not before.size:
        raise TrainingError(f"rankings of reasons: expected the same rows twice, got {before.shape} and {after.shape}")
    given, given_then = before >= 0, after >= 0
    shared = ((before[:, :, None] == after[:, None, :]) & given[:, :, None]).any(axis=2).sum(axis=1)
    either = given.sum(axis=1) + given_then.sum(axis=1) - shared
    overlap = np.divide(shared, either, out=np.ones(len(before)), where=either > 0)
    return {
        "first_kept": float((before[:, 0] == after[:, 0]).mean()),
        "set_kept": float((shared == either).mean()),
        "overlap": float(overlap.mean()),
    }
