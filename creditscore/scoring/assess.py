"""A feature matrix → margins, points and reasons, as arrays and as a table."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.model.scale import probability
from creditscore.reasons.codes import SHOWN, by_code, codes_of, rank
from creditscore.reasons.shapley import contributions, prepare
from creditscore.scorecard import Scorecard
from creditscore.scoring.result import Reason, Score

Matrix = npt.NDArray[np.float64]

NO_HISTORY = "no history: none of the scorecard's tables has an event before as_of"
# rows explained at a time, so that a large table's contributions need not fit in memory
BLOCK = 4_000


@dataclass(frozen=True)
class Assessed:
    """Many scores as arrays, a row an application: `code_points` float64[rows, codes], `worst` as `rank` gives it."""

    scorable: npt.NDArray[np.bool_]
    margin: Matrix
    log_odds: Matrix
    unrounded: Matrix
    codes: tuple[str, ...]
    code_points: Matrix
    worst: npt.NDArray[np.int64]


def assess(card: Scorecard, matrix: Matrix) -> Assessed:
    """Scores and reasons of a feature matrix, float64[rows, features] in the scorecard's order, missing NaN."""
    known = codes_of(card.features)
    margin = card.trees.margin(matrix)
    log_odds = card.calibration(margin)
    codes = tuple(sorted(set(known)))
    code_points = -card.scale.factor * card.calibration.slope * _summed(card, matrix, known, len(codes))
    return Assessed(
        scorable=_has_history(card, matrix),
        margin=margin,
        log_odds=log_odds,
        unrounded=card.scale.points(log_odds),
        codes=codes,
        code_points=code_points,
        worst=rank(code_points),
    )


def to_table(card: Scorecard, assessed: Assessed) -> pa.Table:
    """The scores as a table: scorable, points, unrounded_points, pd, grade, reason_1 …, reason_1_points …; null where
    not scorable.
    """
    missing = ~assessed.scorable
    pd = probability(assessed.log_odds)
    columns: dict[str, pa.Array] = {
        "scorable": pa.array(assessed.scorable),
        "points": pa.array(card.scale.given(assessed.unrounded), mask=missing),
        "unrounded_points": pa.array(assessed.unrounded, mask=missing),
        "pd": pa.array(pd, mask=missing),
        "grade": pa.array(card.grades.grade(pd).tolist(), pa.string(), mask=missing),
    }
    codes = np.array([*assessed.codes, ""])
    points = np.append(assessed.code_points, np.zeros((len(missing), 1)), axis=1)
    for n in range(SHOWN):
        worst = assessed.worst[:, n]
        without = missing | (worst < 0)
        columns[f"reason_{n + 1}"] = pa.array(codes[worst].tolist(), pa.string(), mask=without)
        columns[f"reason_{n + 1}_points"] = pa.array(points[np.arange(len(worst)), worst], mask=without)
    return pa.table(columns)


def to_scores(card: Scorecard, matrix: Matrix, as_of: str | None) -> list[Score]:
    """A `Score` for each row."""
    assessed = assess(card, matrix)
    pd = probability(assessed.log_odds)
    grades, points = card.grades.grade(pd), card.scale.given(assessed.unrounded)
    return [
        Score(
            scorable=scorable,
            why_not=None if scorable else NO_HISTORY,
            points=int(points[i]) if scorable else None,
            unrounded=float(assessed.unrounded[i]) if scorable else None,
            clipped=scorable and not card.scale.lowest <= round(float(assessed.unrounded[i])) <= card.scale.highest,
            lowest=card.scale.lowest,
            highest=card.scale.highest,
            pd=float(pd[i]) if scorable else None,
            grade=str(grades[i]) if scorable else None,
            reasons=_reasons(card, assessed, i) if scorable else (),
            reference_points=card.mean_points,
            model_id=card.model_id,
            digest=card.digest,
            as_of=as_of,
        )
        for i, scorable in enumerate(assessed.scorable.tolist())
    ]


def _reasons(card: Scorecard, assessed: Assessed, row: int) -> tuple[Reason, ...]:
    worst = [(assessed.codes[c], float(assessed.code_points[row, c])) for c in assessed.worst[row] if c >= 0]
    return tuple(Reason(code, card.codes[code].borrower_en, points) for code, points in worst)


def _has_history(card: Scorecard, matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Whether a row has any value that comes from events; all have where the scorecard reads applications only."""
    history = [i for i, feature in enumerate(card.features) if feature.tables != ("applications",)]
    return np.asarray(~np.isnan(matrix[:, history]).all(axis=1)) if history else np.ones(len(matrix), dtype=np.bool_)


def _summed(card: Scorecard, matrix: Matrix, codes: tuple[str, ...], width: int) -> Matrix:
    """Contributions summed by code, a block of rows at a time, on as many threads as there are cores."""
    blocks = [matrix[first : first + BLOCK] for first in range(0, len(matrix), BLOCK)]

    def explain(block: Matrix) -> Matrix:
        return by_code(contributions(card.trees, block), codes)[1]

    if len(blocks) < 2:
        return explain(matrix) if blocks else np.zeros((0, width))
    prepare(card.trees)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(explain, blocks)))
