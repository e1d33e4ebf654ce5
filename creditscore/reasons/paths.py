"""The path to each leaf as one condition a feature, however many of its nodes ask for that feature.

Within a tree the bins of a column that its nodes do not tell apart make one class, so that a condition is a set of few
classes. What a tree reads of a column is called a reading here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.errors import ModelFormatError
from creditscore.model.trees import Trees
from creditscore.model.trees_kernel import Floats, Ints, Nodes, goes_left
from creditscore.reasons.bins import Bins, Codes, bins_of

MOST_DEPTH = 1024
# Rows from which on `met_by` is faster than `met_at`.
MANY_ROWS = 32
Flags = npt.NDArray[np.uint8]


class Readings(NamedTuple):
    """Tree t has the readings starts[t] … starts[t + 1] − 1; node n asks of_node[n].

    Reading r is of column[r], whose bin b is in the class class_of[class_starts[r] + b], one of classes[r]; of a class
    k, node n takes those to the left where goes_left[left_starts[n] + k].
    """

    starts: Ints
    of_node: Ints
    column: Ints
    class_starts: Ints
    class_of: Codes
    classes: Ints
    left_starts: Ints
    goes_left: Flags


class Paths(NamedTuple):
    """Leaf l has the conditions starts[l] … starts[l + 1] − 1, the nearest to the leaf first, each on another reading.

    Condition c is on reading[c], met by the class k where met[met_starts[c] + k]; `share[c]` is the part of the
    training rows that met all nodes it stands for, as their covers tell.
    """

    starts: Ints
    reading: Ints
    met_starts: Ints
    met: Flags
    share: Floats


@lru_cache(maxsize=2)
def structure_of(trees: Trees) -> tuple[Bins, Readings, Paths]:
    """A model's bins, readings and paths; kept for the next call, as a scorecard's references share them."""
    bins = bins_of(trees)
    readings = readings_of(trees, bins)
    return bins, readings, paths_of(trees, readings)


def readings_of(trees: Trees, bins: Bins) -> Readings:
    """What each tree reads of the columns."""
    tree = np.repeat(np.arange(trees.n_trees), np.diff(trees.node_starts))
    width = len(bins.feature) + 1
    keys, of_node = np.unique(tree * width + bins.column(trees.nodes.feature), return_inverse=True)
    column = keys % width
    class_starts = after_another(bins.count()[column])
    class_of = np.zeros(class_starts[-1], np.uint16)
    classes = np.zeros(len(keys), np.int64)
    by_reading, first = np.argsort(of_node, kind="stable"), after_another(np.bincount(of_node, minlength=len(keys)))
    value_starts, values = after_another(bins.count())[column], bins.representatives()
    _classify(trees.nodes, by_reading, first, value_starts, values, class_starts, class_of, classes)
    left_starts = after_another(classes[of_node])
    left = np.zeros(left_starts[-1], np.uint8)
    _set_sides(trees.nodes, of_node, value_starts, values, class_starts, class_of, left_starts, left)
    starts = np.searchsorted(keys // width, np.arange(trees.n_trees + 1))
    return Readings(starts, of_node, column, class_starts, class_of, classes, left_starts, left)


def paths_of(trees: Trees, readings: Readings) -> Paths:
    """The conditions of all leaves. Raises ModelFormatError where a tree is too deep."""
    above, into = edges_into(children(trees), len(trees.leaf_value))
    depth, distinct = np.zeros((2, len(into)), np.int64)
    _count(above, into, readings.of_node, depth, distinct)
    if (deepest := int(depth.max())) > MOST_DEPTH:
        raise ModelFormatError(f"trees: expected a depth of at most {MOST_DEPTH}, got {deepest}; train with max_depth")
    starts = after_another(distinct)
    reading, share = np.zeros(starts[-1], np.int64), np.ones(starts[-1])
    _name_readings(above, into, readings.of_node, starts, reading)
    met_starts = after_another(readings.classes[reading])
    paths = Paths(starts, reading, met_starts, np.ones(met_starts[-1], np.uint8), share)
    _meet(above, into, covers(trees), readings, paths)
    return paths


def children(trees: Trees) -> Ints:
    """Where each edge leads: edge 2n left from node n, edge 2n + 1 right; to a leaf where negative, as in Nodes."""
    return np.stack([trees.nodes.left, trees.nodes.right], axis=1).ravel()


def covers(trees: Trees) -> Floats:
    """The share of a node's training rows that took each edge; half, where none passed the node."""
    counts = np.concatenate([trees.internal_count, trees.leaf_count[::-1]])  # so that child −1 finds leaf 0
    passed = np.repeat(trees.internal_count, 2)
    return np.where(passed > 0, counts[children(trees)] / np.maximum(passed, 1), 0.5)


