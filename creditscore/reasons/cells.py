"""Cell tables: for each group of leaves, the summed SHAP values of every combination of parts, and the margin.

For a leaf of value v with the features 1 … D on its path, let q(T) be the share of the reference that meets the
conditions T. A coalition S of a row that meets the conditions M is paid v · q(D ∖ S) where S ⊆ M, else nothing; so with
w(s) = s! (D − s − 1)! / D! the Shapley values (Shapley, 1953) come from two sums over subsets,

    F(M) = Σ w(|S|) · q(D ∖ S) over S ⊆ M,    H(M) = Σ w(|T| − 1) · q(D ∖ T) over ∅ ≠ T ⊆ M:

    φᵢ = v · (H(M) − H(M ∖ i) − F(M ∖ i)) for a condition i that is met, and −v · F(M) for each that is not.

Both sums are taken for all M at once, one condition after the other (Yates, 1937), as is q from a reference's patterns;
path-dependent values take the product of covers for q. No pair of patterns is ever looked at.

With A = v · H and C = v · (H + F) it is φᵢ = A(M) − C(M ∖ i), whether i is met or not; and as the φᵢ sum to what the
row is paid, less v · q(D), so D · A(M) is that and the sum of all C(M ∖ i). A leaf of many features can therefore have
a folded table, of C alone: as many look-ups as features, for one number a pattern instead of D + 1.
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
    group's column k: its table is C of all patterns, the leaf's value, and that times the share of the reference that
    reaches it.
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


class Turns(NamedTuple):
    """The steps of a layout by column and by rising edge, so that one row finds those it takes next to each other.

    In column c a row of bin b takes the steps ends[first[c]] … ends[first[c] + b] − 1, and step s adds delta[s] to the
    number of the group[s].
    """

    first: Places
    ends: Places
    group: Numbers
    delta: Codes


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
        values[g] = (1 << targets[g]) + 2 if groups.folded[g] else cells * (targets[g] + 1)


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


def turns_of(layout: Layout, bins: Ints) -> Turns:
    """The steps of a layout for one row; `bins` counts those of each column."""
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(bins)])
    key = first[layout.step_column] + layout.edge
    steps: Ints = np.diff(layout.step_starts.astype(np.int64)).astype(np.int64)
    group = np.repeat(np.arange(len(layout.base), dtype=np.uint32), steps)
    order = np.argsort(key, kind="stable")
    ends = np.cumsum(np.bincount(key, minlength=first[-1]))
    return Turns(first[:-1].astype(np.uint64), ends.astype(np.uint64), group[order], layout.delta[order])


@compiled
def fill(
    first_group: int, last_group: int, most_features: int, groups: Groups, readings: Readings, paths: Paths,
    patterns: Patterns, leaf_value: Floats, layout: Layout, table: Floats,
) -> None:  # fmt: skip
    """Fill the tables of some groups."""
    q, a, c = np.empty((3, 1 << most_features))
    for g in range(first_group, last_group):
        own = table[layout.table_starts[g] : layout.table_starts[g + 1]]
        parts = parts_of(g, groups, readings, paths)
        width = np.int64(layout.target_starts[g + 1] - layout.target_starts[g])
        met = np.empty(1 if groups.folded[g] else len(own) // (width + 1), np.int64)
        for leaf in groups.leaf[groups.leaf_starts[g] : groups.leaf_starts[g + 1]]:
            size, value = paths.starts[leaf + 1] - paths.starts[leaf], leaf_value[leaf]
            _shares(leaf, size, paths, patterns, q)
            weights_a, weights_c = _weights(size, value)
            if groups.folded[g]:
                _sum_subsets(size, weights_c, q, own)
                own[1 << size], own[(1 << size) + 1] = value, value * q[(1 << size) - 1]
                continue
            _sum_subsets(size, weights_a, q, a)
            _sum_subsets(size, weights_c, q, c)
            slots = _meet_cells(leaf, readings.starts[groups.tree[g]], parts, readings, paths, met)
            _add(size, value, _values(size, a, c), met, slots, own.reshape(-1, width + 1))


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
        for block in range(0, 1 << size, 2 << k):
            for T in range(block, block + (1 << k)):
                q[T] += q[T + (1 << k)]
    for T in range(1 << size):
        q[T] /= patterns.rows


@compiled
def _weights(size: int, value: float) -> tuple[Floats, Floats]:
    """By a set's size, v times its weight in H and in H + F."""
    a, c = np.zeros((2, size + 1))
    weight = value / max(size, 1)
    for s in range(size):
        c[s] = a[s] + weight
        a[s + 1] = weight
        weight *= (s + 1) / max(size - s - 1, 1)
    return a, c


@compiled
def _sum_subsets(size: int, weights: Floats, q: Floats, sums: Floats) -> None:
    """Set sums[M] to the sum of weights[|T|] · q(D ∖ T) over T ⊆ M."""
    full = (1 << size) - 1
    for T in range(full + 1):
        sums[T] = weights[count_bits(T)] * q[full ^ T]
    for k in range(size):
        for block in range(0, full, 2 << k):
            for T in range(block, block + (1 << k)):
                sums[T + (1 << k)] += sums[T]


@compiled
def _values(size: int, a: Floats, c: Floats) -> Floats:
    """The Shapley value of each condition for each pattern that can be met, float64[patterns, conditions]."""
    values = np.empty((1 << size, size))
    for M in range(1 << size):
        for k in range(size):
            values[M, k] = a[M] - c[M & ~(1 << k)]
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
