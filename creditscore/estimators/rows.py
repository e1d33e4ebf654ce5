"""What a model is fitted to, checked as scikit-learn checks it: outcomes, weights and borrowers, row for row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight

from creditscore.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """X, float64[rows, features], missing NaN; `outcome` 0 good, 1 bad; `weight` or None; `borrowers` as numbers."""

    X: Floats
    outcome: Floats
    weight: Floats | None
    borrowers: Ints

    def of(self, rows: Ints) -> Rows:
        """Some of the rows, by number."""
        weight = None if self.weight is None else self.weight[rows]
        return Rows(self.X[rows], self.outcome[rows], weight, self.borrowers[rows])

    def weighing(self) -> Rows:
        """Without the rows that weigh nothing: the borrowers numbered as though these had never been there."""
        if self.weight is None:
            return self
        some = self.of(np.flatnonzero(self.weight))
        return replace(some, borrowers=pd.factorize(some.borrowers)[0])


def classes_of(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The two classes, sorted, or the only one. Raises ValueError for more, and for numbers that are no classes."""
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind != "binary":
        # in these words, which scikit-learn's own checks look for
        raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
    return np.unique(y)


def weights_of(sample_weight: Any, X: Floats) -> Floats | None:
    """Weights from 0, one a row. Raises ValueError for others."""
    if sample_weight is None:
        return None
    weight: Floats = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    return weight


def borrowers_of(groups: Any, X: Floats) -> Ints:
    """The borrowers of the rows, numbered by appearance, as training does; without groups each row is another."""
    if groups is None:
        return np.arange(len(X))
    check_consistent_length(X, groups)
    numbers: Ints = pd.factorize(np.asarray(groups))[0].astype(np.int64)
    if (numbers < 0).any():
        raise InputError("groups: some rows have none; give each row the borrower that it is of")
    return numbers


def seed_of(random_state: Any) -> int:
    """The seed: a whole number is one itself, so that it trains the same trees everywhere."""
    if isinstance(random_state, (int, np.integer)):
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
