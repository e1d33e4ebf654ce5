"""Leaves of a tree → groups that share a table: as few columns in all as tables of bounded size allow.

The conditions of a group's leaves part each reading's classes by who meets what; a combination of such parts, one a
reading, is a cell of the group's table. Two groups are merged while the merged table has at most `cells` cells, or no
more than the larger had alone (most leaves near the root join a deeper one's table so, for nothing), first those that
save most. On a model of 400 trees of 31 leaves this leaves 57 columns a tree to add, where its leaves alone have 194;
shared tables of fewer cells were slower, for many rows and for one, though they took less memory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from creditscore.compiled import compiled
from creditscore.model.trees_kernel import Ints
from creditscore.reasons.paths import Paths, Readings

# A group costs its index and the margin's column too, about as much as so many columns.
_GROUP_COST = 2
# Leaves merged at a time: next to each other in a tree, so that their paths have much in common.
_CHUNK = 128
ALONE = -1


class Parts(NamedTuple):
    """Some groups of a tree: group g parts the classes of reading f, counted within the tree, by labels[g, f, class]
    in 0 … parts[g, f] − 1; parts[g, f] is 0 where none of its leaves asks f.
    """

    labels: Ints
    parts: Ints


@compiled
def group_leaves(
    first_leaf: int, last_leaf: int, first_reading: int, last_reading: int,
    readings: Readings, paths: Paths, cells: int, most_shared: int, most_features: int, group_of: Ints,
) -> None:  # fmt: skip
    """Set group_of[leaf] for a tree's leaves: those with more features than a shared table may have are in a group by
    themselves, those with more than any may are ALONE.
    """
    widest = 0
    for reading in range(first_reading, last_reading):
        widest = max(widest, readings.classes[reading])
    leaves = np.empty(_CHUNK, np.int64)
    made, size = 0, 0
    for leaf in range(first_leaf, last_leaf):
        group_of[leaf] = ALONE
        features = paths.starts[leaf + 1] - paths.starts[leaf]
        if features <= most_shared:
            leaves[size] = leaf
            size += 1
        elif features <= most_features:
            group_of[leaf] = made
            made += 1
        if size == _CHUNK or (leaf == last_leaf - 1 and size):
            made += _merge(leaves[:size], first_reading, last_reading, widest, readings, paths, cells, made, group_of)
            size = 0


@compiled
def _merge(
    leaves: Ints, first_reading: int, last_reading: int, widest: int,
    readings: Readings, paths: Paths, cells: int, made: int, group_of: Ints,
) -> int:  # fmt: skip
    """Group some leaves, numbering the groups from `made` on; count them."""
    n = len(leaves)
    groups = Parts(
        np.zeros((n, last_reading - first_reading, widest), np.int64),
        np.zeros((n, last_reading - first_reading), np.int64),
    )
    for i in range(n):
        label(groups, i, leaves[i], first_reading, readings, paths)
    classes = readings.classes[first_reading:last_reading]
    saved = np.full((n, n), -1)
    for i in range(n):
        for j in range(i):
            saved[i, j] = _saving(groups, i, j, classes, cells)
    root = np.arange(n)
    while n > 1 and saved.max() >= 0:
        best = int(saved.argmax())
        i, j = best // n, best % n
        _join(groups, i, j, classes)
        root[root == j] = i
        saved[j], saved[:, j] = -1, -1
        for other in range(n):
            if root[other] == other and other != i:
                saved[max(i, other), min(i, other)] = _saving(groups, i, other, classes, cells)
    return _number(root, leaves, made, group_of)


@compiled
def _number(root: Ints, leaves: Ints, made: int, group_of: Ints) -> int:
    count = 0
    for i in range(len(root)):
        if root[i] == i:
            group_of[leaves[root == i]] = made + count
            count += 1
    return count


@compiled
def label(groups: Parts, g: int, leaf: int, first_reading: int, readings: Readings, paths: Paths) -> None:
    """Part a group's classes further, by who meets a leaf's conditions."""
    for condition in range(paths.starts[leaf], paths.starts[leaf + 1]):
        reading = paths.reading[condition]
        f, begin = reading - first_reading, paths.met_starts[condition]
        met = paths.met[begin : begin + readings.classes[reading]].astype(np.int64)
        groups.parts[g, f] = _refine(groups.labels[g, f], max(groups.parts[g, f], 1), met, 2)


@compiled
def _refine(labels: Ints, parts: int, others: Ints, other_parts: int) -> int:
    """Part classes by another labelling too, numbered as they come; the number of parts."""
    number = np.full(parts * other_parts, -1)
    count = 0
    for k in range(len(others)):
        both = labels[k] * other_parts + others[k]
        if number[both] < 0:
            number[both] = count
            count += 1
        labels[k] = number[both]
    return count


@compiled
def _saving(groups: Parts, i: int, j: int, classes: Ints, cells: int) -> int:
    """The columns that a merger saves, −1 where its table would be too large."""
    alone_i, alone_j, merged = 1.0, 1.0, 1.0
    shared = 0
    for f in range(len(classes)):
        a, b = groups.parts[i, f], groups.parts[j, f]
        alone_i, alone_j = alone_i * max(a, 1), alone_j * max(b, 1)
        if a and b:
            shared += 1
            merged *= _both(groups.labels[i, f], groups.labels[j, f], classes[f])
        else:
            merged *= max(a, b, 1)
    return shared + _GROUP_COST if merged <= max(cells, alone_i, alone_j) else -1


@compiled
def _both(labels: Ints, others: Ints, classes: int) -> int:
    """The parts of two labellings together."""
    count = 0
    for k in range(classes):
        new = 1
        for before in range(k):
            if labels[before] == labels[k] and others[before] == others[k]:
                new = 0
                break
        count += new
    return count


@compiled
def _join(groups: Parts, i: int, j: int, classes: Ints) -> None:
    """Make group i the merger of both."""
    for f in range(len(classes)):
        a, b = groups.parts[i, f], groups.parts[j, f]
        if b:
            others = groups.labels[j, f, : classes[f]]
            groups.parts[i, f] = _refine(groups.labels[i, f], max(a, 1), others, b)


@compiled
def group_trees(
    first: int, last: int, leaf_starts: Ints, readings: Readings, paths: Paths,
    cells: int, most_shared: int, most_features: int, group_of: Ints,
) -> None:  # fmt: skip
    """Group the leaves of the trees `first` … `last` − 1."""
    for tree in range(first, last):
        group_leaves(leaf_starts[tree], leaf_starts[tree + 1], readings.starts[tree], readings.starts[tree + 1],
                     readings, paths, cells, most_shared, most_features, group_of)  # fmt: skip
