"""Interventional SHAP values without tables, pattern by pattern: for leaves whose tables would be too large.

Where a row meets the conditions M of a leaf of value v and a row of the reference the conditions P, the leaf is reached
by some coalition only if M ∪ P is all of them. With a conditions met by the row alone and b by the reference's alone,
the game's Shapley value is v · (a − 1)! b! / (a + b)! for each of the a, −v · a! (b − 1)! / (a + b)! for each of the b,
and 0 for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.model.trees_kernel import Floats, Ints
from creditscore.reasons.bins import Bins, Codes, place
from creditscore.reasons.bits import count_bits, lowest_bit
from creditscore.reasons.paths import MANY_ROWS, Flags, Paths, Readings, after_another, met_at
from creditscore.reasons.reference import MOST_CONDITIONS, Reference, patterns_of
from creditscore.reasons.sums import add_columns

Words = npt.NDArray[np.uint64]
# Rows that are scanned together: with more, more of them meet the same conditions of a leaf.
_BLOCK = 4096
# 2⁶⁴ over the golden ratio spreads numbers over the top bits of their product (Knuth, 1973).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class Scanned(NamedTuple):
    """The leaves to scan, and their patterns: leaf[i] has those from starts[i] on.

    `weight` is a pattern's share of the reference's rows times its leaf's value, `shapley[a, b]` the formula's factor.
    Which of a leaf's patterns meet its condition k is a set of bits in holders[holder_starts[i] + k · words :], as many
    words as the leaf's patterns need: the patterns that meet all of some conditions are the intersection.
    """

    leaf: Ints
    starts: Ints
    pattern: Ints
    weight: Floats
    shapley: Floats
    holder_starts: Ints
    holders: Words


@dataclass(frozen=True, eq=False)
class Scan:
    """Some leaves of a model, and a reference's patterns there."""

    bins: Bins
    readings: Readings
    paths: Paths
    scanned: Scanned

    def add(self, X: Floats, values: Floats) -> None:
        """Add the leaves' SHAP values of each row of X to values, float64[rows, features]."""
        for first in range(0, len(X), _BLOCK):
            rows = X[first : first + _BLOCK]
            codes = np.empty((len(self.bins.feature), len(rows)), np.uint16)
            place(self.bins.cuts, self.bins.starts, self.bins.feature, rows, codes)
            sums = np.zeros(codes.shape)
            _add(self.scanned, self.readings, self.paths, codes, sums)
            add_columns(self.bins.feature, sums, values[first : first + _BLOCK])


