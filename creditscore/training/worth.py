"""What each data family is worth: how much worse applications are told apart by a model that never saw it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.config import TrainConfig
from creditscore.model.fit import fit_trees
from creditscore.model.presence import Presence
from creditscore.model.trees import parse_model
from creditscore.training.prepared import Prepared
from creditscore.validation.approval_mix import CHANGES, FIGURES, approval_mix
from creditscore.validation.challenger import compare_auc
from creditscore.validation.metrics import FEWEST
from creditscore.validation.report.origin import evenly

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Rows that a model is fitted on, and judged on: of more, so many are drawn, so that the cost has an end.
MOST_ROWS = 50_000

# A history shorter than this is a thin file.
THIN_BELOW_DAYS = 365.0
# Models whose margins are averaged on each side, so that chance in fitting is no family's worth.
SEEDS = 3
LENGTH_OF_HISTORY = "H01"


def family_worth(
    config: TrainConfig, prepared: Prepared, *, approval_rate: float = 0.8, sample: str = "test", seeds: int = SEEDS
) -> pandas.DataFrame:
    """The AUC out of time with and without each family, and whom a lender would approve by it; a row a family and file.

    For each family a model is fitted on the train sample (at most 50,000 rows of it, evenly drawn) without the features
    that read it, its settings those of the whole; both are judged on the same applications, all of them, and those of
    thin and of thick files apart.

    Columns: family, features (that read it), file (all, thin, thick), n, bads, auc_with, auc_without, worth (their
    difference), low, high (its 95% interval, resampling borrowers), and `approval_mix`'s of that file, where each model
    approves the `approval_rate` of all applications with the lowest risk. NaN where a file has fewer than 10 bads or
    goods. A worth below 0 is chance, or what fitting on noise costs.
    """
    judged = evenly(prepared.known(sample), MOST_ROWS)
    presence = Presence.of(prepared.features)
    whole = _risk(config, prepared, judged, np.ones(len(prepared.features), np.bool_), seeds)
    files = _files(prepared, judged)
    rows = []
    for f, family in enumerate(presence.families):
        reads = presence.read >> f & 1 == 1
        without = _risk(config, prepared, judged, ~reads, seeds)
        for name, own in files.items():
            told = _compared(prepared, judged, own, without, whole, approval_rate)
            rows.append({"family": family, "features": int(reads.sum()), "file": name, **told})
    return pandas.DataFrame(rows, columns=["family", "features", "file", "n", "bads", *_FIGURES])


def _risk(config: TrainConfig, prepared: Prepared, judged: Ints, columns: npt.NDArray[np.bool_], seeds: int) -> Floats:
    """The mean margin of some models of those columns, float64[judged]; the same for all without a column."""
    if not columns.any():
        return np.zeros(len(judged))
    train, kept = evenly(prepared.known("train"), MOST_ROWS), np.flatnonzero(columns)
    features = [prepared.features[i] for i in kept]
    X, later = prepared.matrix[train][:, kept], prepared.matrix[judged][:, kept]
    margins = [
        parse_model(
            fit_trees(X, prepared.outcome[train], features, params=config.model.params, seed=config.seed + i)
        ).margin(later)
        for i in range(seeds)
    ]
    mean: Floats = np.mean(margins, axis=0)
    return mean


def _files(prepared: Prepared, judged: Ints) -> Mapping[str, npt.NDArray[np.bool_]]:
    """All rows, and those of thin and of thick files where the length of history is among the features."""
    everyone = np.ones(len(judged), np.bool_)
    length = [i for i, feature in enumerate(prepared.features) if feature.reason == LENGTH_OF_HISTORY]
    if not length:
        return {"all": everyone}
    days = prepared.matrix[judged][:, length[0]]
    thin = ~(days >= THIN_BELOW_DAYS)
    return {"all": everyone, "thin": thin, "thick": ~thin}


def _compared(
    prepared: Prepared, judged: Ints, own: Bools, without: Floats, whole: Floats, rate: float
) -> dict[str, float]:
    outcome, borrowers = prepared.outcome[judged], prepared.borrowers[judged]
    bads = int(outcome[own].sum())
    counted: dict[str, float] = {"n": int(own.sum()), "bads": bads}
    if min(bads, own.sum() - bads) < FEWEST:
        return {**counted, **dict.fromkeys(_FIGURES, np.nan)}
    found = compare_auc(outcome[own], without[own], whole[own], borrowers[own])
    worth = found.bootstrap
    figures = (found.challenger, found.champion, worth.value, worth.low, worth.high)
    mix = approval_mix(outcome, whole, without, own, borrowers, rate)
    return {**counted, **dict(zip(_AUCS, figures, strict=True)), **mix}


_AUCS = ("auc_with", "auc_without", "worth", "low", "high")
_MIX = (*FIGURES, *(name + end for name in CHANGES for end in ("", "_low", "_high")))
_FIGURES = (*_AUCS, *_MIX)
