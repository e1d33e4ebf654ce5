"""The populations that a scorecard's reasons compare with, put together from the applicants that it was trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from creditscore.config import TrainConfig
from creditscore.errors import TrainingError
from creditscore.features.matrix_file import MatrixFile, blocks_of
from creditscore.model.rows import RowsOf
from creditscore.reasons.population import Population, near_cut_off
from creditscore.scorecard import Scorecard
from creditscore.scorecard.card import ALL
from creditscore.training.prepared import Prepared

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CUT_OFF = "cut_off"


def with_references(config: TrainConfig, prepared: Prepared, card: Scorecard) -> Scorecard:
    """The card with the populations that the config names: at its cut-off (the default), further ones, and all."""
    rows, points = _train(prepared, card)
    wanted = {} if config.cut_off is None else {CUT_OFF: config.cut_off}
    wanted |= {reference.id: reference.cut_off for reference in config.references}
    near = [_near(config, prepared, card, name, cut_off, rows, points) for name, cut_off in wanted.items()]
    everyone = _population(config, prepared, card, ALL, "all applicants of the train sample", rows)
    return replace(card, references=(*near, everyone))


def default_rows(config: TrainConfig, prepared: Prepared, card: Scorecard) -> Ints:
    """The rows of the population that reasons compare with by default."""
    rows, points = _train(prepared, card)
    return rows if config.cut_off is None else rows[near_cut_off(points, config.cut_off, card.scale.pdo / 2)]


def _train(prepared: Prepared, card: Scorecard) -> tuple[Ints, Floats]:
    """The train sample's rows, and their unrounded points."""
    rows = np.flatnonzero(prepared.samples == "train")
    return rows, np.concatenate([_points(card, block) for _, block in blocks_of(prepared.matrix, rows)])


def _near(
    config: TrainConfig, prepared: Prepared, card: Scorecard, name: str, cut_off: float, train: Ints, points: Floats
) -> Population:
    rows = near_cut_off(points, cut_off, card.scale.pdo / 2)
    if not len(rows):
        raise TrainingError(
            f"reference '{name}': no applicant of the train sample reaches {cut_off:g} points (their highest score is "
            f"{points.max():.0f}); choose a lower cut_off"
        )
    rule = f"applicants of the train sample from {cut_off:g} to {points[rows].max():.0f} points"
    return _population(config, prepared, card, name, rule, train[rows])


def _population(
    config: TrainConfig, prepared: Prepared, card: Scorecard, name: str, rule: str, rows: Ints
) -> Population:
    matrix = prepared.matrix
    X = RowsOf(matrix, rows) if isinstance(matrix, MatrixFile) else matrix[rows]
    return Population.from_rows(name, rule, card.trees, card.presence, X, seed=config.seed)


def _points(card: Scorecard, X: Floats) -> Floats:
    """Unrounded points."""
    return card.scale.points(card.calibration(card.trees.margin(X), card.presence.absent(X)))
