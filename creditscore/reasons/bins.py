"""Feature values → bins: two values share a bin where no node of the model can tell them apart.

A categorical set is a union of intervals, [c, c + 1) for a category c and (−1, 1) for 0, so that every node, of any
kind and missing type, is constant between cuts on the line of numbers: with the cuts c₀ < c₁ < … of a feature, a value
x has the bin Σ (x > cⱼ), and NaN the one after the last. Which way a bin goes is asked of LightGBM's rule, `goes_left`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.errors import ModelFormatError
from creditscore.model.trees import Trees
from creditscore.model.trees_kernel import CATEGORICAL, ZERO, ZERO_MISSING, Floats, Ints, Nodes

Codes = npt.NDArray[np.uint16]
MOST_BINS = 2**16
_MOST_CATEGORIES = 2**31
_BELOW_ZERO = np.nextafter(0.0, -1.0)


@dataclass(frozen=True, eq=False)
class Bins:
    """The columns of a model, one for each feature that a node reads, in the features' order.

    Column c has the cuts cuts[starts[c] : starts[c + 1]], rising; its bins are two more than those, NaN's the last.
    """

    feature: Ints
    starts: Ints
    cuts: Floats

    def count(self) -> Ints:
        """The bins of each column."""
        return np.diff(self.starts) + 2

    def column(self, feature: Ints) -> Ints:
        """The column of each of some features that nodes read."""
        return np.searchsorted(self.feature, feature)

    def representatives(self) -> Floats:
        """A value of each bin, column after column: no node tells it from the bin's others."""
        values = [
            np.append(self.cuts[i:j], [np.inf, np.nan]) for i, j in zip(self.starts, self.starts[1:], strict=False)
        ]
        value = np.concatenate([np.empty(0), *values])
        # What is within ±ZERO is read as zero: below such a cut is what is below −ZERO.
        return np.where((value < 0) & (value >= -ZERO), np.nextafter(-ZERO, -1.0), value)


def bins_of(trees: Trees) -> Bins:
    """The bins of a model's features. Raises ModelFormatError where a feature has too many of them for 16 bits."""
    nodes, used = trees.nodes, np.unique(trees.nodes.feature)
    node, cut = _numerical_cuts(nodes)
    sets = [_set_cuts(nodes, i) for i in np.flatnonzero(nodes.decision & CATEGORICAL).tolist()]
    feature = np.concatenate([nodes.feature[node], *[np.full(len(c), f, np.int64) for f, c in sets]])
    cut = np.concatenate([cut, *[c for _, c in sets]])
    cuts = [np.unique(cut[feature == f]) for f in used]
    starts = np.cumsum([0, *map(len, cuts)])
    if (most := max(map(len, cuts), default=0) + 2) > MOST_BINS:
        raise ModelFormatError(
            f"trees: expected at most {MOST_BINS} bins of a feature, got {most}; train with a smaller max_bin"
        )
    return Bins(used, starts, np.concatenate([np.empty(0), *cuts]))


def _numerical_cuts(nodes: Nodes) -> tuple[Ints, Floats]:
    """Nodes and their cuts: the threshold, and about zero where that is missing."""
    numerical = np.flatnonzero((nodes.decision & CATEGORICAL == 0) & np.isfinite(nodes.threshold))
    zero = np.flatnonzero((nodes.decision & CATEGORICAL == 0) & (nodes.decision >> 2 == ZERO_MISSING))
    node = np.concatenate([numerical, zero, zero])
    return node, np.concatenate([nodes.threshold[numerical], np.full(len(zero), _BELOW_ZERO), np.zeros(len(zero))])


def _set_cuts(nodes: Nodes, node: int) -> tuple[int, Floats]:
    """The feature of a categorical node, and where its set begins and ends on the line of numbers."""
    first = nodes.first_word[node]
    words = nodes.words[first : first + min(nodes.word_count[node], _MOST_CATEGORIES // 32)]
    member = np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
    turns = np.flatnonzero(np.diff(member, prepend=0, append=0)).astype(np.float64)
    return int(nodes.feature[node]), np.where(turns == 0, -1.0, np.nextafter(turns, -np.inf))


@compiled
def place(cuts: Floats, starts: Ints, feature: Ints, X: Floats, bins: Codes) -> None:
    """Set bins[column, row] for the rows of X: bisection, a step of all rows at a time, as none waits for another."""
    value, low = np.empty(len(X)), np.empty(len(X), np.int64)
    for column in range(len(feature)):
        first, size = starts[column], starts[column + 1] - starts[column]
        for row in range(len(X)):
            x = X[row, feature[column]]
            value[row] = 0.0 if abs(x) <= ZERO else x
            low[row] = first
        while size > 0:
            half = (size + 1) >> 1
            for row in range(len(X)):
                low[row] += half * np.int64(cuts[low[row] + half - 1] < value[row])
            size -= half
        for row in range(len(X)):
            bins[column, row] = (starts[column + 1] + 1 if np.isnan(value[row]) else low[row]) - first


@compiled
def bin_of(cuts: Floats, first: int, last: int, value: float) -> int:
    """The bin of one value among a column's cuts."""
    if np.isnan(value):
        return last - first + 1
    if abs(value) <= ZERO:
        value = 0.0
    low, size = first, last - first
    while size > 0:
        half = (size + 1) >> 1
        low += half * int(cuts[low + half - 1] < value)
        size -= half
    return low - first
