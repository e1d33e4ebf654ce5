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

_FAMILY = {code: family for family, code in ABSENCE.items()}
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
    absent = card.presence.absent(row)
    if why_not is None and absent[0] == card.presence.patterns - 1 and not has_history(card, row)[0]:
        why_not = NO_HISTORY
    if why_not is not None:
        return Score(False, why_not, None, None, False, pd=None, grade=None, reasons=(), key_factors=(), **known)
    contributions, margin = card.explainer(reference).explain(row, threads=1)
    reasons = _reasons(card, reference, row, absent, contributions)
    key_factors = () if reasons else _against_all(card, row, absent)
    figures = _figures(card, margin[0], absent[0])
    return Score(True, None, **figures, reasons=reasons, key_factors=key_factors, **known)


def _figures(card: Scorecard, margin: Any, absent: Any) -> dict[str, Any]:
    log_odds = card.calibration(margin, absent)
    unrounded, pd = card.scale.points(log_odds), probability(log_odds)
    return {
        "points": int(card.scale.given(unrounded)),
        "unrounded": float(unrounded),
        "clipped": not card.scale.lowest <= round(float(unrounded)) <= card.scale.highest,
        "pd": float(pd),
        "grade": str(card.grades.grade(pd)),
    }


def _against_all(card: Scorecard, row: Matrix, absent: Ints) -> tuple[Reason, ...]:
    contributions = card.explainer(ALL).contributions(row, threads=1)
    return _reasons(card, ALL, row, absent, contributions)


def _reasons(
    card: Scorecard, reference: str | None, row: Matrix, absent: Ints, contributions: Matrix
) -> tuple[Reason, ...]:
    code_points = points_by_code(card, absent, contributions, reference)
    points, values, pattern = in_points(card, contributions)[0].tolist(), row[0].tolist(), int(absent[0])
    by_code, found = code_points[0].tolist(), []
    for column in rank(code_points)[0].tolist():
        if column >= 0:
            code = card.code_columns.codes[column]
            evidence = _evidence(card, reference, values, pattern, points, code)
            found.append(Reason(code, card.codes[code].borrower_en, by_code[column], evidence))
    return tuple(found)


def _evidence(
    card: Scorecard, reference: str | None, row: Sequence[float], pattern: int, points: Sequence[float], code: str
) -> tuple[Evidence, ...]:
    """What adds to a code, what costs most first: features, and of a family's own code the family's shift."""
    texts, middle = card.feature_texts, card.reference(reference).middle_told
    found = [
        Evidence(*texts[i], None if math.isnan(row[i]) else row[i], *middle[i], points[i])
        for i in card.code_columns.behind(code, pattern)
        if points[i]
    ]
    found += _shift(card, reference, pattern, code)
    return tuple(sorted(found, key=attrgetter("points", "feature")))


def _shift(card: Scorecard, reference: str | None, pattern: int, code: str) -> list[Evidence]:
    """What the calibration adds for a family that is absent, or present, beside the reference's mean."""
    family = _FAMILY.get(code)
    if family not in card.presence.families:
        return []
    f = card.presence.families.index(family)
    points = -card.scale.factor * float(card.shares[pattern, f] - card.mean_shares(reference)[f])
    return (
        [Evidence(family, f"Whether there are {family}", float(not pattern >> f & 1), None, None, points)]
        if points
        else []
    )
