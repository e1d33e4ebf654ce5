"""LightGBM's decisions, compiled: which way a value goes at a node, and the margin of many rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# decision_type: bit 0 categorical, bit 1 missing goes left, bits 2 and 3 what is missing.
CATEGORICAL, DEFAULT_LEFT = 1, 2
ZERO_MISSING, NAN_MISSING = 1, 2
# LightGBM's kZeroThreshold, a float32 there: what is no larger is zero.
ZERO = float(np.float32(1e-35))
_INT32 = 2.0**31


class Nodes(NamedTuple):
    """The inner nodes of all trees, one after the other: arrays of the same length, and the words of all bitsets.

    A child is a node if ≥ 0, else the leaf ~child. A categorical node's categories going left are the bits set in
    words[first_word : first_word + word_count]; its threshold is not used.
    """

    feature: Ints
    threshold: Floats
    decision: Ints
    left: Ints
    right: Ints
    first_word: Ints
    word_count: Ints
    words: npt.NDArray[np.uint32]


@compiled
def goes_left(nodes: Nodes, node: int, value: float) -> bool:
    """Whether a value goes left at a node: LightGBM's NumericalDecision and CategoricalDecision, to the letter."""
    if abs(value) <= ZERO:
        value = 0.0
    if nodes.decision[node] & CATEGORICAL:
        return bool(_in_set(nodes, node, value))
    missing = nodes.decision[node] >> 2
    if np.isnan(value) and missing != NAN_MISSING:
        value = 0.0
    if (missing == NAN_MISSING and np.isnan(value)) or (missing == ZERO_MISSING and value == 0.0):
        return bool(nodes.decision[node] & DEFAULT_LEFT)
    return bool(value <= nodes.threshold[node])


@compiled
def _in_set(nodes: Nodes, node: int, value: float) -> bool:
    """Whether a category is in a node's set: NaN, negative and unseen ones, and those past int32, never are."""
    if not (-1.0 < value < _INT32):
        return False
    category = np.int64(value)
    word = category >> 5
    if word >= nodes.word_count[node]:
        return False
    return bool((nodes.words[nodes.first_word[node] + word] >> np.uint32(category & 31)) & np.uint32(1))


@compiled
def add_up(nodes: Nodes, node_starts: Ints, leaf_starts: Ints, leaf_value: Floats, X: Floats, margin: Floats) -> None:
    """Add every tree's leaf value to margin[row], in tree order, as LightGBM does."""
    for row in range(len(X)):
        for tree in range(len(node_starts) - 1):
            node = node_starts[tree] if node_starts[tree] < node_starts[tree + 1] else ~leaf_starts[tree]
            while node >= 0:
                node = nodes.left[node] if goes_left(nodes, node, X[row, nodes.feature[node]]) else nodes.right[node]
            margin[row] += leaf_value[~node]
