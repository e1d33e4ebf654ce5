"""Cell tables: for each group of leaves, the summed SHAP values of every combination of parts, and the margin.

For a leaf of value v with the features 1 … D on its path, let q(T) be the share of the reference that meets the
conditions T. A coalition S of a row that meets the conditions M is paid v · q(D ∖ S) where S ⊆ M, else nothing; so with
w(s) = s! (D − s − 1)! / D! the Shapley values (Shapley, 1953) come from two sums over subsets,

    F(M) = Σ w(|S|) · q(D ∖ S) over S ⊆ M,    H(M) = Σ w(|T| − 1) · q(D ∖ T) over ∅ ≠ T ⊆ M:

    φᵢ = v · (H(M) − H(M ∖ i) − F(M ∖ i)) for a condition i that is met, and −v · F(M) for each that is not.

Both sums are taken for all M at once, one condition after the other (Yates, 1937), as is q from a reference's patterns;
path-dependent values take the product of covers for q. No pair of patterns is ever looked at.

With A = v · H and C = v · (H + F) it is φᵢ = A(M) − C(M ∖ i), whether i is met or not. So a leaf of many features can
have a folded table, of C and A alone: as many look-ups as features, for 2 numbers a pattern instead of D + 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.model.trees_kernel import Floats, Ints
from creditscore.reasons.bins import Codes
from creditscore.reasons.bits import count_bits
from creditscore.reasons.groups import Parts, label
from creditscore.reasons.paths import Paths, Readings

# Without a sign, Numba need not look for negative ones.
Places = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.uint32]


class Layout(NamedTuple):
    """Where a group finds its cell, and what the cell holds.

    Group g starts from the number base[g] and adds delta[s] for each of its steps s, step_starts[g] …
    step_starts[g + 1] − 1, where the row's bin in step_column[s] is at least edge[s] (modulo 2¹⁶). Its cell of that
    number has a value for each of the columns target[target_starts[g] : target_starts[g + 1]], and at last the margin;
    the group's first is table[table_starts[g]]. A folded group is one leaf, the number's bit k its condition on the
    group's column k: its table is C of all patterns, A of all patterns, and the leaf's value.
    """

    folded: npt.NDArray[np.bool_]
    base: Codes
    step_starts: Places
    step_column: Numbers
    edge: Codes
    delta: Codes
    target_starts: Places
    target: Numbers
    table_starts: Places


class Groups(NamedTuple):
    """Group g has the leaves leaf[leaf_starts[g] : leaf_starts[g + 1]], of the tree tree[g]; a folded one has one."""

    leaf_starts: Ints
    leaf: Ints
    tree: Ints
    folded: npt.NDArray[np.bool_]


class Patterns(NamedTuple):
    """How often the rows of a reference meet which conditions of each leaf: bit k for the leaf's condition k.

    Leaf l was met in the ways pattern[starts[l] : starts[l + 1]], rising, each `times`. Without rows,
    the training rows stand in, by the covers of the trees, as if features were independent along each path.
    """

    rows: int
    starts: Ints
    pattern: Ints
    times: Ints


@compiled
def parts_of(g: int, groups: Groups, readings: Readings, paths: Paths) -> Parts:
    """How a group parts the readings of its tree."""
    first, last = readings.starts[groups.tree[g]], readings.starts[groups.tree[g] + 1]
    widest = 0
    for reading in range(first, last):
        widest = max(widest, readings.classes[reading])
    parts = Parts(np.zeros((1, last - first, widest), np.int64), np.zeros((1, last - first), np.int64))
    for leaf in groups.leaf[groups.leaf_starts[g] : groups.leaf_starts[g + 1]]:
        label(parts, 0, leaf, first, readings, paths)
    return parts


@compiled
def measure(groups: Groups, readings: Readings, paths: Paths, steps: Ints, targets: Ints, values: Ints) -> None:
    """Set the steps, the targets and the table's values of each group."""
    for g in range(len(groups.tree)):
        parts, first = parts_of(g, groups, readings, paths), readings.starts[groups.tree[g]]
        cells = 1
        for f in range(parts.parts.shape[1]):
            if parts.parts[0, f]:
                targets[g] += 1
                cells *= parts.parts[0, f]
                labels, begin = parts.labels[0, f], readings.class_starts[first + f]
                for b in range(begin + 1, readings.class_starts[first + f + 1]):
                    steps[g] += labels[readings.class_of[b]] != labels[readings.class_of[b - 1]]
        values[g] = (2 << targets[g]) + 1 if groups.folded[g] else cells * (targets[g] + 1)


