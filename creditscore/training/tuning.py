"""LightGBM's settings by search, on time-ordered folds of the train sample alone (Akiba et al., 2019, "Optuna")."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from creditscore.config import TrainConfig, TuneConfig
from creditscore.model.fit import default_params, fit_trees
from creditscore.model.split import expanding_folds
from creditscore.model.trees import parse_model
from creditscore.training.prepared import Prepared

with warnings.catch_warnings():
    # in a notebook tqdm, which Optuna imports, asks for ipywidgets; no bar of its own is shown
    warnings.filterwarnings("ignore", message="IProgress not found")
    import optuna

Ints = npt.NDArray[np.int64]
Folds = list[tuple[Ints, Ints]]
Tell = Callable[[str], None]

STUDY = "tuning"


@dataclass(frozen=True)
class Trial:
    """Settings that were tried, their AUC on each fold, and from when to when (milliseconds since 1970, UTC)."""

    number: int
    params: Mapping[str, Any]
    aucs: tuple[float, ...]
    began: int = field(default=0, compare=False)
    ended: int = field(default=0, compare=False)

    @property
    def mean_auc(self) -> float:
        return float(np.mean(self.aucs))


@dataclass(frozen=True)
class Tuned:
    """All trials, the first of which has the default settings, and the best of them.

    Searches of one `fingerprint` are on the same data, features, folds and settings, so that their figures compare.
    """

    trials: tuple[Trial, ...]
    best: Trial
    fingerprint: str


def tune(config: TrainConfig, prepared: Prepared, store: Path | None = None, tell: Tell | None = None) -> Tuned:
    """Search as `model.tune` says; the config's own `model.params` stay as they are.

    Trials are kept in the SQLite file `store`, and a search that was broken off goes on from there: one on other data,
    features, folds or settings begins anew. `tell` is given a line a trial. Raises TrainingError where the train sample
    has too few bads for the folds.
    """
    asked = config.model.tune or TuneConfig()
    rows = prepared.known("train")
    time = np.asarray(prepared.applications["as_of"].combine_chunks().cast("int64"))[rows]
    folds = expanding_folds(time, prepared.borrowers[rows], prepared.outcome[rows], asked.folds)
    fingerprint = _fingerprint(config, prepared, rows)
    study = _study(store, fingerprint)
    # a search that goes on draws other settings than it drew at its beginning
    study.sampler = optuna.samplers.TPESampler(seed=config.seed + len(study.trials))
    if not study.trials:
        study.enqueue_trial(_defaults(prepared, rows))

    def objective(trial: optuna.Trial) -> float:
        aucs = _aucs(config, prepared, rows, folds, _suggested(trial) | config.model.params)
        trial.set_user_attr("aucs", aucs)
        if tell:
            tell(f"trial {trial.number + 1} of {asked.trials}: AUC {np.mean(aucs):.4f}")
        return float(np.mean(aucs))

    study.optimize(objective, n_trials=max(0, asked.trials - len(_finished(study))))
    trials = tuple(_as_trial(one, config.model.params) for one in _finished(study))
    return Tuned(trials, max(trials, key=lambda one: (one.mean_auc, -one.number)), fingerprint)


def with_params(config: TrainConfig, tuned: Tuned) -> TrainConfig:
    """The config with the best trial's settings."""
    model = config.model.model_copy(update={"params": dict(tuned.best.params)})
    return config.model_copy(update={"model": model})


def tuning_facts(config: TrainConfig, tuned: Tuned) -> dict[str, Any]:
    """What a scorecard says of the search."""
    asked = config.model.tune or TuneConfig()
    return {
        "trials": len(tuned.trials),
        "folds": asked.folds,
        "mean_auc": tuned.best.mean_auc,
        "mean_auc_of_defaults": tuned.trials[0].mean_auc,
    }


def _study(store: Path | None, fingerprint: str) -> optuna.Study:
    """The study of that fingerprint, begun or gone on with."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if store is not None:
        store.parent.mkdir(parents=True, exist_ok=True)
    return optuna.create_study(
        study_name=f"{STUDY}-{fingerprint}",
        storage=None if store is None else f"sqlite:///{store.resolve()}",
        direction="maximize",
        load_if_exists=True,
    )


def _finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))


def _as_trial(one: optuna.trial.FrozenTrial, fixed: Mapping[str, Any]) -> Trial:
    params, aucs = one.params | dict(fixed), tuple(one.user_attrs["aucs"])
    return Trial(one.number, params, aucs, _milliseconds(one.datetime_start), _milliseconds(one.datetime_complete))


def _milliseconds(local: dt.datetime | None) -> int:
    """Optuna's times are the machine's own, without a zone; a finished trial has both."""
    return round(local.timestamp() * 1_000) if local else 0


def _fingerprint(config: TrainConfig, prepared: Prepared, rows: Ints) -> str:
    """Of all that a trial's figure depends on, so that a search goes on only where figures compare."""
    asked = config.model.tune or TuneConfig()
    told = [config.seed, asked.folds, config.model.params, [feature.name for feature in prepared.features]]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for part in (prepared.matrix[rows], prepared.outcome[rows]):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]


def _aucs(config: TrainConfig, prepared: Prepared, rows: Ints, folds: Folds, params: Mapping[str, Any]) -> list[float]:
    X, outcome = prepared.matrix[rows], prepared.outcome[rows]
    found = []
    for train, judged in folds:
        text = fit_trees(X[train], outcome[train], prepared.features, params=params, seed=config.seed)
        found.append(float(roc_auc_score(outcome[judged], parse_model(text).margin(X[judged]))))
    return found


def _suggested(trial: optuna.Trial) -> dict[str, Any]:
    """Where settings are looked for."""
    return {
        "num_iterations": trial.suggest_int("num_iterations", 50, 800, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.1, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 3, 31, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 10, 200, log=True),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
        "bagging_freq": trial.suggest_int("bagging_freq", 1, 1),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.1, 1.0),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 50.0, log=True),
        "extra_trees": trial.suggest_categorical("extra_trees", [True, False]),
    }


def _defaults(prepared: Prepared, rows: Ints) -> dict[str, Any]:
    params = default_params(int(prepared.outcome[rows].sum()))
    return {"extra_trees": False, **params}
