"""Exact SHAP values of a model's trees, path-dependent: what each feature adds to the margin (Lundberg et al., 2020).

A leaf of value v whose path has conditions on the features 1 … D is a game over coalitions S of known features: it pays
v · Π oⱼ (j in S) · Π zⱼ (j not in S), where oⱼ is 1 if the row meets the path's conditions on j, else 0, and zⱼ is the
share of training rows that met them (cover). By its multilinear extension (Owen, 1972), its Shapley value for i is

    v · (oᵢ − zᵢ) · ∫₀¹ Π fⱼ(t) dt  over j ≠ i,   with fⱼ(t) = t · oⱼ + (1 − t) · zⱼ,

a polynomial of degree D − 1, for which Gauss-Legendre quadrature on ⌈D / 2⌉ points is exact. Its product is Π fⱼ(t) over
all j, divided by fᵢ(t); where fᵢ is 0 so is oᵢ, and (oᵢ − zᵢ) / fᵢ = −1 / (1 − t). So one way down a tree multiplies and
one way up adds, linear in its nodes (as Linear TreeShap is; Yu et al., 2022), with factors made once for a model.
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

    Within a tree whose first node is m, edge e has the slot e − 2m + 1; slot 0 is the way into the root. `parent` is the
    slot of the edge into a node, `above` that of the nearest edge above on the node's feature (0 if none). `factor` and
    `gain` are float64[edges, 3, points], for each standing: what an edge multiplies Π f by (at a leaf, its value too),
    and what Π f, summed over the leaves below, is worth to the edge's feature. `expected` is the margin's mean.
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
    """The edges of a model, kept for its next call. Raises ModelFormatError where they would be too many or too deep."""
    children = np.stack([trees.nodes.left, trees.nodes.right], axis=1).ravel()
    cover = _cover(trees, children)
    parent = _parents(trees, children)
    above = _nearest_above(trees.nodes.feature, parent)
    share = _along(cover, np.repeat(above, 2), np.multiply)
    factor, gain = _tables(cover, share, above, _points(trees, parent, above))
    leaf = children < 0
    factor[leaf] *= trees.leaf_value[~children[leaf], None, None]
    slots = np.repeat(1 - 2 * trees.node_starts[:-1], np.diff(trees.node_starts))
    expected = _expected(trees, children, _along(cover, np.repeat(parent, 2), np.multiply))
    return Paths(np.maximum(parent + slots, 0), np.maximum(above + slots, 0), factor, gain, expected)


def _cover(trees: Trees, children: Ints) -> Floats:
    """The share of a node's training rows that took each edge; half, where none passed the node."""
    counts = np.concatenate([trees.internal_count, trees.leaf_count[::-1]])  # so that child −1 finds leaf 0
    passed = np.repeat(trees.internal_count, 2)
    return np.where(passed > 0, counts[children] / np.maximum(passed, 1), 0.5)


def _parents(trees: Trees, children: Ints) -> Ints:
    """The edge into each node, −1 at a root."""
    parent = np.full(len(trees.nodes.feature), -1, np.int64)
    edges = np.flatnonzero(children >= 0)
    parent[children[edges]] = edges
    return parent


def _nearest_above(feature: Ints, parent: Ints) -> Ints:
    """For each node, the nearest edge above it on the same feature, −1 if none."""
    if (depth := int(_along(np.ones(2 * len(parent)), np.repeat(parent, 2), np.add).max(initial=0))) > MOST_DEPTH:
        raise ModelFormatError(f"a tree of depth {depth}, expected at most {MOST_DEPTH}; train with max_depth")
    above = parent.copy()
    while (other := np.flatnonzero((above >= 0) & (feature[above // 2] != feature))).size:
        above[other] = parent[above[other] // 2]
    return above


def _along(values: Floats, before: Ints, combine: np.ufunc) -> Floats:
    """Each edge's value combined with those of all edges before it, in a number of steps logarithmic in their number."""
    total, before = values.copy(), np.stack([before, before])[0]
    return total


def _points(trees: Trees, parent: Ints, above: Ints) -> int:
    return 0
