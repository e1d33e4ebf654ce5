"""A feature matrix → margins, points and reasons, as arrays and as a table."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.compiled import compiled
from creditscore.model.presence import all_missing
from creditscore.model.scale import probability
from creditscore.reasons.codes import SHOWN, rank
from creditscore.scorecard import Scorecard

Matrix = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# rows explained at a time, so that a large table's contributions need not fit in memory
BLOCK = 4_000


@dataclass(frozen=True)
class Assessed:
    """Many scores as arrays, a row an application: `code_points` float64[rows, codes], `worst` as `rank` gives it.

    With the mean points of the population `reference`, each row of `code_points` sums to its `unrounded` points.
    """

    reference: str
    scorable: npt.NDArray[np.bool_]
    margin: Matrix
    log_odds: Matrix
    unrounded: Matrix
    codes: tuple[str, ...]
    code_points: Matrix
    worst: npt.NDArray[np.int64]


def assess(card: Scorecard, matrix: Matrix, reference: str | None = None) -> Assessed:
    """Scores and reasons of a feature matrix, float64[rows, features] in the scorecard's order, missing NaN.

    Reasons compare with the population of the id `reference`, by default the scorecard's first.
    """
    absent = card.presence.absent(matrix)
    margin, code_points = _explained(card, matrix, absent, reference)
    log_odds = card.calibration(margin, absent)
    return Assessed(
        reference=card.reference(reference).id,
        scorable=has_history(card, matrix),
        margin=margin,
        log_odds=log_odds,
        unrounded=card.scale.points(log_odds),
        codes=card.code_columns.codes,
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


def points_by_code(card: Scorecard, absent: Ints, contributions: Matrix, reference: str | None) -> Matrix:
    """Points by reason code, float64[rows, codes], of contributions to the margin and patterns of absent families.

    A family's own code holds its shift in the calibration too, net of the reference's mean.
    """
    points = in_points(card, card.code_columns.sum(contributions, absent))
    _subtract(points, card.code_columns.family, card.scale.factor, card.shares, absent, card.mean_shares(reference))
    return points


@compiled
def _subtract(points: Matrix, family: Ints, factor: float, shares: Matrix, absent: Ints, mean: Matrix) -> None:
    """What each row's absent families shift, net of the reference's mean, from the families' own codes."""
    for row in range(len(points)):
        for f in range(len(family)):
            points[row, family[f]] -= factor * (shares[absent[row], f] - mean[f])


def in_points(card: Scorecard, contributions: Matrix) -> Matrix:
    """Contributions to the margin, in points: what adds to the log-odds of bad costs."""
    return -card.scale.factor * card.calibration.slope * contributions


def has_history(card: Scorecard, matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Whether a row has any value that comes from events; all have where the scorecard reads applications only."""
    columns = card.from_events
    return ~np.asarray(all_missing(matrix, columns)) if len(columns) else np.ones(len(matrix), np.bool_)


def _explained(card: Scorecard, matrix: Matrix, absent: Ints, reference: str | None) -> tuple[Matrix, Matrix]:
    """Margins, and points by code, a block of rows at a time, on as many threads as there are cores."""
    explainer = card.explainer(reference)

    def explain(first: int) -> tuple[Matrix, Matrix]:
        block = slice(first, first + BLOCK)
        contributions, margin = explainer.explain(matrix[block], threads=1)
        return margin, points_by_code(card, absent[block], contributions, reference)

    firsts = range(0, max(1, len(matrix)), BLOCK)
    if len(firsts) == 1:
        return explain(0)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        margins, summed = zip(*pool.map(explain, firsts), strict=True)
    return np.concatenate(margins), np.concatenate(summed)
