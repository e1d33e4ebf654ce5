"""A reference population as a scorecard keeps it: pattern counts and quantiles, never rows of people."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.errors import ScorecardError, TrainingError
from creditscore.model.presence import Presence
from creditscore.model.trees import Trees
from creditscore.model.trees_kernel import Floats, Ints
from creditscore.reasons.paths import after_another
from creditscore.reasons.reference import Reference

# Of more, so many are drawn: their means are sharp enough, and the counts stay small.
MOST_KEPT = 2_000
# Fewer, and a quantile would be somebody's own value.
FEWEST = 20
# A population at a cut-off is widened upwards to at least so many.
ENOUGH = 500
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class Population:
    """Whom reasons compare with: `counts` of `size` rows, and `quantiles`, float64[features, 5], missing NaN.

    `absent[pattern]` of them lack the data families of that pattern. `rule` says in words who they are; `digest` names
    what is kept of them.
    """

    id: str
    rule: str
    counts: Reference
    quantiles: Floats
    absent: Ints

    @classmethod
    def from_rows(cls, name: str, rule: str, trees: Trees, presence: Presence, X: Any, *, seed: int = 1) -> Population:
        """The population of the rows of X, float64[rows, features], missing NaN; of more than 2,000 a drawn sample.

        X is an array, or anything that has a length and gives the rows of an array of numbers.

        Raises TrainingError for fewer than 20 rows: reasons would compare with a handful of people.
        """
        if len(X) < FEWEST:
            raise TrainingError(
                f"reference '{name}' ({rule}): {len(X)} applicants, at least {FEWEST} are needed; choose a lower "
                f"cut-off, or more applicants"
            )
        if len(X) > MOST_KEPT:
            rule = f"{rule}; {MOST_KEPT:,} drawn of {len(X):,}"
            X = X[np.sort(np.random.default_rng(seed).choice(len(X), MOST_KEPT, replace=False))]
        X = X[np.arange(len(X))]
        absent = np.bincount(presence.absent(X), minlength=presence.patterns).astype(np.int64)
        return cls(name, rule, Reference.from_rows(trees, X), _quantiles(X), absent)

    @property
    def size(self) -> int:
        return self.counts.rows

    @cached_property
    def middle(self) -> Floats:
        """The middle half's ends of each feature: the first and third quartile, float64[features, 2]."""
        return self.quantiles[:, [1, 3]]

    @cached_property
    def middle_told(self) -> tuple[tuple[float | None, float | None], ...]:
        """The same as plain values, None where no row has the feature."""
        ends = ([None if math.isnan(end) else end for end in ends] for ends in self.middle.tolist())
        return tuple((low, high) for low, high in ends)

    @cached_property
    def range(self) -> Floats:
        """Where nine in ten of each feature's values lie, float64[features, 2]."""
        return self.quantiles[:, [0, 4]]

    @cached_property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """The counts and quantiles as a scorecard's part; little-endian, patterns in as few bytes as they need."""
        counts = self.counts
        most = int(counts.pattern.max(initial=0))
        parts = [
            np.diff(counts.starts).astype("<u2"),
            counts.pattern.astype(_type_for(most)),
            counts.count.astype("<u2"),
            self.quantiles.astype("<f8"),
            self.absent.astype("<u2"),
        ]
        return bytes([_type_for(most).itemsize]) + b"".join(part.tobytes() for part in parts)

    @classmethod
    def from_bytes(cls, name: str, rule: str, size: int, trees: Trees, patterns: int, data: bytes) -> Population:
        """What `to_bytes` gave. Raises ScorecardError where it does not fit the trees."""
        if not data or data[0] not in (1, 2, 4, 8) or not FEWEST <= size <= MOST_KEPT:
            raise ScorecardError(f"reference '{name}': expected pattern counts of {FEWEST} to {MOST_KEPT:,} rows")
        leaves, features = len(trees.leaf_value), len(trees.feature_names)
        distinct = _take(name, data, 1, "<u2", leaves).astype(np.int64)
        pairs, first = int(distinct.sum()), 1 + 2 * leaves
        pattern = _take(name, data, first, f"<u{data[0]}", pairs)
        count = _take(name, data, first + data[0] * pairs, "<u2", pairs)
        rest, numbers = first + (data[0] + 2) * pairs, len(QUANTILES) * features
        if len(data) != rest + 8 * numbers + 2 * patterns:
            raise ScorecardError(f"reference '{name}': its part has {len(data):,} bytes, others than its counts need")
        quantiles = _take(name, data, rest, "<f8", numbers).reshape(features, -1).astype(np.float64)
        absent = _take(name, data, rest + 8 * numbers, "<u2", patterns).astype(np.int64)
        if np.isinf(quantiles).any() or (np.diff(quantiles, axis=1) < 0).any() or absent.sum() != size:
            raise ScorecardError(f"reference '{name}': quantiles do not rise, or patterns do not add up to its size")
        return cls(name, rule, _reference(trees, size, distinct, pattern, count), quantiles, absent)


def near_cut_off(points: Floats, cut_off: float, width: float) -> Ints:
    """The rows with cut_off <= points < cut_off + width, widened upwards to at least 500, or to all above.

    >>> near_cut_off(np.array([590.0, 601.0, 640.0]), 600, 20).tolist()
    [1, 2]
    """
    above = np.flatnonzero(points >= cut_off)
    rising = above[np.argsort(points[above], kind="stable")]
    within = int((points[above] < cut_off + width).sum())
    return np.sort(rising[: max(within, ENOUGH)])


def _quantiles(X: Floats) -> Floats:
    """Each feature's quantiles over the rows that have it: values that occur, so that a count stays whole."""
    ordered = np.sort(X, axis=0)  # NaN at the end
    present = (~np.isnan(X)).sum(axis=0)
    found = np.full((X.shape[1], len(QUANTILES)), np.nan)
    for k, share in enumerate(QUANTILES):
        place = np.maximum(np.ceil(share * present).astype(np.int64) - 1, 0)
        found[:, k] = ordered[place, np.arange(X.shape[1])]
    return found


def _type_for(most: int) -> np.dtype[np.unsignedinteger[npt.NBitBase]]:
    return np.dtype(np.min_scalar_type(most)).newbyteorder("<")


def _take(name: str, data: bytes, start: int, kind: str, count: int) -> npt.NDArray[np.generic]:
    if len(data) < start + count * np.dtype(kind).itemsize:
        raise ScorecardError(f"reference '{name}': its part is cut short; get the scorecard again")
    return np.frombuffer(data, kind, count, start)


def _reference(trees: Trees, size: int, distinct: Ints, *pairs: npt.NDArray[np.generic]) -> Reference:
    """Counts checked against the trees' paths; patterns beyond 63 bits would turn negative, and are refused there."""
    pattern, count = (each.astype(np.int64) for each in pairs)
    starts = after_another(distinct)
    return Reference.from_arrays(
        trees, {"rows": np.array([size]), "starts": starts, "pattern": pattern, "count": count}
    )
