"""A model's cell tables within a bound: which leaves share one, which have none, and the tables filled."""

from __future__ import annotations

import numpy as np

from creditscore.model.trees import Trees
from creditscore.model.trees_kernel import Floats, Ints
from creditscore.reasons.cells import Groups, Layout, Patterns, fill, lay_out, measure
from creditscore.reasons.groups import ALONE, group_trees
from creditscore.reasons.paths import Paths, Readings, after_another
from creditscore.reasons.threads import share_out

# Cells of a table that leaves share, unless one of them needs as many by itself: fewer mean smaller tables, and more.
MOST_CELLS = 512
# Features of a leaf with a folded table: its patterns are numbered in 16 bits.
MOST_FEATURES = 16
# Features of a leaf that shares a table: with more, its table no longer stays in a cache, and a folded one is faster.
MOST_SHARED = 11
# Where memory is scarce, leaves share tables only up to so many features fewer than they may have.
_SCARCE = 5
# A leaf by itself has a folded table from so many features on.
_LEAST_FOLDED = 7
MOST_BYTES = 2**28


def choose_groups(trees: Trees, readings: Readings, paths: Paths, most_bytes: int) -> tuple[Groups, Ints]:
    """The groups whose tables take at most so many bytes, and the leaves without one.

    A leaf with more features than a bound has none. The bound is the largest for which all trees' tables fit, and one
    more for as many trees, from the first, as then still fit.
    """
    for most_features in range(MOST_FEATURES, -1, -1):
        if _least_bytes(paths, most_features) <= most_bytes:
            group_of = _grouped(trees, readings, paths, most_features)
            sizes = _bytes_by_tree(trees, readings, paths, group_of)
            if sizes.sum() <= most_bytes:
                break
    if most_features < MOST_FEATURES:
        larger = _grouped(trees, readings, paths, most_features + 1)
        more = _bytes_by_tree(trees, readings, paths, larger) - sizes
        fits = sizes.sum() + np.cumsum(more) <= most_bytes
        group_of = np.where(np.repeat(fits, np.diff(trees.leaf_starts)), larger, group_of)
    return _gather(trees, paths, group_of), np.flatnonzero(group_of == ALONE)


def _shared(most_features: int) -> int:
    """The features of leaves that may share a table, where others may have so many."""
    return max(0, min(MOST_SHARED, most_features - _SCARCE))


def _least_bytes(paths: Paths, most_features: int) -> float:
    """What the tables of leaves by themselves take."""
    features = np.diff(paths.starts)
    alone = features[(features > _shared(most_features)) & (features <= most_features)]
    return float(np.ldexp(8.0, alone).sum())


def _grouped(trees: Trees, readings: Readings, paths: Paths, most_features: int) -> Ints:
    """The group of each leaf, numbered within its tree."""
    group_of = np.empty(len(trees.leaf_value), np.int64)

    shared = _shared(most_features)

    def group(first: int, last: int) -> None:
        group_trees(first, last, trees.leaf_starts, readings, paths, MOST_CELLS, shared, most_features, group_of)

    share_out(group, trees.n_trees)
    return group_of


def _bytes_by_tree(trees: Trees, readings: Readings, paths: Paths, group_of: Ints) -> Floats:
    groups = _gather(trees, paths, group_of)
    values = _measured(groups, readings, paths)[2]
    return np.bincount(groups.tree, 8.0 * values, minlength=trees.n_trees).astype(np.float64)


def _measured(groups: Groups, readings: Readings, paths: Paths) -> tuple[Ints, Ints, Ints]:
    """The steps, targets and table values of each group."""
    steps, targets, values = np.zeros((3, len(groups.tree)), np.int64)
    measure(groups, readings, paths, steps, targets, values)
    return steps, targets, values


def _gather(trees: Trees, paths: Paths, group_of: Ints) -> Groups:
    """The leaves of each group, the groups in the order of their trees."""
    tree = np.repeat(np.arange(trees.n_trees), np.diff(trees.leaf_starts))
    grouped = np.flatnonzero(group_of != ALONE)
    keys, number = np.unique(tree[grouped] * len(group_of) + group_of[grouped], return_inverse=True)
    leaf_starts = after_another(np.bincount(number, minlength=len(keys)))
    leaf = grouped[np.argsort(number, kind="stable")]
    features = np.diff(paths.starts)[leaf[leaf_starts[:-1]]]
    folded = (np.diff(leaf_starts) == 1) & (features >= _LEAST_FOLDED)
    return Groups(leaf_starts, leaf, keys // len(group_of), folded)


def build(trees: Trees, readings: Readings, paths: Paths, groups: Groups, patterns: Patterns) -> tuple[Layout, Floats]:
    """The tables of the groups."""
    steps, targets, values = _measured(groups, readings, paths)
    codes = np.zeros((2, steps.sum()), np.uint16)
    layout = Layout(
        folded=np.zeros(len(steps), np.bool_),
        base=np.zeros(len(steps), np.uint16),
        step_starts=after_another(steps).astype(np.uint64),
        step_column=np.zeros(steps.sum(), np.uint32),
        edge=codes[0],
        delta=codes[1],
        target_starts=after_another(targets).astype(np.uint64),
        target=np.zeros(targets.sum(), np.uint32),
        table_starts=after_another(values).astype(np.uint64),
    )
    lay_out(groups, readings, paths, layout)
    table = np.zeros(values.sum())
    most = int(np.diff(paths.starts)[groups.leaf].max(initial=0))

    def fill_some(first: int, last: int) -> None:
        fill(first, last, most, groups, readings, paths, patterns, trees.leaf_value, layout, table)

    share_out(fill_some, len(groups.tree))
    return layout, table
