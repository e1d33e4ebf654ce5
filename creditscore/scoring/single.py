"""One row of features → a `Score`, each reason with the features behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.model.scale import probability
from creditscore.reasons.codes import RULE, by_code, rank
from creditscore.reasons.population import Population
from creditscore.scorecard import Scorecard
from creditscore.scorecard.card import ALL
from creditscore.scoring.assess import has_history, in_points
from creditscore.scoring.result import Evidence, Reason, Score

Matrix = npt.NDArray[np.float64]

NO_HISTORY = "no history: none of the scorecard's tables has an event before as_of"


def to_score(card: Scorecard, row: Matrix, as_of: str | None, reference: str | None) -> Score:
    """The score of a row, float64[1, features] in the scorecard's order; reasons against the population of that id."""
    known: dict[str, Any] = {
        "lowest": card.scale.lowest,
        "highest": card.scale.highest,
        "reference": card.reference(reference).id,
        "reference_points": card.mean_points(reference),
        "rule": RULE,
        "model_id": card.model_id,
        "digest": card.digest,
        "as_of": as_of,
    }
    if not has_history(card, row)[0]:
        return Score(False, NO_HISTORY, None, None, False, pd=None, grade=None, reasons=(), key_factors=(), **known)
    contributions, margin = card.explainer(reference).explain(row, threads=1)
    reasons = _reasons(card, card.reference(reference), row, contributions)
    key_factors = () if reasons else _against_all(card, row)
    return Score(True, None, **_figures(card, margin), reasons=reasons, key_factors=key_factors, **known)


def _figures(card: Scorecard, margin: Matrix) -> dict[str, Any]:
    log_odds = card.calibration(margin)
    unrounded, pd = card.scale.points(log_odds), probability(log_odds)
    return {
        "points": int(card.scale.given(unrounded)[0]),
        "unrounded": float(unrounded[0]),
        "clipped": not card.scale.lowest <= round(float(unrounded[0])) <= card.scale.highest,
        "pd": float(pd[0]),
        "grade": str(card.grades.grade(pd)[0]),
    }


def _against_all(card: Scorecard, row: Matrix) -> tuple[Reason, ...]:
    contributions = card.explainer(ALL).contributions(row, threads=1)
    return _reasons(card, card.reference(ALL), row, contributions)


def _reasons(card: Scorecard, population: Population, row: Matrix, contributions: Matrix) -> tuple[Reason, ...]:
    codes, summed = by_code(contributions, card.reason_codes)
    code_points, points = in_points(card, summed), in_points(card, contributions)[0].tolist()
    shown = [(codes[c], float(code_points[0, c])) for c in rank(code_points)[0].tolist() if c >= 0]
    return tuple(
        Reason(code, card.codes[code].borrower_en, cost, _evidence(card, population, row[0], points, code))
        for code, cost in shown
    )


def _evidence(
    card: Scorecard, population: Population, row: Matrix, points: Sequence[float], code: str
) -> tuple[Evidence, ...]:
    """The features of a code that add to it, those that cost most first."""
    behind = [i for i, own in enumerate(card.reason_codes) if own == code and points[i]]
    behind.sort(key=points.__getitem__)
    middle = population.middle[behind].tolist()
    return tuple(
        Evidence(card.features[i].name, card.features[i].en, _known(row[i]), _known(low), _known(high), points[i])
        for i, (low, high) in zip(behind, middle, strict=True)
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
