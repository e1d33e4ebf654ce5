"""Does any feature know too much: by itself, by being there at all, or by what its last day brought?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.model.scale import probability
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import assess
from creditscore.validation.leaks import late_values, one_sided_presence, univariate_auc
from creditscore.validation.report.day_earlier import MOST_ROWS as MOST
from creditscore.validation.report.day_earlier import DayEarlier
from creditscore.validation.report.origin import Origin, evenly
from creditscore.validation.report.plain import records
from creditscore.validation.segments import FEW

Floats = npt.NDArray[np.float64]

SHOWN = 8


def leaks(origin: Origin, outcome: Floats, day: DayEarlier | None) -> dict[str, Any] | None:
    """The features that rank best alone, those whose presence tells, and what the last day changed (None: not built).

    Of all applications with a known outcome, at most 20,000, evenly drawn; None where these are of one class.
    """
    places = evenly(np.flatnonzero(~np.isnan(outcome)), MOST) if day is None else day.places
    bad = outcome[places]
    if len(np.unique(bad)) < 2:
        return None
    names, X = [feature.name for feature in origin.card.features], origin.values_at(places)
    alone, present = univariate_auc(X, bad, names), one_sided_presence(X, bad, names)
    enough = np.minimum(alone["bads"], alone["present"] - alone["bads"]) >= FEW
    alone = alone[enough]
    return {
        "rows": len(bad),
        "bads": int(bad.sum()),
        "features": len(names),
        "measured": len(alone),
        "too_good": int(alone["too_good"].sum()),
        "best": records(alone.head(SHOWN)),
        "telling": int(present["suspicious"].sum()),
        "presence": records(present[present["suspicious"]].head(SHOWN)),
        "day": None if day is None else _last_day(origin.card, day.of(names), X, bad, names),
    }


def _last_day(card: Scorecard, before: Floats, at: Floats, bad: Floats, names: list[str]) -> dict[str, Any]:
    table = late_values(before, at, bad, names)
    moved = table["changed"] + table["appeared"] + table["vanished"]
    return {
        "late": int(table["late"].sum()),
        "gains": records(table.head(SHOWN)),
        "values_changed": float(moved.sum() / at.size),
        "scores": _scores_moved(card, before, at),
    }


def _scores_moved(card: Scorecard, before: Floats, at: Floats) -> dict[str, float | None]:
    """What a day changes in the scores themselves, of who can be scored on both days."""
    then, now = assess(card, before), assess(card, at)
    both = then.scorable & now.scorable
    points = pandas.Series(np.abs(now.unrounded - then.unrounded)[both])
    grades = [card.grades.grade(probability(each.log_odds[both])) for each in (then, now)]
    told = {
        "mean_points": points.mean(),
        "most_points": points.quantile(0.95),
        "grade_changed": np.mean(grades[0] != grades[1]) if both.any() else np.nan,
        "first_reason_changed": np.mean((then.worst[:, 0] != now.worst[:, 0])[both]) if both.any() else np.nan,
        "no_longer_scorable": np.mean(then.scorable != now.scorable),
    }
    return {name: None if np.isnan(value) else float(value) for name, value in told.items()}
