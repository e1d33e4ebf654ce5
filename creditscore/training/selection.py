"""Which features are worth having: those above noise in most folds of the train sample, grouped by borrower.

In each fold a model is fitted on the features and on probes, shuffled copies of some of them, which can tell nothing
(the shadow features of Kursa & Rudnicki, "Feature selection with the Boruta package", 2010). A feature is above noise
in the fold where its mean absolute contribution to the margin, over the rows that the fold is judged on, exceeds that
of three in four probes: a feature of noise is so in three of five folds about once in ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from creditscore.config import SelectConfig, TrainConfig
from creditscore.errors import TrainingError
from creditscore.model.fit import fit_trees
from creditscore.model.trees import parse_model
from creditscore.reasons.shapley import contributions
from creditscore.training.prepared import Prepared, with_columns

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PROBES = 40
NOISE = 0.75
# More of a column than this share one value, or missing: there is nothing to learn from.
NEARLY_ALL = 0.999


@dataclass(frozen=True)
class Verdict:
    """Whether a feature is kept, and why: in how many of the folds it was above noise, or what is wrong with it."""

    feature: str
    kept: bool
    why: str


def select(config: TrainConfig, prepared: Prepared) -> tuple[Prepared, tuple[Verdict, ...]]:
    """The features that survive, and a verdict on each, in the features' order. Only the train sample is looked at.

    Raises TrainingError where it has too few bads for the folds, and where nothing survives.
    """
    asked = config.features.select or SelectConfig()
    rows = prepared.known("train")
    X, names = prepared.matrix[rows], [feature.name for feature in prepared.features]
    dropped = _constant(X, names) | _repeated(X, names)
    candidates = np.array([i for i, name in enumerate(names) if name not in dropped])
    above = _above_noise(config, prepared, rows, candidates, asked.folds)
    verdicts = []
    for name in names:
        if name in dropped:
            verdicts.append(Verdict(name, False, dropped[name]))
            continue
        times = int(above[:, candidates.tolist().index(names.index(name))].sum())
        why = f"above noise in {times} of {asked.folds} folds"
        verdicts.append(Verdict(name, times >= asked.share * asked.folds, why))
    return _keep(prepared, verdicts), tuple(verdicts)


def selection_facts(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """What a scorecard says of the selection: how many features were kept, and why each other was not."""
    return {
        "kept": sum(verdict.kept for verdict in verdicts),
        "dropped": {verdict.feature: verdict.why for verdict in verdicts if not verdict.kept},
    }


def _keep(prepared: Prepared, verdicts: list[Verdict]) -> Prepared:
    kept = np.array([verdict.kept for verdict in verdicts])
    if not kept.any():
        raise TrainingError(
            "features.select keeps nothing: no feature is above noise in enough folds of the train sample; look for "
            "more bads, or leave select out"
        )
    return replace(
        prepared,
        features=tuple(feature for feature, own in zip(prepared.features, kept, strict=True) if own),
        matrix=with_columns(prepared.matrix, kept),
    )


def _constant(X: Floats, names: list[str]) -> dict[str, str]:
    """Columns of which nearly all is one value or missing."""
    found = {}
    for name, column in zip(names, X.T, strict=True):
        values, counts = np.unique(column, return_counts=True, equal_nan=True)
        most = int(counts.argmax())
        if counts[most] >= NEARLY_ALL * len(column):
            what = "missing" if np.isnan(values[most]) else f"{values[most]:g}"
            found[name] = f"{what} in {counts[most] / len(column):.1%} of the train sample"
    return found


def _repeated(X: Floats, names: list[str]) -> dict[str, str]:
    """Columns that are the same as an earlier one, value for value."""
    first: dict[bytes, str] = {}
    found = {}
    for name, column in zip(names, X.T, strict=True):
        # −0 and NaNs of other bits are the same value
        earlier = first.setdefault((np.where(np.isnan(column), np.nan, column) + 0.0).tobytes(), name)
        if earlier != name:
            found[name] = f"the same as {earlier}"
    return found


def _above_noise(config: TrainConfig, prepared: Prepared, rows: Ints, candidates: Ints, folds: int) -> Bools:
    """Whether each candidate is above noise in each fold, bool[folds, candidates]."""
    draw = np.random.default_rng(config.seed)
    X, copied = _with_probes(prepared.matrix[rows][:, candidates], draw)
    own = [prepared.features[i] for i in candidates]
    features = (*own, *(replace(own[i], name=f"probe_{i}") for i in copied))
    outcome, split = prepared.outcome[rows], StratifiedGroupKFold(folds, shuffle=True, random_state=config.seed)
    found = []
    for train, judged in split.split(X, outcome, prepared.borrowers[rows]):
        text = fit_trees(X[train], outcome[train], features, params=config.model.params, seed=config.seed)
        worth = np.abs(contributions(parse_model(text), X[judged])).mean(axis=0)
        found.append(worth[: len(candidates)] > np.quantile(worth[len(candidates) :], NOISE))
    return np.array(found)


def _with_probes(X: Floats, draw: np.random.Generator) -> tuple[Floats, Ints]:
    """The columns and shuffled copies of some, each shuffled by itself; which were copied."""
    copied = draw.choice(X.shape[1], min(PROBES, X.shape[1]), replace=False)
    return np.column_stack([X, draw.permuted(X[:, copied], axis=0)]), copied