def after_another(lengths: Ints) -> Ints:
    """Where each of some runs begins that lie one after the other, and where the last ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def edges_into(child: Ints, leaves: int) -> tuple[Ints, Ints]:
    """The edge into each node and into each leaf, −1 at a root."""
    node, leaf = np.full(len(child) // 2, -1, np.int64), np.full(leaves, -1, np.int64)
    inner = child >= 0
    node[child[inner]] = np.flatnonzero(inner)
    leaf[~child[~inner]] = np.flatnonzero(~inner)
    return node, leaf


@compiled
def _classify(
    nodes: Nodes,
    by_reading: Ints,
    first: Ints,
    value_starts: Ints,
    values: Floats,
    class_starts: Ints,
    class_of: Codes,
    classes: Ints,
) -> None:
    """Give each bin of each reading its class, numbered as they come."""
    examples = np.empty(len(class_of))
    for reading in range(len(classes)):
        begin, bins = class_starts[reading], class_starts[reading + 1] - class_starts[reading]
        asked = by_reading[first[reading] : first[reading + 1]]
        for b in range(bins):
            value = values[value_starts[reading] + b]
            before = class_of[begin + b - 1] if b else 0
            number = _find_class(nodes, asked, value, before, examples[: classes[reading]])
            if number == classes[reading]:
                examples[number] = value
                classes[reading] += 1
            class_of[begin + b] = number


@compiled
def _find_class(nodes: Nodes, asked: Ints, value: float, before: int, examples: Floats) -> int:
    """The class of a value, looked for first where the bin before it is; one more than there are if it is new."""
    if len(examples) and _alike(nodes, asked, value, examples[before]):
        return before
    for number in range(len(examples)):
        if _alike(nodes, asked, value, examples[number]):
            return number
    return len(examples)


@compiled
def _alike(nodes: Nodes, asked: Ints, value: float, other: float) -> bool:
    for node in asked:  # noqa: SIM110 (Numba has no all() of a generator)
        if goes_left(nodes, node, value) != goes_left(nodes, node, other):
            return False
    return True


@compiled
def _set_sides(
    nodes: Nodes,
    of_node: Ints,
    value_starts: Ints,
    values: Floats,
    class_starts: Ints,
    class_of: Codes,
    left_starts: Ints,
    left: Flags,
) -> None:
    for node in range(len(of_node)):
        reading = of_node[node]
        for b in range(class_starts[reading + 1] - class_starts[reading]):
            number = class_of[class_starts[reading] + b]
            left[left_starts[node] + number] = goes_left(nodes, node, values[value_starts[reading] + b])


@compiled
def _count(above: Ints, into: Ints, of_node: Ints, depth: Ints, distinct: Ints) -> None:
    """The edges on the way to each leaf, and their distinct readings."""
    last_leaf = np.full(of_node.max() + 1 if len(of_node) else 0, -1)
    for leaf in range(len(into)):
        edge = into[leaf]
        while edge >= 0:
            reading = of_node[edge >> 1]
            depth[leaf] += 1
            distinct[leaf] += last_leaf[reading] != leaf
            last_leaf[reading] = leaf
            edge = above[edge >> 1]


@compiled
def _name_readings(above: Ints, into: Ints, of_node: Ints, starts: Ints, reading: Ints) -> None:
    """The readings on the way up from each leaf, each once."""
    last_leaf = np.full(of_node.max() + 1 if len(of_node) else 0, -1)
    for leaf in range(len(into)):
        edge, end = into[leaf], starts[leaf]
        while edge >= 0:
            met = of_node[edge >> 1]
            if last_leaf[met] != leaf:
                reading[end] = met
                end += 1
            last_leaf[met] = leaf
            edge = above[edge >> 1]


@compiled
def _meet(above: Ints, into: Ints, cover: Floats, readings: Readings, paths: Paths) -> None:
    """Narrow each condition by every edge on the way up from its leaf."""
    place = np.zeros(len(readings.classes), np.int64)
    for leaf in range(len(into)):
        for condition in range(paths.starts[leaf], paths.starts[leaf + 1]):
            place[paths.reading[condition]] = condition
        edge = into[leaf]
        while edge >= 0:
            node = edge >> 1
            condition = place[readings.of_node[node]]
            paths.share[condition] *= cover[edge]
            for k in range(readings.classes[readings.of_node[node]]):
                left = readings.goes_left[readings.left_starts[node] + k]
                paths.met[paths.met_starts[condition] + k] &= left == (edge & 1 == 0)
            edge = above[node]


@compiled
def met_by(condition: int, readings: Readings, paths: Paths, bins: Codes, met: Flags) -> None:
    """Set met[row], 1 where the row meets a condition, else 0: rows are compared where a bin makes a difference."""
    reading = paths.reading[condition]
    class_start, met_start = readings.class_starts[reading], paths.met_starts[condition]
    column = bins[readings.column[reading]]
    before = paths.met[met_start + readings.class_of[class_start]]
    met[:] = before
    for b in range(1, readings.class_starts[reading + 1] - class_start):
        now = paths.met[met_start + readings.class_of[class_start + b]]
        if now != before:
            for row in range(len(met)):
                met[row] ^= np.uint8(column[row] >= b)
        before = now


@compiled
def met_at(leaf: int, row: int, readings: Readings, paths: Paths, bins: Codes, met: Flags) -> None:
    """Set met[k], 1 where one row meets the condition k of a leaf, else 0: one call a leaf, as calls cost much here."""
    first = paths.starts[leaf]
    for condition in range(first, paths.starts[leaf + 1]):
        reading = paths.reading[condition]
        number = readings.class_of[readings.class_starts[reading] + bins[readings.column[reading], row]]
        met[condition - first] = paths.met[paths.met_starts[condition] + number]
