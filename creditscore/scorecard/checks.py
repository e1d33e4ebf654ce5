"""What must hold between the parts of a scorecard: whatever passes can be scored with, and never fails later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise

import numpy as np

from creditscore.errors import ScorecardError
from creditscore.features.formula import Feature
from creditscore.model.trees import Trees
from creditscore.scorecard.card import ALL, Scorecard
from creditscore.scorecard.plain import LARGEST_NUMBER

MOST_FEATURES = 5_000
# Of these, the preparation of reasons takes seconds; of far more, hours.
MOST_LEAVES, MOST_LEAVES_OF_A_TREE = 2**20, 2**12


def check(card: Scorecard) -> None:
    """Raise ScorecardError for what does not fit, and for numbers or sizes beyond those of any scorecard."""
    if not (card.name.isprintable() and 0 < len(card.name) <= 200):
        _refuse("a name of 1 to 200 printable characters")
    if not 1 <= len(card.features) <= MOST_FEATURES:
        _refuse(f"1 to {MOST_FEATURES:,} features")
    check_names(card.trees, card.features)
    _check_trees(card.trees)
    _check_points(card)
    _check_reasons(card)
    _ = card.plan  # definitions that no plan can be made of are refused here, not at the first score


def check_names(trees: Trees, features: Sequence[Feature]) -> None:
    """Raise ScorecardError where the model was fitted on other features, or in another order."""
    if trees.feature_names != tuple(feature.name for feature in features):
        raise ScorecardError("the model's features are not the scorecard's")


def _check_trees(trees: Trees) -> None:
    leaves = np.diff(trees.leaf_starts)
    if leaves.max() > MOST_LEAVES_OF_A_TREE or leaves.sum() > MOST_LEAVES:
        _refuse(f"trees of at most {MOST_LEAVES_OF_A_TREE:,} leaves, {MOST_LEAVES:,} in all")
    if np.maximum.reduceat(np.abs(trees.leaf_value), trees.leaf_starts[:-1]).sum() > LARGEST_NUMBER:
        _refuse(f"leaf values that add up to at most {LARGEST_NUMBER:g}")


def _check_points(card: Scorecard) -> None:
    calibration, scale, grades = card.calibration, card.scale, card.grades
    line = [calibration.intercept, calibration.slope, *calibration.shifts]
    if not all(abs(number) <= LARGEST_NUMBER for number in [*line, *asdict(scale).values(), *grades.upper]):
        _refuse("numbers of calibration, scale and grades within a billion")
    if len(calibration.shifts) != card.presence.patterns or calibration.shifts[0] != 0:
        _refuse("shifts: one for each pattern of absent families, the first 0")
    if not (calibration.slope > 0 and scale.pdo > 0 and scale.good_bad_odds > 0 and scale.lowest < scale.highest):
        _refuse("slope, pdo and good_bad_odds above 0, and lowest below highest")
    if len(grades.names) != len(grades.upper) + 1 or any(high <= low for low, high in pairwise(grades.upper)):
        _refuse("grades with rising upper ends, one fewer than names")


def _check_reasons(card: Scorecard) -> None:
    missing = sorted({code or "none" for code in card.code_columns.codes} - set(card.codes))
    if missing:
        raise ScorecardError(f"reason code {missing[0]} is used but not worded")
    if ALL not in {population.id for population in card.references}:
        _refuse(f"a reference '{ALL}': whom reasons compare with where nothing costs points")


def _refuse(expected: str) -> None:
    raise ScorecardError(f"expected {expected}; train the scorecard again, or get the right file")
