"""What a model is made from: features of every application in a sample."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from creditscore.config import TrainConfig
from creditscore.errors import ConfigError, TrainingError
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.events.store import Store
from creditscore.features.build import matrix_of
from creditscore.features.catalogue import FAMILIES
from creditscore.features.define import flatten
from creditscore.features.formula import Feature
from creditscore.features.plan import make_plan
from creditscore.model.split import UNUSED, split_samples
from creditscore.reasons.codes import ReasonCode, codes_of, with_own

Matrix = npt.NDArray[np.float64]


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


def chosen_features(config: TrainConfig) -> tuple[Feature, ...]:
    """The families of the catalogue that the config names, and the features of the agency's own modules."""
    families = [FAMILIES[name] for name in config.features.families]
    features = flatten([*families, *(_features_in(module) for module in config.features.modules)])
    unknown = sorted(set(config.reasons.features) - {feature.name for feature in features})
    if unknown:
        raise ConfigError(f"reasons.features: there is no feature '{unknown[0]}'; see python -m creditscore features")
    given = config.reasons.features
    return tuple(replace(feature, reason=given.get(feature.name, feature.reason)) for feature in features)


def known_codes(config: TrainConfig) -> dict[str, ReasonCode]:
    """The catalogue's reason codes and the config's own."""
    return with_own(ReasonCode(code, **words.model_dump()) for code, words in config.reasons.codes.items())


def prepare(config: TrainConfig, events: Events | Store, features: tuple[Feature, ...]) -> Prepared:
    """Build the features of all applications that fall in a sample. Raises TrainingError where none has a history."""
    codes_of(features, known_codes(config))
    applications = events.applications
    if applications is None or not any(events.rows.get(name) for name in EVENT_TABLES):
        raise TrainingError(
            "training needs applications and at least one table of events: name their files under events"
        )
    samples = split_samples(applications, periods(config))
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


def periods(config: TrainConfig) -> dict[str, Any]:
    """The samples' first days, and the days after their last."""
    samples = config.samples
    given = {"train": samples.train, "calibrate": samples.calibrate, "test": samples.test}
    return {name: (period.start, period.until) for name, period in given.items() if period is not None}


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


def _check_history(features: tuple[Feature, ...], matrix: Matrix) -> None:
    history = [i for i, feature in enumerate(features) if feature.tables != ("applications",)]
    if history and np.isnan(matrix[:, history]).all():
        raise TrainingError(
            "no borrower has an event before any application: check that borrower ids agree between the files, and "
            "that times and time zones are right"
        )


def example_of(prepared: Prepared) -> pd.DataFrame:
    """Two feature rows as an input example: the train sample's medians and quartiles, nobody's own."""
    train = prepared.matrix[prepared.samples == "train"]
    rows = np.nanquantile(train, [0.5, 0.75], axis=0)
    return pd.DataFrame(rows, columns=[feature.name for feature in prepared.features])
