"""Models fitted on the earlier part of the train sample and judged on the later: what choices of a model go by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.config import TrainConfig
from creditscore.model.fit import fit_trees
from creditscore.model.split import expanding_folds
from creditscore.model.trees import Trees, parse_model
from creditscore.reasons.shapley import contributions
from creditscore.training.prepared import Prepared

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fold:
    """Rows to fit on, and later rows of other borrowers to judge on."""

    fit: Ints
    judged: Ints


@dataclass(frozen=True)
class Tried:
    """Models of some columns, a fold's together, and their mean margins on the rows judged, fold after fold."""

    margin: Floats
    columns: Ints
    models: tuple[tuple[Trees, ...], ...]

    def worth(self, prepared: Prepared, folds: list[Fold]) -> Floats:
        """The mean absolute contribution of each column to the margins, float64[columns]."""
        found = np.zeros(len(self.columns))
        for fold, models in zip(folds, self.models, strict=True):
            later = prepared.matrix[fold.judged][:, self.columns]
            found += np.mean([np.abs(contributions(model, later)).mean(axis=0) for model in models], axis=0)
        worth: Floats = found / len(folds)
        return worth


@dataclass(frozen=True)
class Way:
    """How a model is fitted otherwise: settings over the config's, and each row's weight."""

    params: Mapping[str, Any] = field(default_factory=dict)
    weight: Floats | None = None


AS_IT_IS = Way()


def folds_of(prepared: Prepared, count: int) -> list[Fold]:
    """So many time-ordered folds of the train sample, each borrower on one side. Raises TrainingError as
    `expanding_folds` does.
    """
    rows = prepared.known("train")
    time = np.asarray(prepared.applications["as_of"].combine_chunks().cast("int64"))[rows]
    folds = expanding_folds(time, prepared.borrowers[rows], prepared.outcome[rows], count)
    return [Fold(rows[fit], rows[judged]) for fit, judged in folds]


def out_of_time(prepared: Prepared) -> list[Fold]:
    """The whole train sample, and the test sample."""
    return [Fold(prepared.known("train"), prepared.known("test"))]


def judged(folds: list[Fold]) -> Ints:
    """The rows judged, fold after fold."""
    return np.concatenate([fold.judged for fold in folds])


def place(folds: list[Fold]) -> Ints:
    """The fold of each row judged."""
    return np.repeat(np.arange(len(folds)), [len(fold.judged) for fold in folds])


def tried(
    config: TrainConfig, prepared: Prepared, folds: list[Fold], columns: Ints, seeds: int, way: Way = AS_IT_IS
) -> Tried:
    """Models of those columns, `seeds` a fold, whose margins are averaged so that chance in fitting counts for less."""
    features = [prepared.features[i] for i in columns]
    margins, found = [], []
    for fold in folds:
        X, later = prepared.matrix[fold.fit][:, columns], prepared.matrix[fold.judged][:, columns]
        weight = None if way.weight is None else way.weight[fold.fit]
        params = {**config.model.params, **way.params}
        texts = (
            fit_trees(X, prepared.outcome[fold.fit], features, params=params, seed=config.seed + i, weight=weight)
            for i in range(seeds)
        )
        models = tuple(parse_model(text) for text in texts)
        margins.append(np.mean([model.margin(later) for model in models], axis=0))
        found.append(models)
    return Tried(np.concatenate(margins), columns, tuple(found))
