"""Who gains by withholding a data family, and by how much: points without it less points with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import has_history
from creditscore.validation.resampling import clusters, draws, percentile_ends

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RESAMPLES = 200
FEWEST = 10
FIFTHS = ("lowest fifth of points", "second fifth", "third fifth", "fourth fifth", "highest fifth of points")


def gains(
    card: Scorecard, X: Floats, outcome: npt.ArrayLike, borrower: npt.ArrayLike | None = None, seed: int = 1
) -> pandas.DataFrame:
    """For each data family, what the applicants of X, float64[rows, features], who have it would gain without it.

    A row a family and group: all, goods, bads, indeterminates (`outcome` 0, 1, NaN) and the fifths of points with all
    families. Columns: family, group, n, gain (mean points; above 0: withholding pays), low, high (its 95% interval,
    resampling borrowers; NaN below ten rows), gainers (the share that gains). Those without any history left are not
    among them, as they would have no score.
    """
    told = np.asarray(outcome, np.float64)
    rows = [row for f in range(len(card.presence.families)) for row in _of_family(card, f, X, told, borrower, seed)]
    return pandas.DataFrame(rows, columns=["family", "group", "n", "gain", "low", "high", "gainers"])


def without_family(card: Scorecard, X: Floats, f: int) -> Floats:
    """X with every feature missing that reads the family f, as for a borrower without one event of it."""
    X = X.copy()
    X[:, card.presence.read >> f & 1 == 1] = np.nan
    return X


def _of_family(
    card: Scorecard, f: int, X: Floats, outcome: Floats, borrower: npt.ArrayLike | None, seed: int
) -> Iterator[Mapping[str, object]]:
    hidden = without_family(card, X, f)
    asked = np.flatnonzero((card.presence.absent(X) >> f & 1 == 0) & has_history(card, hidden))
    points = _points(card, X[asked])
    gain = _points(card, hidden[asked]) - points
    cluster = clusters(None if borrower is None else np.asarray(borrower)[asked], len(asked))
    groups = _groups(points, outcome[asked])
    drawn = [_means(gain, groups, one[cluster]) for one in draws(cluster, RESAMPLES, seed)]
    low, high = percentile_ends(np.array(drawn))
    for i, (name, own) in enumerate(groups.items()):
        n, enough = int(own.sum()), own.sum() >= FEWEST
        yield {
            "family": card.presence.families[f],
            "group": name,
            "n": n,
            "gain": float(gain[own].mean()) if n else np.nan,
            "low": float(low[i]) if enough else np.nan,
            "high": float(high[i]) if enough else np.nan,
            "gainers": float((gain[own] > 0).mean()) if n else np.nan,
        }


def _points(card: Scorecard, X: Floats) -> Floats:
    """Unrounded points."""
    return card.scale.points(card.calibration(card.trees.margin(X), card.presence.absent(X)))


def _groups(points: Floats, outcome: Floats) -> dict[str, Bools]:
    """Which rows are of each group."""
    groups = {
        "all": np.ones(len(points), np.bool_),
        "goods": outcome == 0,
        "bads": outcome == 1,
        "indeterminates": np.isnan(outcome),
    }
    fifth = np.minimum(
        len(FIFTHS) - 1, np.argsort(np.argsort(points, kind="stable")) * len(FIFTHS) // max(1, len(points))
    )
    return groups | {name: fifth == i for i, name in enumerate(FIFTHS)}


def _means(gain: Floats, groups: Mapping[str, Bools], weight: Floats) -> list[float]:
    """Each group's mean gain where its rows weigh so much."""
    totals = [(float(weight[own] @ gain[own]), float(weight[own].sum())) for own in groups.values()]
    return [total / weighed if weighed else float("nan") for total, weighed in totals]
