"""Features that tell platforms apart: what identifies a supplier by its content, if not by name.

A shop's own word for a channel or a category can name the shop as surely as its name does. So each feature is asked, of
borrowers whom one platform alone supplies: of two platforms that both supply what it reads, from which do they come?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.events.schema import CONTRACT
from creditscore.features.conditions import OneOf
from creditscore.features.formula import ApplicationValue, Call, Feature, parts, picked_by
from creditscore.validation.metrics import jeffreys
from creditscore.validation.neutrality.membership import Bools, Membership

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# A feature that is right in more than nine of ten cases, where guessing is right in five, tells platforms apart.
LIMIT = 0.9
# Borrowers of one platform alone, on each side, below which nothing is said.
FEWEST_ALONE = 30
_BINS = 10
_COLUMNS = ("feature", "table", "platform", "other", "alone", "other_alone", "right", "low", "verdict")


@dataclass(frozen=True)
class Guess:
    """How often one is right about the platform, platforms weighing alike: 0.5 is guessing; `low` its lower 95% end."""

    right: float
    low: float


def fingerprints(
    X: Floats, features: Sequence[Feature], members: Membership, borrowers: npt.ArrayLike, *, limit: float = LIMIT
) -> pandas.DataFrame:
    """How well each feature tells two platforms apart, the most telling first; X is float64[rows, features].

    For each event table that a feature reads and each pair of platforms that both supply what it reads of it, borrowers
    of one of the two who have nothing of the table from anybody else are told apart by the feature alone: half of them
    say which values (ten bins of equal size, and missing) are more frequent on which platform, the other half is
    guessed, and the other way round. Columns: feature, table, platform, other, alone and other_alone (such borrowers),
    right (share guessed right, both platforms weighing alike), low (its lower 95% end, Jeffreys'), verdict: "tells them
    apart" where low is above `limit`, "too few" below 30 borrowers on either side, "sole supplier" where one platform
    alone supplies what it reads (`platform`; no pair to compare), else "".

    "Supplies what it reads": the table, and of its borrowers some have a value that is neither missing nor 0. Of
    features that pick by a platform's own words (a category, a channel), and of functions, it is the table alone: being
    the only one to use a word is what such a feature would give away.
    """
    first = np.unique(np.asarray(borrowers), return_index=True)[1]
    X, members = X[first], members.only(first)
    rows: list[tuple[object, ...]] = []
    for table, of in members.tables.items():
        alone = _alone(of)
        for j, feature in enumerate(features):
            if table in feature.tables:
                supplies = of.any(axis=0) & (_own_words(feature, table) | _has_values(X[:, j], of))
                told = _of(X[:, j], alone, members.platforms, np.flatnonzero(supplies).tolist(), limit)
                rows += [(feature.name, table, *one) for one in told]
    found = pandas.DataFrame(rows, columns=list(_COLUMNS))
    return found.sort_values(["right", "feature"], ascending=[False, True], kind="stable", ignore_index=True)


def guess(values: Floats, other: Floats) -> Guess:
    """How well values tell two groups apart, each half guessed by what the other half says.

    >>> guess(np.arange(100.0), np.arange(100.0)).right <= 0.6, guess(np.arange(50.0), 50 + np.arange(50.0)).right
    (True, 1.0)
    """
    codes = _binned(np.concatenate([values, other]))
    ours, theirs = codes[: len(values)], codes[len(values) :]
    right = np.zeros(2)
    for half in (0, 1):
        shares = [_shares(group[half::2]) for group in (ours, theirs)]
        says = np.sign(shares[0] - shares[1])
        # equally frequent on both: half of the guesses are right
        right += [((1 + says[ours[1 - half :: 2]]) / 2).sum(), ((1 - says[theirs[1 - half :: 2]]) / 2).sum()]
    n = np.array([len(ours), len(theirs)])
    low, _ = jeffreys(right, n)
    # the spread of two independent shares' mean, from each one's own lower end
    rates = right / n
    return Guess(float(rates.mean()), float(rates.mean() - np.hypot(*(rates - low)) / 2))


def _own_words(feature: Feature, table: str) -> bool:
    """Whether it picks events of the table by words that are not the contract's, or is a function."""
    read = [part for part in parts(feature.formula) if not isinstance(part, ApplicationValue)]
    own = [part for part in read if part.selection.table == table]
    picked = {leaf.column for part in own for leaf in picked_by(part) if isinstance(leaf, OneOf)}
    return any(isinstance(part, Call) for part in own) or any(not CONTRACT[table][name].values for name in picked)


def _has_values(values: Floats, of: Bools) -> Bools:
    """Whether any borrower of each platform alone has a value that tells something."""
    tells = np.isfinite(values) & (values != 0) & (of.sum(axis=1) == 1)
    has: Bools = of[tells].any(axis=0)
    return has


def _of(
    values: Floats, alone: Ints, platforms: tuple[str, ...], supplies: list[int], limit: float
) -> list[tuple[object, ...]]:
    """What is to be said of one feature, a tuple a pair of platforms."""
    if len(supplies) == 1:
        (only,) = supplies
        return [(platforms[only], "", int((alone == only).sum()), 0, np.nan, np.nan, "sole supplier")]
    told: list[tuple[object, ...]] = []
    for one, other in combinations(supplies, 2):
        ours, theirs = values[alone == one], values[alone == other]
        sizes = platforms[one], platforms[other], len(ours), len(theirs)
        if min(len(ours), len(theirs)) < FEWEST_ALONE:
            told.append((*sizes, np.nan, np.nan, "too few"))
            continue
        found = guess(ours, theirs)
        told.append((*sizes, found.right, found.low, "tells them apart" if found.low > limit else ""))
    return told


def _alone(of: Bools) -> Ints:
    """The one platform that each row has events from, −1 where there are several or none."""
    return np.where(of.sum(axis=1) == 1, of.argmax(axis=1), -1)


def _binned(values: Floats) -> Ints:
    """Bins of about equal size, equal values together; missing is the last one."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS)) if len(known) else known
    both = np.searchsorted(edges, values, side="left") + np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), 2 * _BINS, both)


def _shares(codes: Ints) -> Floats:
    return np.bincount(codes, minlength=2 * _BINS + 1) / max(1, len(codes))
