"""Exact SHAP values of a model's trees, path-dependent: what each feature adds to the margin (Lundberg et al., 2020).

A leaf of value v whose path has conditions on the features 1 … D is a game over coalitions S of known features: it pays
v · Π oⱼ (j in S) · Π zⱼ (j not in S), where oⱼ is 1 if the row meets the path's conditions on j, else 0, and zⱼ is the
share of training rows that met them (cover). By its multilinear extension (Owen, 1972), its Shapley value for i is

    v · (oᵢ − zᵢ) · ∫₀¹ Π fⱼ(t) dt  over j ≠ i,   with fⱼ(t) = t · oⱼ + (1 − t) · zⱼ,

a polynomial of degree D − 1, for which Gauss-Legendre quadrature on ⌈D / 2⌉ points is exact. Its product is that over
all j, divided by fᵢ(t); where fᵢ can be 0, oᵢ is, and (oᵢ − zᵢ) / fᵢ = −1 / (1 − t). So one way down a tree multiplies
and one way up adds, linear in its nodes (as Linear TreeShap is; Yu et al., 2022), with factors made once for a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from creditscore.compiled import compiled
from creditscore.errors import ModelFormatError
from creditscore.model.trees import Trees
from creditscore.model.trees_kernel import Floats, Ints, Nodes, goes_left

MOST_DEPTH = 1024
MOST_FACTORS = 2**27  # 1 GiB
# Rows that go through one tree before the next: its factors stay in the fastest cache.
_BLOCK = 64
# How a row stands at an edge: it meets the conditions so far on the edge's feature, fails here first, failed above.
_MEETS, _FAILS, _FAILED = 0, 1, 2


@dataclass(frozen=True)
class Paths:
    """The edges of all trees, prepared: edge 2n leads to node n's left child, edge 2n + 1 to its right.

    Within a tree whose first node is m, edge e has the slot e − 2m + 1; slot 0 is the way into the root. `parent` is
    the slot of the edge into a node, `above` that of the nearest edge above on the node's feature (0 if none). `factor`
    and `gain` are float64[edges, 3, points], for each standing: what an edge multiplies Π f by (at a leaf, its value
    too), and what Π f, summed over the leaves below, is worth to the edge's feature. `expected` is the margin's mean.
    """

    parent: Ints
    above: Ints
    factor: Floats
    gain: Floats
    expected: float


def contributions(trees: Trees, X: Floats) -> Floats:
    """SHAP values in margin, float64[rows, features]; with `expected_value` each row sums to `trees.margin(X)`.

    `X` is float64[rows, features], missing NaN. The values are LightGBM's `predict(pred_contrib=True)`, to rounding.
    Raises RequestError for another shape of X, and what `prepare` raises.
    """
    X = trees.matrix(X)
    paths = prepare(trees)
    values = np.zeros(X.shape)
    _explain(trees.nodes, trees.node_starts, paths.parent, paths.above, paths.factor, paths.gain, X, values)
    return values


def expected_value(trees: Trees) -> float:
    """The mean of the margin by the leaves' cover: the score of a row of which nothing is known."""
    return prepare(trees).expected


@lru_cache(maxsize=8)
def prepare(trees: Trees) -> Paths:
    """The edges of a model, kept for its next call. Raises ModelFormatError where they are too deep or too many."""
    child = np.stack([trees.nodes.left, trees.nodes.right], axis=1).ravel()
    cover = _cover(trees, child)
    parent = _parents(trees, child)
    _check_depth(parent)
    above = _nearest_above(trees.nodes.feature, parent)
    factor, gain = _tables(cover, _along(above, cover, np.multiply), above, _points(parent, above))
    leaf = child < 0
    factor[leaf] *= trees.leaf_value[~child[leaf], None, None]
    reach = np.ones(len(trees.leaf_value))
    reach[~child[leaf]] = _along(parent, cover, np.multiply)[leaf]
    slots = np.repeat(1 - 2 * trees.node_starts[:-1], np.diff(trees.node_starts))
    return Paths(
        parent=np.maximum(parent + slots, 0),
        above=np.maximum(above + slots, 0),
        factor=factor,
        gain=gain,
        expected=float(reach @ trees.leaf_value),
    )


def _cover(trees: Trees, child: Ints) -> Floats:
    """The share of a node's training rows that took each edge; half, where none passed the node."""
    counts = np.concatenate([trees.internal_count, trees.leaf_count[::-1]])  # so that child −1 finds leaf 0
    passed = np.repeat(trees.internal_count, 2)
    return np.where(passed > 0, counts[child] / np.maximum(passed, 1), 0.5)


def _parents(trees: Trees, child: Ints) -> Ints:
    """The edge into each node, −1 at a root."""
    parent = np.full(len(trees.nodes.feature), -1, np.int64)
    inner = np.flatnonzero(child >= 0)
    parent[child[inner]] = inner
    return parent


