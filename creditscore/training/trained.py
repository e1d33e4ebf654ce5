"""Trees, calibration and scorecard, and the score of every application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from creditscore import __version__
from creditscore.config import FairnessConfig, TrainConfig
from creditscore.features.formula import Feature
from creditscore.features.lineage import lineage_of
from creditscore.features.matrix_file import MatrixFile, blocks_of
from creditscore.governance.rules import Rules
from creditscore.model.calibrate import ENOUGH_BADS, fit_calibration, out_of_fold
from creditscore.model.fit import Train, default_params, fit_trees, on_one_machine
from creditscore.model.outcome import counts
from creditscore.model.presence import Presence
from creditscore.model.rows import RowsOf
from creditscore.model.scale import MASTER_SCALE, Calibration, Scale
from creditscore.model.split import RETURNING
from creditscore.model.trees import parse_model
from creditscore.reasons.codes import ABSENCE, codes_of
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import assess, to_table
from creditscore.scoring.conformance import make_vectors
from creditscore.scoring.consent import without_refused
from creditscore.training.baseline import baseline_of
from creditscore.training.engine import engine_facts, engine_of
from creditscore.training.masking import drawn, masked
from creditscore.training.prepared import Prepared, known_codes, periods
from creditscore.training.references import with_references
from creditscore.validation.importance import MOST_EXPLAINED, importance
from creditscore.validation.report.origin import evenly

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trained:
    """A scorecard, every sampled application's score (a row each), and each feature's worth in points."""

    card: Scorecard
    scored: pd.DataFrame
    importance: pd.DataFrame
    parameters: Mapping[str, Any]


def fit(config: TrainConfig, prepared: Prepared, chosen: Mapping[str, Any] | None = None) -> Trained:
    """Trees, calibration and scorecard, and the score of every application.

    `chosen` are facts of the choice of features and settings, for the scorecard. Trees are trained where `model.engine`
    says, all else here.
    """
    rows = prepared.known("train")
    with engine_of(config.model) as train:
        model = _fit(config, prepared, rows, train)
        calibration, calibrated_on = calibrate(config, prepared, model, train)
    parameters = {**default_params(int(prepared.outcome[rows].sum())), **config.model.params, "seed": config.seed}
    more = {
        "calibrated_on": calibrated_on,
        "currency": config.events.currency,
        "parameters": parameters,
        **engine_facts(config.model, model),
        **({} if config.fairness is None else {"fairness": _protected(config.fairness)}),
        **(chosen or {}),
    }
    card = _card(config, prepared, model, calibration, more)
    explained = evenly(np.flatnonzero(prepared.samples == "train"), MOST_EXPLAINED)
    return Trained(card, score_all(card, prepared), importance(card, prepared.matrix[explained]), parameters)


def _protected(fairness: FairnessConfig) -> dict[str, Any]:
    """The attributes that no feature reads, by which groups are compared."""
    return {
        "attributes": list(fairness.attributes),
        "bands": {name: list(ends) for name, ends in fairness.bands.items()},
    }


def calibrate(
    config: TrainConfig, prepared: Prepared, model: str, train: Train = on_one_machine
) -> tuple[Calibration, str]:
    """Platt's calibration, and on what: the calibrate sample, or out-of-fold margins where it has too few bads.

    What the absence of families shifts is told on the train sample too, which has several times the bads.
    """
    enough = prepared.outcome[prepared.known("calibrate")].sum() >= ENOUGH_BADS
    rows = prepared.known("train", "calibrate")
    if enough:
        seen = prepared.samples[rows] == "train"
        return _line(prepared, rows, _margins(prepared, model, rows), seen), "the calibrate sample"

    def fit_and_predict(fitted: Ints, judged: Ints) -> Floats:
        return _margins(prepared, _fit(config, prepared, np.sort(rows[fitted]), train), rows[judged])

    margin = out_of_fold(fit_and_predict, prepared.outcome[rows], prepared.borrowers[rows], config.seed)
    return _line(prepared, rows, margin), "out-of-fold margins of train and calibrate"


def _line(prepared: Prepared, rows: Ints, margin: Floats, seen: Bools | None = None) -> Calibration:
    presence = Presence.of(prepared.features)
    absent = np.concatenate([presence.absent(block) for _, block in blocks_of(prepared.matrix, rows)])
    return fit_calibration(margin, prepared.outcome[rows], absent, presence.patterns, seen=seen)


def _margins(prepared: Prepared, model: str, rows: Ints) -> Floats:
    trees = parse_model(model)
    return np.concatenate([trees.margin(block) for _, block in blocks_of(prepared.matrix, rows)])


def score_all(card: Scorecard, prepared: Prepared) -> pd.DataFrame:
    """Every sampled application with its sample, outcome, score and reasons."""
    table = pa.concat_tables([_scored(card, prepared, place, block) for place, block in blocks_of(prepared.matrix)])
    scored = table.drop_columns(["points"]).rename_columns({"unrounded_points": "points"}).to_pandas()
    known = prepared.applications.select(["application_id", "borrower_id", "as_of"]).to_pandas()
    together: pd.DataFrame = pd.concat([known, scored], axis=1)
    return together.assign(sample=prepared.samples, outcome=prepared.outcome)


def _scored(card: Scorecard, prepared: Prepared, place: slice, block: Floats) -> pa.Table:
    assessed, allowed = assess(card, block), prepared.allowed
    return to_table(card, without_refused(card, assessed, allowed and allowed.of(place)))


def _fit(config: TrainConfig, prepared: Prepared, rows: Ints, train: Train) -> str:
    """The trees of these rows, some of their families hidden at random."""
    matrix, rule, presence = prepared.matrix, config.rules.consent, Presence.of(prepared.features)
    hidden = drawn(rule, presence, len(prepared.samples), config.seed)[rows]
    X = (
        RowsOf(matrix, rows, lambda values, places: masked(values, presence, hidden[places]))
        if isinstance(matrix, MatrixFile)
        else masked(matrix[rows], presence, hidden)
    )
    params = config.model.params
    return fit_trees(X, prepared.outcome[rows], prepared.features, params=params, seed=config.seed, train=train)


def _card(
    config: TrainConfig, prepared: Prepared, model: str, calibration: Calibration, more: Mapping[str, Any]
) -> Scorecard:
    known = known_codes(config)
    card = Scorecard(
        name=config.name,
        features=prepared.features,
        model=model,
        calibration=calibration,
        scale=Scale(**config.scale.model_dump()),
        grades=MASTER_SCALE,
        codes={code: known[code] for code in (*codes_of(prepared.features, known), *ABSENCE.values())},
        facts={
            "population": config.population,
            "pd_horizon_months": config.pd_horizon_months,
            "cut_off": config.cut_off,
            "outcome": None if config.outcome is None else config.outcome.model_dump(mode="json"),
            "samples": _sample_facts(config, prepared),
            "consent": config.rules.consent.text,
            "retention": config.rules.retention.text,
            "sensitivities": _sensitivities(prepared.features, config.rules),
            "rows_left_out": [list(one) for one in prepared.rows_left_out],
            "notice": prepared.notice._asdict(),
            "lineage": [line._asdict() for line in lineage_of(prepared.features, config.rules.categories)],
            "seed": config.seed,
            "versions": {
                "creditscore": __version__,
                **{name: version(name) for name in ("lightgbm", "numpy", "scikit-learn")},
            },
            **more,
        },
        rules=config.rules,
    )
    card = with_references(config, prepared, card)
    card = replace(card, baseline=baseline_of(card, prepared, config.seed))
    return replace(card, vectors=make_vectors(card))


def _sample_facts(config: TrainConfig, prepared: Prepared) -> dict[str, Any]:
    dated = periods(config)
    facts = {}
    for name in (*dated, RETURNING):
        mine = prepared.outcome[prepared.samples == name]
        dates = [str(day) if day else None for day in dated.get(name, (None, None))]
        facts[name] = {
            "from": dates[0],
            "until": dates[1],
            "applications": len(mine),
            "bads": int(np.nansum(mine)),
            "indeterminates": int(np.isnan(mine).sum()),
            "kinds": counts(prepared.outcome_kind[prepared.samples == name]),
        }
    return facts


def _sensitivities(features: tuple[Feature, ...], rules: Rules) -> dict[str, int]:
    labels = [feature.needs(rules.categories).label for feature in features]
    return {label: labels.count(label) for label in sorted(set(labels))}
