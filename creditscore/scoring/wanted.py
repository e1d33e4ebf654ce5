"""`counterfactual()`: which smallest change of what people can change this scorecard would have scored as wanted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.errors import RequestError
from creditscore.scorecard import Scorecard
from creditscore.scoring.levers import Situation
from creditscore.scoring.nearest import Change, Counterfactual
from creditscore.scoring.request import row_matrix
from creditscore.scoring.result import Score
from creditscore.scoring.score import score_features
from creditscore.scoring.search import MOST_LEVERS, Found, smallest

Floats = npt.NDArray[np.float64]


def counterfactual(
    card: Scorecard, features: Mapping[str, Any], *, points: int, reference: str | None = None
) -> Counterfactual:
    """The smallest change of one row of features that this scorecard would have given so many points, or that none is.

    `features` maps each of the scorecard's features to its value, None where missing, as `score_features` takes them.
    Only features declared `changeable` and with a direction of risk are changed, in the direction of less risk, to
    values between the 5 % and 95 % quantiles of the population `reference` (by default the scorecard's first). What
    belongs together changes together: sums of nested windows, ratios and means of what changed, the instalment with the
    amount, counts with what they are counts of (`features.consistency`); such a consequence never goes farther out of
    the range than it was, but may be one that costs points. What is jointly impossible is not returned. Figures that
    only share events with the changed ones, as a spread with a total, stay as they are.

    Smallest is of the fewest changes, up to 5, then of the least distance in interquartile ranges of the reference. One
    and two changes are tried out completely, at the values where a tree's answer changes; more by going on from the
    best, so that a smaller one of three and more may exist, and one that is not found. The result is scored again.

    A row that is not scorable, and points that are already reached, are results. Raises RequestError for points that
    are no whole number within the scorecard's scale, an unknown reference, and features that are missing or no numbers.
    """
    _check_points(card, points)
    row = row_matrix(card, features)
    before = score_features(card, features, reference=reference)
    population = card.reference(reference).id
    if before.points is None:
        return Counterfactual(points, before, None, before.why_not, (), (), None, population)
    if before.points >= points:
        return Counterfactual(points, before, before, None, (), (), 0.0, population)
    situation = Situation.of(card, row[0], reference)
    found, most = smallest(situation, points)
    if found is None:
        why_not = _why_not(situation, points, most, population)
        return Counterfactual(points, before, None, why_not, (), (), None, population)
    return _told(situation, found, points, before, reference)


def _check_points(card: Scorecard, points: Any) -> None:
    lowest, highest = card.scale.lowest, card.scale.highest
    if isinstance(points, bool) or not isinstance(points, (int, np.integer)) or not lowest <= points <= highest:
        raise RequestError(f"points: expected a whole number from {lowest} to {highest}, got {points!r:.40}")


def _why_not(situation: Situation, points: int, most: int | None, population: str) -> str:
    levers = len(situation.levers)
    if most is None:
        return (
            f"nothing that can be changed is outside of what it is, within the range of the population '{population}'"
        )
    return (
        f"there is none: of the {levers} figures that can be changed, no {min(MOST_LEVERS, levers)} or fewer were "
        f"found to reach {points} points within the range of the population '{population}'; the most found is {most}"
    )


def _told(situation: Situation, found: Found, points: int, before: Score, reference: str | None) -> Counterfactual:
    """The change in words, scored again."""
    card, row = situation.card, found.row
    values = [None if math.isnan(value) else value for value in row.tolist()]
    after = score_features(card, dict(zip(card.plan.names, values, strict=True)), reference=reference)
    own = {situation.levers[number].feature for number in found.levers.tolist()}
    changed = [i for i in range(len(row)) if not _same(row[i], situation.row[i])]
    return Counterfactual(
        wanted=points,
        before=before,
        after=after,
        why_not=None,
        changes=tuple(_change(situation, row, i) for i in changed if i in own),
        consequences=tuple(_change(situation, row, i) for i in changed if i not in own),
        cost=found.cost,
        reference=after.reference,
    )


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def _change(situation: Situation, row: Floats, i: int) -> Change:
    feature = situation.card.features[i]
    before, after = (None if math.isnan(value) else float(value) for value in (situation.row[i], row[i]))
    return Change(feature.name, feature.en, feature.zh, feature.unit, before, after, feature.reason or "")
