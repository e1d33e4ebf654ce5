"""Features → trees: LightGBM, monotone where the catalogue says so, the same bytes each time."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from creditscore.errors import TrainingError
from creditscore.features.formula import Riskier

# Read when LightGBM is loaded: threads that wait and spin made training ten times slower on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import lightgbm

from creditscore.model.rows import RowsOf

Floats = npt.NDArray[np.float64]

FEWEST_BADS = 10
_ALWAYS = {
    "objective": "binary",
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "monotone_constraints_method": "intermediate",
}
# Without a filter by min_data_in_leaf, which LightGBM applies to a matrix in memory otherwise than to one in a file.
_DATA = {"verbosity": -1, "feature_pre_filter": False}
# Found by experiment: docs/model_defaults.md has the figures. Few bads want much noise in the choice of splits; from
# some hundreds on, many small steps of few leaves rank better.
_FEW = {
    "num_iterations": 200,
    "learning_rate": 0.04,
    "num_leaves": 7,
    "min_data_in_leaf": 15,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.3,
    "lambda_l2": 5.0,
    "extra_trees": True,
}
_SOME = {
    "num_iterations": 400,
    "learning_rate": 0.03,
    "num_leaves": 4,
    "min_data_in_leaf": 50,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.2,
    "lambda_l2": 20.0,
}
ENOUGH_FOR_SOME = 200
_DIRECTION = {"higher": 1, "lower": -1, None: 0}
# Values in a matrix below which one thread is faster than many; the trees are the same.
WORTH_THREADS = 5_000_000


class Directed(Protocol):
    """What the trees need to know of a column: its name, and which way risk grows in it. A `Feature` says both."""

    @property
    def name(self) -> str: ...

    @property
    def riskier(self) -> Riskier | None: ...


class Train(Protocol):
    """What trains trees: rows, outcomes, weights, the columns' names and all settings → LightGBM's text."""

    def __call__(
        self, X: Floats | RowsOf, outcome: Floats, weight: Floats | None, names: list[str], settings: Mapping[str, Any]
    ) -> str: ...


def default_params(bads: int) -> dict[str, Any]:
    """LightGBM's settings for a sample with that many bads."""
    return dict(_FEW if bads < ENOUGH_FOR_SOME else _SOME)


def fit_trees(
    X: Floats | RowsOf,
    outcome: Floats,
    features: Sequence[Directed],
    *,
    params: Mapping[str, Any] | None = None,
    seed: int = 1,
    weight: Floats | None = None,
    fewest_bads: int = FEWEST_BADS,
    train: Train | None = None,
) -> str:
    """A LightGBM model as text, its raw score the log-odds of bad.

    `X` is float64[rows, features], missing NaN, or rows of a matrix in a file, read in blocks; `outcome` 0 good, 1 bad;
    `params` override the defaults. Each row's loss is multiplied by its `weight`, float64[rows] from 0; bads, and rows
    for bins and bagging, are counted unweighted. `train` says where the trees are trained, by default here.

    Raises TrainingError for one class only, fewer bads than `fewest_bads`, weights below 0 or not finite, or settings
    that LightGBM refuses.
    """
    bads = _count_bads(outcome if weight is None else outcome[_weighing(weight, len(outcome))], fewest_bads)
    _check_settings(params or {})
    settings = {
        **default_params(bads),
        **_ALWAYS,
        "seed": seed,
        "num_threads": 1 if X.shape[0] * X.shape[1] < WORTH_THREADS else 0,
        "monotone_constraints": [_DIRECTION[feature.riskier] for feature in features],
        **(params or {}),
    }
    try:
        text = (train or on_one_machine)(X, outcome, weight, [feature.name for feature in features], settings)
    except lightgbm.basic.LightGBMError as error:
        raise TrainingError(f"LightGBM refused the settings under model.params: {error}") from None
    return without_threads(text)


def on_one_machine(
    X: Floats | RowsOf, outcome: Floats, weight: Floats | None, names: list[str], settings: Mapping[str, Any]
) -> str:
    """LightGBM's text of trees trained here."""
    rounds = settings["num_iterations"]
    others = {name: value for name, value in settings.items() if name != "num_iterations"}
    data = lightgbm.Dataset(X, outcome, weight=weight, feature_name=names, params=_DATA, free_raw_data=True)
    text = str(lightgbm.train(others, data, num_boost_round=rounds).model_to_string())
    _check_names(settings, text)
    return text


def without_threads(text: str) -> str:
    """The model text without the number of threads, which changes no tree and differs between machines."""
    return re.sub(r"^\[num_threads: .*\]\n", "", text, flags=re.MULTILINE)


def _check_settings(params: Mapping[str, Any]) -> None:
    """What is set elsewhere, or would make the raw score something other than log-odds of bad."""
    fixed = sorted({"objective", "seed", "monotone_constraints"} & set(params))
    if fixed:
        raise TrainingError(
            f"model.params may not set '{fixed[0]}': the objective is binary, the seed is the config's, the directions "
            f"are the features'; remove it"
        )
    balanced = sorted({"is_unbalance", "scale_pos_weight"} & set(params))
    if balanced:
        raise TrainingError(
            f"model.params may not set '{balanced[0]}': it trains as though bads were more or less frequent than they "
            f"are, so that the raw score is no log-odds of bad and every PD is off; remove it: rare bads need no help"
        )
    if params.get("early_stopping_round"):
        raise TrainingError(
            "model.params may not set 'early_stopping_round': no rows are set aside to stop by; give num_iterations, "
            "or let model.tune look for it"
        )
    rounds = params.get("num_iterations", 1)
    if type(rounds) is not int or rounds < 1:
        raise TrainingError(f"model.params.num_iterations is a whole number from 1, got {rounds!r}")


def _check_names(settings: Mapping[str, Any], text: str) -> None:
    """LightGBM passes silently over a misspelt setting, and over another name of one that has a default here."""
    known = re.findall(r"^\[(\w+): ", text, flags=re.MULTILINE)
    unknown = sorted(set(settings) - set(known) - {"num_threads"})
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else "use the main name in LightGBM's list of parameters"
        raise TrainingError(f"model.params has '{unknown[0]}', which LightGBM does not know as a main name; {hint}")


def _weighing(weight: Floats, rows: int) -> npt.NDArray[np.bool_]:
    """The rows that weigh anything."""
    if weight.shape != (rows,) or not (np.isfinite(weight) & (weight >= 0)).all():
        raise TrainingError(
            f"weight: expected {rows:,} numbers, finite and from 0, got shape {weight.shape}, or others; give each row "
            f"one that is"
        )
    return weight > 0


def _count_bads(outcome: Floats, fewest: int) -> int:
    bads = int(outcome.sum())
    if bads in (0, len(outcome)):
        raise TrainingError(
            f"the train sample has one class only ({len(outcome):,} applications, {bads:,} bad); "
            f"a model needs goods (0) and bads (1): check the outcome's mapping and the sample's dates"
        )
    if bads < fewest:
        raise TrainingError(f"the train sample has {bads} bads of {len(outcome):,}; at least {fewest} are needed")
    return bads
