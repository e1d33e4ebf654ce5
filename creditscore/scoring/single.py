"""One row of features → a `Score`, each reason with the features behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.model.scale import probability
from creditscore.reasons.codes import ABSENCE, RULE, rank
from creditscore.scorecard import Scorecard
from creditscore.scorecard.card import ALL
from creditscore.scoring.assess import has_history, in_points, points_by_code
from creditscore.scoring.result import Evidence, Reason, Score

Matrix = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_HISTORY = "no history: none of the scorecard's tables has an event before as_of"


def to_score(
    card: Scorecard, row: Matrix, as_of: str | None, reference: str | None, why_not: str | None = None
) -> Score:
    """The score of a row, float64[1, features] in the scorecard's order; reasons against the population of that id.

    `why_not` says why there is to be none, whatever the row holds.
    """
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
    if why_not is None and not has_history(card, row)[0]:
        why_not = NO_HISTORY
    if why_not is not None:
        return Score(False, why_not, None, None, False, pd=None, grade=None, reasons=(), key_factors=(), **known)
    absent = card.presence.absent(row)
    contributions, margin = card.explainer(reference).explain(row, threads=1)
    reasons = _reasons(card, reference, row, absent, contributions)
    key_factors = () if reasons else _against_all(card, row, absent)
    return Score(True, None, **_figures(card, margin, absent), reasons=reasons, key_factors=key_factors, **known)


def _figures(card: Scorecard, margin: Matrix, absent: Ints) -> dict[str, Any]:
    log_odds = card.calibration(margin, absent)
    unrounded, pd = card.scale.points(log_odds), probability(log_odds)
    return {
        "points": int(card.scale.given(unrounded)[0]),
        "unrounded": float(unrounded[0]),
        "clipped": not card.scale.lowest <= round(float(unrounded[0])) <= card.scale.highest,
        "pd": float(pd[0]),
        "grade": str(card.grades.grade(pd)[0]),
    }


def _against_all(card: Scorecard, row: Matrix, absent: Ints) -> tuple[Reason, ...]:
    contributions = card.explainer(ALL).contributions(row, threads=1)
    return _reasons(card, ALL, row, absent, contributions)


def _reasons(
    card: Scorecard, reference: str | None, row: Matrix, absent: Ints, contributions: Matrix
) -> tuple[Reason, ...]:
    code_points = points_by_code(card, absent, contributions, reference)
    points, values = in_points(card, contributions)[0].tolist(), row[0].tolist()
    columns = [column for column in rank(code_points)[0].tolist() if column >= 0]
    return tuple(
        Reason(
            code,
            card.codes[code].borrower_en,
            float(code_points[0, column]),
            _evidence(card, reference, values, int(absent[0]), points, code),
        )
        for column in columns
        if (code := card.code_columns.codes[column])
    )


def _evidence(
    card: Scorecard, reference: str | None, row: Sequence[float], pattern: int, points: Sequence[float], code: str
) -> tuple[Evidence, ...]:
    """What adds to a code, what costs most first: features, and of a family's own code the family's shift."""
    behind = [i for i in card.code_columns.behind(code, pattern) if points[i]]
    middle = card.reference(reference).middle[behind].tolist()
    found = [
        Evidence(card.features[i].name, card.features[i].en, _known(row[i]), _known(low), _known(high), points[i])
        for i, (low, high) in zip(behind, middle, strict=True)
    ]
    found += _shift(card, reference, pattern, code)
    return tuple(sorted(found, key=attrgetter("points", "feature")))


def _shift(card: Scorecard, reference: str | None, pattern: int, code: str) -> list[Evidence]:
    """What the calibration adds for a family that is absent, or present, beside the reference's mean."""
    family = next((name for name, own in ABSENCE.items() if own == code), None)
    if family not in card.presence.families:
        return []
    f = card.presence.families.index(family)
    points = -card.scale.factor * float(card.shares[pattern, f] - card.mean_shares(reference)[f])
    return (
        [Evidence(family, f"Whether there are {family}", float(not pattern >> f & 1), None, None, points)]
        if points
        else []
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