def _check_depth(parent: Ints) -> None:
    depth = int(_along(parent, np.ones(2 * len(parent)), np.add).max(initial=0))
    if depth > MOST_DEPTH:
        raise ModelFormatError(f"trees: expected a depth of at most {MOST_DEPTH}, got {depth}; train with max_depth")


def _nearest_above(feature: Ints, parent: Ints) -> Ints:
    """For each node, the nearest edge above it on the same feature, −1 if none."""
    above = parent.copy()
    while (other := np.flatnonzero((above >= 0) & (feature[above // 2] != feature))).size:
        above[other] = parent[above[other] // 2]
    return above


def _along(before: Ints, values: Floats, combine: np.ufunc) -> Floats:
    """Each edge's value combined with those of all edges before it, the way `before` leads from node to edge.

    Each step doubles the edges combined, so that their number costs its logarithm.
    """
    total, rest = values.copy(), np.repeat(before, 2)
    while (on := np.flatnonzero(rest >= 0)).size:
        total[on], rest[on] = combine(total[on], total[rest[on]]), rest[rest[on]]
    return total


def _points(parent: Ints, above: Ints) -> int:
    """Quadrature points that are exact for the model's longest path, counted in distinct features."""
    first_met = np.repeat(above < 0, 2).astype(np.float64)
    return max(1, int(np.ceil(_along(parent, first_met, np.add).max(initial=0) / 2)))


def _tables(cover: Floats, share: Floats, above: Ints, points: int) -> tuple[Floats, Floats]:
    """`factor` and `gain` of Paths; `share` is the cover of all of a path's conditions on the edge's feature."""
    if (size := 3 * len(cover) * points) > MOST_FACTORS // 2:
        raise ModelFormatError(
            f"trees: expected at most {MOST_FACTORS // 2} factors, got {size}; train with fewer leaves or less depth"
        )
    roots, weights = np.polynomial.legendre.leggauss(points)
    t, weights = (roots + 1) / 2, weights / 2
    above = np.repeat(above, 2)
    share_above = np.where(above >= 0, share[above], 1.0)[:, None]
    share = share[:, None]
    f, f_above = t + (1 - t) * share, t + (1 - t) * share_above
    worth_above = (1 - share_above) / f_above
    factor, gain = np.empty((2, len(cover), 3, points))
    factor[:, _MEETS], gain[:, _MEETS] = f / f_above, weights * ((1 - share) / f - worth_above)
    factor[:, _FAILS], gain[:, _FAILS] = (1 - t) * share / f_above, weights * (-1 / (1 - t) - worth_above)
    factor[:, _FAILED], gain[:, _FAILED] = cover[:, None], 0.0
    return factor, gain


@compiled
def _explain(
    nodes: Nodes, node_starts: Ints, parent: Ints, above: Ints, factor: Floats, gain: Floats, X: Floats, values: Floats
) -> None:
    """Add every row's SHAP values to values[row]."""
    largest = 0
    for tree in range(len(node_starts) - 1):
        largest = max(largest, node_starts[tree + 1] - node_starts[tree])
    products = np.ones((2 * largest + 1, factor.shape[2]))
    standing = np.full(2 * largest + 1, _MEETS)
    for block in range(0, len(X), _BLOCK):
        for tree in range(len(node_starts) - 1):
            first, last = node_starts[tree], node_starts[tree + 1]
            for row in range(block, min(block + _BLOCK, len(X))):
                products[0] = 1.0
                _descend(nodes, first, last, parent, above, factor, X[row], products, standing)
                _ascend(nodes, first, last, parent, gain, standing, products, values[row])


@compiled
def _descend(
    nodes: Nodes,
    first: int,
    last: int,
    parent: Ints,
    above: Ints,
    factor: Floats,
    x: Floats,
    products: Floats,
    standing: Ints,
) -> None:
    """Set how a row stands at each edge of a tree, and the path's Π f at each quadrature point."""
    for node in range(first, last):
        left = goes_left(nodes, node, x[nodes.feature[node]])
        for side in range(2):
            edge, slot = 2 * node + side, 2 * (node - first) + side + 1
            standing[slot] = _FAILED
            if standing[above[node]] == _MEETS:
                standing[slot] = _MEETS if left == (side == 0) else _FAILS
            for q in range(products.shape[1]):
                products[slot, q] = products[parent[node], q] * factor[edge, standing[slot], q]


@compiled
def _ascend(
    nodes: Nodes, first: int, last: int, parent: Ints, gain: Floats, standing: Ints, products: Floats, values: Floats
) -> None:
    """Sum the leaves' Π f up the tree, and add what each edge's sum is worth to its feature's value."""
    for node in range(last - 1, first - 1, -1):
        slot, value = 2 * (node - first) + 1, 0.0
        for q in range(products.shape[1]):
            left, right = products[slot, q], products[slot + 1, q]
            value += left * gain[2 * node, standing[slot], q] + right * gain[2 * node + 1, standing[slot + 1], q]
            products[parent[node], q] = left + right
        values[nodes.feature[node]] += value
