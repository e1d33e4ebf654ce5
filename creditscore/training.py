"""From a config to a scorecard, its report and its registration: the steps of training, in order."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from creditscore import __version__
from creditscore.config import SourceConfig, TrainConfig, folder_of
from creditscore.errors import ConfigError, TrainingError
from creditscore.events.load import Source, load_events
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.events.store import Store
from creditscore.events.storing import temporary_store
from creditscore.features.build import matrix_of
from creditscore.features.catalogue import FAMILIES
from creditscore.features.define import flatten
from creditscore.features.formula import Feature
from creditscore.features.plan import make_plan
from creditscore.model.calibrate import ENOUGH_BADS, fit_calibration, out_of_fold
from creditscore.model.fit import default_params, fit_trees
from creditscore.model.scale import MASTER_SCALE, Calibration, Scale
from creditscore.model.split import RETURNING, UNUSED, split_samples
from creditscore.model.trees import parse_model
from creditscore.reasons.codes import CODES, codes_of
from creditscore.reasons.shapley import contributions
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import assess, to_table
from creditscore.scoring.conformance import make_vectors

Matrix = npt.NDArray[np.float64]
MOST_EXPLAINED = 10_000


@dataclass(frozen=True)
class Prepared:
    """What a model is made from: features of every application in a sample, row for row with `applications`.

    `left_out` names the features that are missing throughout the train sample: no model could use them.
    """

    applications: pa.Table
    features: tuple[Feature, ...]
    matrix: Matrix
    outcome: Matrix
    samples: npt.NDArray[np.str_]
    borrowers: npt.NDArray[np.int64]
    left_out: tuple[str, ...] = ()

    def known(self, *names: str) -> npt.NDArray[np.int64]:
        """The rows of those samples whose outcome is good or bad."""
        return np.flatnonzero(np.isin(self.samples, names) & ~np.isnan(self.outcome))


@dataclass(frozen=True)
class Trained:
    """A scorecard, every sampled application's score (a row each), and each feature's worth in points."""

    card: Scorecard
    scored: pd.DataFrame
    importance: pd.DataFrame
    parameters: Mapping[str, Any]


class Progress:
    """Shows a step while it runs (`busy` gives what to show, as rich's `Console.status`), and tells it when it ends."""

    def __init__(self, busy: Callable[[str], AbstractContextManager[Any]], tell: Callable[[str], None]) -> None:
        self._busy, self._tell = busy, tell

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """A step; what is put into the list is told with its seconds when it ends."""
        start, told = perf_counter(), list[str]()
        with self._busy(f"{name} …"):
            yield told
        self._tell(f"{name:<10} {', '.join(told)}  [dim]{perf_counter() - start:.1f} s[/dim]")


def read_events(config: TrainConfig, path: Path, data: Path | None = None) -> Events:
    """The config's events, mapped onto the contract."""
    return load_events(**sources_of(config, path, data))


@contextmanager
def reading(config: TrainConfig, path: Path, data: Path | None = None) -> Iterator[Events | Store]:
    """The config's events: in memory, or where it sets a `memory_limit` in a temporary store."""
    if config.memory_limit is None:
        yield read_events(config, path, data)
    else:
        with temporary_store(**sources_of(config, path, data)) as store:
            yield store


def sources_of(config: TrainConfig, path: Path, data: Path | None = None) -> dict[str, Any]:
    """What the config says of its events, as `load_events` and `store_events` take it."""
    folder = folder_of(config.events, path, data)
    if not folder.is_dir():
        raise ConfigError(f"{path}: events.folder: no such folder: {folder}; correct it, or give --data FOLDER")
    tables: dict[str, Any] = {
        name: [_source(source, folder) for source in sources]
        for name, sources in config.events.tables().items()
        if sources
    }
    return {**tables, "currency": config.events.currency, "quarantine_limit": config.events.quarantine_limit}


def chosen_features(config: TrainConfig) -> tuple[Feature, ...]:
    """The families of the catalogue that the config names, and the features of the agency's own modules."""
    families = [FAMILIES[name] for name in config.features.families]
    return flatten([*families, *(_features_in(module) for module in config.features.modules)])


def prepare(config: TrainConfig, events: Events | Store, features: tuple[Feature, ...]) -> Prepared:
    """Build the features of all applications that fall in a sample. Raises TrainingError where none has a history."""
    codes_of(features)
    applications = events.applications
    if applications is None or not any(events.rows.get(name) for name in EVENT_TABLES):
        raise TrainingError(
            "training needs applications and at least one table of events: name their files under events"
        )
    samples = split_samples(applications, _periods(config))
    used = samples != UNUSED
    rows = applications.filter(pa.array(used))
    matrix = matrix_of(make_plan(features), events, rows, memory_limit=config.memory_limit)
    _check_history(features, matrix)
    present = np.asarray(~np.isnan(matrix[samples[used] == "train"]).all(axis=0))
    kept = tuple(feature for feature, is_present in zip(features, present, strict=True) if is_present)
    return Prepared(
        applications=rows,
        features=kept,
        matrix=np.ascontiguousarray(matrix[:, present]),
        outcome=rows["outcome"].cast(pa.float64()).to_numpy(),
        samples=samples[used],
        borrowers=rows["borrower_id"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64),
        left_out=tuple(feature.name for feature in features if feature not in set(kept)),
    )


def fit(config: TrainConfig, prepared: Prepared) -> Trained:
    """Trees, calibration and scorecard, and the score of every application."""
    rows = prepared.known("train")
    model = _fit(config, prepared, rows)
    parameters = {**default_params(int(prepared.outcome[rows].sum())), **config.model.params, "seed": config.seed}
    calibration, calibrated_on = calibrate(config, prepared, model)
    more = {"calibrated_on": calibrated_on, "currency": config.events.currency, "parameters": parameters}
    card = _card(config, prepared, model, calibration, more)
    return Trained(card, score_all(card, prepared), importance(card, prepared), parameters)


def calibrate(config: TrainConfig, prepared: Prepared, model: str) -> tuple[Calibration, str]:
    """Platt's calibration, and on what: the calibrate sample, or out-of-fold margins where it has too few bads."""
    rows = prepared.known("calibrate")
    if prepared.outcome[rows].sum() >= ENOUGH_BADS:
        return fit_calibration(
            parse_model(model).margin(prepared.matrix[rows]), prepared.outcome[rows]
        ), "the calibrate sample"
    rows = prepared.known("train", "calibrate")

    def fit_and_predict(train: npt.NDArray[np.int64], test: npt.NDArray[np.int64]) -> Matrix:
        return parse_model(_fit(config, prepared, rows[train])).margin(prepared.matrix[rows[test]])

    margin = out_of_fold(fit_and_predict, prepared.outcome[rows], prepared.borrowers[rows], config.seed)
    return fit_calibration(margin, prepared.outcome[rows]), "out-of-fold margins of train and calibrate"


def score_all(card: Scorecard, prepared: Prepared) -> pd.DataFrame:
    """Every sampled application with its sample, outcome, score and reasons."""
    table = to_table(card, assess(card, prepared.matrix))
    scored = table.drop_columns(["points"]).rename_columns({"unrounded_points": "points"}).to_pandas()
    known = prepared.applications.select(["application_id", "borrower_id", "as_of"]).to_pandas()
    together: pd.DataFrame = pd.concat([known, scored], axis=1)
    return together.assign(sample=prepared.samples, outcome=prepared.outcome)


def importance(card: Scorecard, prepared: Prepared) -> pd.DataFrame:
    """Each feature's mean absolute points over the train sample (its first rows, where it is large), most first."""
    matrix = prepared.matrix[prepared.samples == "train"][:MOST_EXPLAINED]
    points = card.scale.factor * card.calibration.slope * np.abs(contributions(card.trees, matrix)).mean(axis=0)
    rows = [(f.name, f.en, f.reason, worth) for f, worth in zip(card.features, points.tolist(), strict=True)]
    table = pd.DataFrame(rows, columns=["feature", "description", "reason", "mean_abs_points"])
    return table.sort_values("mean_abs_points", ascending=False, kind="stable", ignore_index=True)


def facts_of(config: TrainConfig, trained: Trained, prepared: Prepared) -> dict[str, Any]:
    """What the report says of the training beside its figures."""
    facts = trained.card.facts
    return {
        "name": config.name,
        "model_id": trained.card.model_id,
        "digest": trained.card.digest,
        "population": config.population,
        "pd_horizon_months": config.pd_horizon_months,
        "cut_off": None,
        "reference": f"{trained.card.reference['rule']}; mean {trained.card.mean_points:.1f} points",
        "samples": {name: f"{start or '…'} to {until or '…'}" for name, (start, until) in _periods(config).items()},
        "parameters": dict(trained.parameters),
        "versions": facts["versions"],
        "codes": {code: words.officer_en for code, words in CODES.items()},
        "seed": config.seed,
        "sensitivities": [f"{count} features: {label}" for label, count in facts["sensitivities"].items()],
        "notes": [
            f"Calibrated on {facts['calibrated_on']}.",
            f"{len(prepared.left_out)} features were left out: missing throughout the train sample.",
            "Labels of the train sample may not yet have been known on the first day of the test sample, unless the "
            "config leaves a performance window between them.",
        ],
    }  # fmt: skip


def _source(config: SourceConfig, folder: Path) -> Source:
    return Source(
        folder / config.files,
        platform=config.platform,
        columns={name: tuple(own) if isinstance(own, list) else own for name, own in config.columns.items()},
        values=config.values,
        constants=config.constants,
        timezone=config.timezone,
        time_format=config.time_format,
    )


def _features_in(module: str) -> list[Feature]:
    """A module's public features; modules beside the place where the command runs are found too."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        content = vars(importlib.import_module(module))
    except ImportError as error:
        raise ConfigError(
            f"features.modules: cannot import '{module}' ({error}); install it, or run beside it"
        ) from None
    public = [value for name, value in content.items() if not name.startswith("_")]
    found = [f for value in public if isinstance(value, (tuple, list)) for f in value if isinstance(f, Feature)]
    if not found:
        raise ConfigError(f"features.modules: '{module}' defines no features; give them as module-level names")
    return list(dict.fromkeys(found))


def _periods(config: TrainConfig) -> dict[str, Any]:
    samples = config.samples
    given = {"train": samples.train, "calibrate": samples.calibrate, "test": samples.test}
    return {name: (period.start, period.until) for name, period in given.items() if period is not None}


def _check_history(features: tuple[Feature, ...], matrix: Matrix) -> None:
    history = [i for i, feature in enumerate(features) if feature.tables != ("applications",)]
    if history and np.isnan(matrix[:, history]).all():
        raise TrainingError(
            "no borrower has an event before any application: check that borrower ids agree between the files, and "
            "that times and time zones are right"
        )


def _fit(config: TrainConfig, prepared: Prepared, rows: npt.NDArray[np.int64]) -> str:
    return fit_trees(
        prepared.matrix[rows], prepared.outcome[rows], prepared.features, params=config.model.params, seed=config.seed
    )


def _card(
    config: TrainConfig, prepared: Prepared, model: str, calibration: Calibration, more: Mapping[str, Any]
) -> Scorecard:
    card = Scorecard(
        name=config.name,
        features=prepared.features,
        model=model,
        calibration=calibration,
        scale=Scale(**config.scale.model_dump()),
        grades=MASTER_SCALE,
        codes={code: CODES[code] for code in codes_of(prepared.features)},
        facts={
            "population": config.population,
            "pd_horizon_months": config.pd_horizon_months,
            "samples": _sample_facts(config, prepared),
            "sensitivities": _sensitivities(prepared.features),
            "seed": config.seed,
            "versions": {
                "creditscore": __version__,
                **{name: version(name) for name in ("lightgbm", "numpy", "scikit-learn")},
            },
            **more,
        },
    )
    return dataclasses.replace(card, vectors=make_vectors(card))


def _sample_facts(config: TrainConfig, prepared: Prepared) -> dict[str, Any]:
    periods = _periods(config)
    facts = {}
    for name in (*periods, RETURNING):
        mine = prepared.outcome[prepared.samples == name]
        dates = [str(day) if day else None for day in periods.get(name, (None, None))]
        facts[name] = {
            "from": dates[0],
            "until": dates[1],
            "applications": len(mine),
            "bads": int(np.nansum(mine)),
            "indeterminates": int(np.isnan(mine).sum()),
        }
    return facts


def _sensitivities(features: tuple[Feature, ...]) -> dict[str, int]:
    labels = [feature.sensitivity.label for feature in features]
    return {label: labels.count(label) for label in sorted(set(labels))}


def example_of(prepared: Prepared) -> pd.DataFrame:
    """Two feature rows as an input example: the train sample's medians and quartiles, nobody's own."""
    train = prepared.matrix[prepared.samples == "train"]
    rows = np.nanquantile(train, [0.5, 0.75], axis=0)
    return pd.DataFrame(rows, columns=[feature.name for feature in prepared.features])


def store_in(output: Path, config: TrainConfig) -> str:
    """MLflow's store, a relative SQLite file taken from the output folder."""
    return f"sqlite:///{(output / config.registry.store.removeprefix('sqlite:///')).resolve()}"