def scanned(leaf: Ints, leaf_value: Floats, reference: Reference, paths: Paths) -> Scanned:
    """The patterns of some leaves, prepared."""
    lengths, size = np.diff(reference.starts)[leaf], np.diff(paths.starts)[leaf]
    starts, holder_starts = after_another(lengths), after_another(size * ((lengths + 63) // 64))
    owner = np.repeat(np.arange(len(leaf)), lengths)
    found = reference.starts[leaf][owner] + np.arange(starts[-1]) - starts[owner]
    pattern = reference.pattern[found]
    weight = leaf_value[leaf][owner] * reference.count[found] / reference.rows
    holders = np.zeros(holder_starts[-1], np.uint64)
    _hold(starts, size, pattern, holder_starts, holders)
    return Scanned(leaf, starts, pattern, weight, _shapley(), holder_starts, holders)


@compiled
def _hold(starts: Ints, sizes: Ints, pattern: Ints, holder_starts: Ints, holders: Words) -> None:
    """Set the bit of each pattern in the sets of the conditions that it meets."""
    for i in range(len(sizes)):
        words = (starts[i + 1] - starts[i] + 63) // 64
        for p in range(starts[i + 1] - starts[i]):
            for k in range(sizes[i]):
                word = holder_starts[i] + k * words + (p >> 6)
                holders[word] |= np.uint64(pattern[starts[i] + p] >> k & 1) << np.uint64(p & 63)


def _shapley() -> Floats:
    """(a − 1)! b! / (a + b)! for a ≥ 1, which is 1 / (a · C(a + b, a)); 0 for a = 0."""
    most = MOST_CONDITIONS + 1
    return np.array([[1 / (a * comb(a + b, a)) if a else 0.0 for b in range(most)] for a in range(most)])


@compiled
def _add(scanned: Scanned, readings: Readings, paths: Paths, bins: Codes, sums: Floats) -> None:
    """Add the SHAP values of the leaves to sums[column, row], once for all rows that meet the same conditions."""
    rows, longest = bins.shape[1], np.diff(paths.starts)[scanned.leaf].max()
    met, number, alone = np.empty(rows, np.int64), np.empty(rows, np.int64), np.empty(longest, np.uint8)
    found, common = np.empty((rows, longest)), np.empty((np.diff(scanned.starts).max() + 63) // 64, np.uint64)
    for i in range(len(scanned.leaf)):
        leaf, begin, end = scanned.leaf[i], scanned.starts[i], scanned.starts[i + 1]
        first, size = paths.starts[leaf], paths.starts[leaf + 1] - paths.starts[leaf]
        if rows < MANY_ROWS:
            for row in range(rows):
                met_at(leaf, row, readings, paths, bins, alone)
                met[row] = _bits(alone, size)
        else:
            patterns_of(leaf, readings, paths, bins, met)
        pattern, weight = scanned.pattern[begin:end], scanned.weight[begin:end]
        holders = scanned.holders[scanned.holder_starts[i] : scanned.holder_starts[i + 1]]
        for each in range(_number(met, number)):
            failed = (1 << size) - 1 ^ met[each]
            _scan(failed, size, holders, common[: len(holders) // size], pattern, weight, scanned.shapley, found[each])
        for k in range(size):
            column = sums[readings.column[paths.reading[first + k]]]
            for row in range(rows):
                column[row] += found[number[row], k]


@compiled
def _bits(met: Flags, size: int) -> int:
    pattern = 0
    for k in range(size):
        pattern += (1 << k) if met[k] else 0
    return pattern


@compiled
def _number(met: Ints, number: Ints) -> int:
    """Number distinct patterns as they come, met[number[row]] being that of the row; count them."""
    bits = 1
    while 1 << bits < 2 * len(met):
        bits += 1
    holder, count = np.full(1 << bits, -1), 0
    for row in range(len(met)):
        at = (np.uint64(met[row]) * _SPREAD) >> np.uint64(64 - bits)
        while holder[at] >= 0 and met[holder[at]] != met[row]:
            at = (at + np.uint64(1)) & np.uint64((1 << bits) - 1)
        if holder[at] < 0:
            holder[at], met[count] = count, met[row]
            count += 1
        number[row] = holder[at]
    return count


@compiled
def _scan(
    failed: int, size: int, holders: Words, common: Words, pattern: Ints, weight: Floats, shapley: Floats, found: Floats
) -> None:
    """Set found[k], the leaf's value of its condition k for a row that fails some conditions."""
    found[:size] = 0.0
    theirs = 0.0
    if _intersect(failed, size, holders, common):
        theirs = _compare(size, failed, common, pattern, weight, shapley, found)
    for k in range(size):
        if failed >> k & 1:
            found[k] = theirs


@compiled
def _intersect(failed: int, size: int, holders: Words, common: Words) -> bool:
    """Set which patterns meet all conditions that a row fails; whether any does."""
    common[:] = ~np.uint64(0)
    for k in range(size):
        if failed >> k & 1:
            for word in range(len(common)):
                common[word] &= holders[k * len(common) + word]
    left = np.uint64(0)
    for word in common:
        left |= word
    return left != 0


@compiled
def _compare(
    size: int,
    failed: int,
    common: Words,
    pattern: Ints,
    weight: Floats,
    shapley: Floats,
    mine: Floats,
) -> float:
    """Set mine[k] for the conditions that a row meets; the value of each that it does not."""
    b, theirs = count_bits(failed), 0.0
    for word in range((len(pattern) + 63) // 64):
        left = common[word]
        while left:
            p = 64 * word + lowest_bit(left)
            left &= left - np.uint64(1)
            if p >= len(pattern):
                break
            a = size - count_bits(pattern[p])
            theirs -= weight[p] * shapley[b, a]
            gain, alone = weight[p] * shapley[a, b], ~pattern[p]
            for k in range(size):
                mine[k] += gain if alone >> k & 1 else 0.0
    return theirs