@compiled
def lay_out(groups: Groups, readings: Readings, paths: Paths, layout: Layout) -> None:
    """Write the steps and targets of every group."""
    for g in range(len(groups.tree)):
        layout.folded[g] = groups.folded[g]
        if groups.folded[g]:
            _lay_out_leaf(g, groups.leaf[groups.leaf_starts[g]], readings, paths, layout)
            continue
        parts, first = parts_of(g, groups, readings, paths), readings.starts[groups.tree[g]]
        step, target, stride = np.int64(layout.step_starts[g]), np.int64(layout.target_starts[g]), 1
        for f in range(parts.parts.shape[1]):
            if parts.parts[0, f]:
                layout.target[target] = readings.column[first + f]
                step = _write_steps(g, step, stride, first + f, parts.labels[0, f], readings, layout)
                target, stride = target + 1, stride * parts.parts[0, f]


@compiled
def _lay_out_leaf(g: int, leaf: int, readings: Readings, paths: Paths, layout: Layout) -> None:
    """Write the steps and targets of a leaf by itself: its conditions are the bits of the number."""
    step, target = np.int64(layout.step_starts[g]), np.int64(layout.target_starts[g])
    for k in range(paths.starts[leaf + 1] - paths.starts[leaf]):
        condition = paths.starts[leaf] + k
        reading, begin = paths.reading[condition], paths.met_starts[condition]
        layout.target[target + k] = readings.column[reading]
        met = paths.met[begin : begin + readings.classes[reading]].astype(np.int64)
        step = _write_steps(g, step, 1 << k, reading, met, readings, layout)


@compiled
def _write_steps(g: int, step: int, stride: int, reading: int, labels: Ints, readings: Readings, layout: Layout) -> int:
    """Write the steps of one reading, where its part changes from bin to bin; where the next reading's begin."""
    begin = readings.class_starts[reading]
    part = labels[readings.class_of[begin]]
    layout.base[g] += np.uint16(stride * part)
    for b in range(1, readings.class_starts[reading + 1] - begin):
        other = labels[readings.class_of[begin + b]]
        if other != part:
            layout.step_column[step], layout.edge[step] = readings.column[reading], b
            layout.delta[step] = np.uint16((stride * (other - part)) & 0xFFFF)
            step, part = step + 1, other
    return step


