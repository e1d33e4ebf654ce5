"""A reference population, as the reasons engine keeps it: for each leaf, how many rows met which of its conditions.

That is all that interventional SHAP values need of the rows (see `cells`), and it names no row: the counts of one leaf
cannot be joined to those of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from creditscore.compiled import compiled
from creditscore.errors import ModelFormatError, RequestError, ScorecardError
from creditscore.model.trees import Trees
from creditscore.model.trees_kernel import Floats, Ints
from creditscore.reasons.bins import Bins, Codes, place
from creditscore.reasons.paths import Paths, Readings, after_another, met_by, structure_of
from creditscore.reasons.threads import share_out

MOST_ROWS = 10_000
# A pattern is a 64-bit number, its sign kept free.
MOST_CONDITIONS = 62
# Patterns of so many conditions are counted in a histogram, of more by sorting.
_MOST_COUNTED = 12


@dataclass(frozen=True, eq=False)
class Reference:
    """Pattern counts of `rows` rows: leaf l was met in the ways pattern[starts[l] : starts[l + 1]], rising, each by
    `count` rows; bit k of a pattern stands for the leaf's condition k, the nearest to the leaf first.
    """

    rows: int
    starts: Ints
    pattern: Ints
    count: Ints

    @classmethod
    def from_rows(cls, trees: Trees, X: Floats) -> Reference:
        """The counts of the rows of X, float64[1 … 10,000, features], missing NaN.

        Raises RequestError for another shape, ModelFormatError for paths of more than 62 features.
        """
        X = trees.matrix(X)
        if not 1 <= len(X) <= MOST_ROWS:
            raise RequestError(f"reference: expected 1 to {MOST_ROWS:,} rows, got {len(X):,}; draw a sample of them")
        bins, readings, paths = structure_of(trees)
        return count_patterns(bins, readings, _checked(paths), X)

    def to_arrays(self) -> dict[str, Ints]:
        """The counts as int64 arrays by name, for a scorecard."""
        return {"rows": np.array([self.rows]), "starts": self.starts, "pattern": self.pattern, "count": self.count}

    @classmethod
    def from_arrays(cls, trees: Trees, arrays: Mapping[str, Ints]) -> Reference:
        """What `to_arrays` gave, or lists of the same integers. Raises ScorecardError where it does not fit."""
        found = {name: np.asarray(arrays[name]) for name in ("rows", "starts", "pattern", "count") if name in arrays}
        if len(found) < 4 or any(a.dtype != np.int64 or a.ndim != 1 for a in found.values()) or len(found["rows"]) != 1:
            raise ScorecardError(f"reference: expected int64 arrays rows, starts, pattern, count; got {sorted(found)}")
        reference = cls(int(found["rows"][0]), found["starts"], found["pattern"], found["count"])
        check(reference, _checked(structure_of(trees)[2]))
        return reference


def check(reference: Reference, paths: Paths) -> None:
    """Raise ScorecardError where the counts are not such as rows could give for these paths."""
    starts, pattern, count = reference.starts, reference.pattern, reference.count
    conditions = np.diff(paths.starts)
    fits = len(starts) == len(paths.starts) and starts[0] == 0 and starts[-1] == len(pattern) == len(count)
    if not fits or (np.diff(starts) < 1).any():
        _refuse("counts for each of the model's leaves")
    leaf = np.repeat(np.arange(len(conditions)), np.diff(starts))
    if (pattern < 0).any() or (pattern >> conditions[leaf]).any():
        _refuse("patterns of the leaves' conditions")
    if ((np.diff(pattern) <= 0) & (np.diff(leaf) == 0)).any():
        _refuse("the patterns of each leaf to rise")
    if (count < 1).any() or (np.add.reduceat(count, starts[:-1]) != reference.rows).any():
        _refuse("positive counts, those of each leaf together the rows of the reference")


def _refuse(expected: str) -> None:
    raise ScorecardError(f"reference: expected {expected}, got others; make it again from rows and this model")


def _checked(paths: Paths) -> Paths:
    if (most := int(np.diff(paths.starts).max())) > MOST_CONDITIONS:
        raise ModelFormatError(
            f"trees: expected at most {MOST_CONDITIONS} distinct features on a path, got {most}; train with max_depth"
        )
    return paths


def count_patterns(bins: Bins, readings: Readings, paths: Paths, X: Floats) -> Reference:
    """The pattern counts of the rows of X, leaf by leaf."""
    codes = np.empty((len(bins.feature), len(X)), np.uint16)
    place(bins.cuts, bins.starts, bins.feature, X, codes)
    conditions = np.diff(paths.starts)

    def count(first: int, last: int) -> tuple[Ints, Ints, Ints]:
        distinct = np.zeros(last - first, np.int64)
        room = int(np.minimum(2.0 ** conditions[first:last], len(X)).sum())
        pattern, times = np.empty((2, room), np.int64)
        room = _count_leaves(first, last, readings, paths, codes, distinct, pattern, times)
        return distinct, pattern[:room].copy(), times[:room].copy()

    distinct, pattern, times = (np.concatenate(each) for each in zip(*share_out(count, len(conditions)), strict=True))
    return Reference(len(X), after_another(distinct), pattern, times)


@compiled
def _count_leaves(
    first: int, last: int, readings: Readings, paths: Paths, bins: Codes, distinct: Ints, pattern: Ints, times: Ints
) -> int:
    """Write the patterns of some leaves, rising, and how often they were met; the number of all."""
    met, histogram = np.empty(bins.shape[1], np.int64), np.zeros(1 << _MOST_COUNTED, np.int64)
    end = 0
    for leaf in range(first, last):
        patterns_of(leaf, readings, paths, bins, met)
        size = paths.starts[leaf + 1] - paths.starts[leaf]
        if size <= _MOST_COUNTED:
            distinct[leaf - first] = _count(met, histogram[: 1 << size], pattern[end:], times[end:])
        else:
            met.sort()
            distinct[leaf - first] = _run_lengths(met, pattern[end:], times[end:])
        end += distinct[leaf - first]
    return end


@compiled
def _count(met: Ints, histogram: Ints, pattern: Ints, times: Ints) -> int:
    """Count patterns one by one, and leave the histogram empty."""
    for each in met:
        histogram[each] += 1
    found = 0
    for number in range(len(histogram)):
        if histogram[number]:
            pattern[found], times[found] = number, histogram[number]
            histogram[number] = 0
            found += 1
    return found


@compiled
def _run_lengths(met: Ints, pattern: Ints, times: Ints) -> int:
    """Count patterns that are sorted."""
    found = 0
    for i in range(len(met)):
        if i and met[i] == met[i - 1]:
            times[found - 1] += 1
        else:
            pattern[found], times[found] = met[i], 1
            found += 1
    return found


@compiled
def patterns_of(leaf: int, readings: Readings, paths: Paths, bins: Codes, pattern: Ints) -> None:
    """Set pattern[row], the conditions of a leaf that each row meets, bit k for its condition k."""
    pattern[:] = 0
    met = np.empty(len(pattern), np.uint8)
    for k in range(paths.starts[leaf + 1] - paths.starts[leaf]):
        met_by(paths.starts[leaf] + k, readings, paths, bins, met)
        for row in range(len(pattern)):
            pattern[row] |= np.int64(met[row]) << k