@compiled
def fill(
    first_group: int, last_group: int, most_features: int, groups: Groups, readings: Readings, paths: Paths,
    patterns: Patterns, leaf_value: Floats, layout: Layout, table: Floats,
) -> None:  # fmt: skip
    """Fill the tables of some groups."""
    q, low, high = np.empty((3, 1 << most_features))
    for g in range(first_group, last_group):
        own = table[layout.table_starts[g] : layout.table_starts[g + 1]]
        parts = parts_of(g, groups, readings, paths)
        width = np.int64(layout.target_starts[g + 1] - layout.target_starts[g])
        met = np.empty(1 if groups.folded[g] else len(own) // (width + 1), np.int64)
        for leaf in groups.leaf[groups.leaf_starts[g] : groups.leaf_starts[g + 1]]:
            size = paths.starts[leaf + 1] - paths.starts[leaf]
            _shares(leaf, size, paths, patterns, q)
            _sum_subsets(size, leaf_value[leaf], q, low, high)
            if groups.folded[g]:
                _fold(size, leaf_value[leaf], low, high, own)
                continue
            slots = _meet_cells(leaf, readings.starts[groups.tree[g]], parts, readings, paths, met)
            values = _values(size, low, high)
            _add(size, leaf_value[leaf], values, met, slots, own.reshape(-1, width + 1))


@compiled
def _fold(size: int, value: float, low: Floats, high: Floats, own: Floats) -> None:
    """Write the folded table of a leaf."""
    for M in range(1 << size):
        own[M], own[(1 << size) + M] = high[M] + low[M], high[M]
    own[2 << size] = value


@compiled
def _shares(leaf: int, size: int, paths: Paths, patterns: Patterns, q: Floats) -> None:
    """Set q[T], the share of the reference that meets the leaf's conditions T."""
    q[0] = 1.0
    if not patterns.rows:
        for k in range(size):
            for T in range(1 << k):
                q[T | 1 << k] = q[T] * paths.share[paths.starts[leaf] + k]
        return
    q[: 1 << size] = 0.0
    for i in range(patterns.starts[leaf], patterns.starts[leaf + 1]):
        q[patterns.pattern[i]] = patterns.times[i]
    for k in range(size):
        for T in range(1 << size):
            if not T & 1 << k:
                q[T] += q[T | 1 << k]
    for T in range(1 << size):
        q[T] /= patterns.rows


@compiled
def _sum_subsets(size: int, value: float, q: Floats, low: Floats, high: Floats) -> None:
    """Set low[M] = v · F(M) and high[M] = v · H(M)."""
    full = (1 << size) - 1
    weight = np.zeros(size + 1)
    if size:
        weight[0] = value / size
    for s in range(1, size):
        weight[s] = weight[s - 1] * s / (size - s)
    low[0], high[0] = weight[0] * q[full], 0.0
    for T in range(1, full + 1):
        s = count_bits(T)
        low[T], high[T] = weight[s] * q[full ^ T], weight[s - 1] * q[full ^ T]
    for k in range(size):
        for T in range(1 << size):
            if T & 1 << k:
                low[T] += low[T ^ 1 << k]
                high[T] += high[T ^ 1 << k]


@compiled
def _values(size: int, low: Floats, high: Floats) -> Floats:
    """The Shapley value of each condition for each pattern that can be met, float64[patterns, conditions]."""
    values = np.empty((1 << size, size))
    for M in range(1 << size):
        for k in range(size):
            without = M & ~(1 << k)
            values[M, k] = high[M] - high[without] - low[without]
    return values


@compiled
def _meet_cells(leaf: int, first_reading: int, parts: Parts, readings: Readings, paths: Paths, met: Ints) -> Ints:
    """Set which of a leaf's conditions each cell meets; the slot of each condition's value in a cell."""
    condition = np.full(parts.parts.shape[1], -1)
    for c in range(paths.starts[leaf], paths.starts[leaf + 1]):
        condition[paths.reading[c] - first_reading] = c
    slots = np.empty(paths.starts[leaf + 1] - paths.starts[leaf], np.int64)
    met[0] = 0
    slot, stride = 0, 1
    for f in range(len(condition)):
        if not parts.parts[0, f]:
            continue
        bits = np.zeros(parts.parts[0, f], np.int64)
        if condition[f] >= 0:
            k = condition[f] - paths.starts[leaf]
            slots[k] = slot
            for number in range(readings.classes[first_reading + f]):
                bits[parts.labels[0, f, number]] = np.int64(paths.met[paths.met_starts[condition[f]] + number]) << k
        for part in range(len(bits) - 1, -1, -1):
            for cell in range(stride):
                met[part * stride + cell] = met[cell] | bits[part]
        slot, stride = slot + 1, stride * len(bits)
    return slots


@compiled
def _add(size: int, value: float, values: Floats, met: Ints, slots: Ints, cells: Floats) -> None:
    """Add a leaf's values to every cell; it is the leaf of those that meet all its conditions."""
    for cell in range(len(cells)):
        for k in range(size):
            cells[cell, slots[k]] += values[met[cell], k]
        if met[cell] == (1 << size) - 1:
            cells[cell, -1] = value
