"""A LightGBM model as arrays, read strictly from its text; its margin, bit for bit LightGBM's raw score.

A damaged text must never reach native code, and none does: whatever is not exactly what LightGBM writes is refused
here, and what is accepted is a set of proper trees that the compiled evaluation cannot leave. Only what decides the
score is read: the text after the last tree (importances, training parameters) is not looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import NamedTuple, NoReturn

import numpy as np

from creditscore.errors import ModelFormatError, RequestError
from creditscore.model.trees_kernel import CATEGORICAL, Floats, Ints, Nodes, add_up

MOST_CHARACTERS = 2**29
MOST_FEATURES = 100_000
MOST_TREES = 100_000
MOST_LEAVES = 2**17  # LightGBM's own bound for a tree

_INTEGER = r"-?[0-9]{1,18}"
_REAL = r"-?[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?"
_INFO = rf"none|\[(?:{_REAL}|-?inf):(?:{_REAL}|-?inf)\]|{_INTEGER}(?::{_INTEGER})*"
_OBJECTIVE = rf"binary sigmoid:{_REAL}"
_LARGEST_DECISION = 0b1011
_LARGEST_COUNT = 2**31 - 1
_LARGEST_WORD = 2**32 - 1
_SHOWN = 60


@dataclass(frozen=True, eq=False)
class Trees:
    """The trees of a model. Tree t has the nodes node_starts[t] … node_starts[t + 1] − 1, its root first and every
    parent before its children, and the leaves leaf_starts[t] … leaf_starts[t + 1] − 1; a tree of one leaf has no node.

    `leaf_value` is in margin; `internal_count` and `leaf_count` are the training rows that passed a node or leaf.
    """

    feature_names: tuple[str, ...]
    nodes: Nodes
    node_starts: Ints
    leaf_starts: Ints
    leaf_value: Floats
    internal_count: Ints
    leaf_count: Ints

    @property
    def n_trees(self) -> int:
        return len(self.node_starts) - 1

    def margin(self, X: Floats) -> Floats:
        """The raw score of each row, float64[rows]: the leaf values summed in tree order, as LightGBM's
        `predict(raw_score=True)` gives it, to the bit (also for a random forest, where it is the sum, not the mean).

        `X` is float64[rows, features], missing NaN, categories as their codes. Raises RequestError for another shape.
        """
        X = self.matrix(X)
        margin = np.zeros(len(X))
        add_up(self.nodes, self.node_starts, self.leaf_starts, self.leaf_value, X, margin)
        return margin

    def matrix(self, X: Floats) -> Floats:
        """`X` laid out by row, once it is float64 with one column a feature. Raises RequestError where it is not."""
        if X.dtype != np.float64 or X.ndim != 2 or X.shape[1] != len(self.feature_names):
            raise RequestError(
                f"X: expected float64 of shape (rows, {len(self.feature_names)}), got {X.dtype} of shape {X.shape}; "
                "give one column for each of feature_names, in their order"
            )
        return np.ascontiguousarray(X)


def parse_model(text: str) -> Trees:
    """The trees of a LightGBM model text (version v4, one class, objective binary).

    Raises ModelFormatError, which says where, what was got and what expected, for anything that LightGBM does not
    write, for linear trees and for other objectives.
    """
    if len(text) > MOST_CHARACTERS:
        raise ModelFormatError(f"model text: expected at most {MOST_CHARACTERS} characters, got {len(text)}")
    lines = _Lines(text)
    names, sizes = _read_header(lines)
    trees = [_read_tree(lines, number, len(names), size) for number, size in enumerate(sizes)]
    lines.part = "end"
    lines.expect("end of trees")
    return _join(names, trees)


class _Lines:
    """The lines of a model text, taken one after the other; a failure tells the line and the part it is in."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self.taken = 0
        self.part = "header"

    def fail(self, got: str, expected: str) -> NoReturn:
        """Raise ModelFormatError at the line taken last."""
        shown = repr(got[:_SHOWN]) + ("…" if len(got) > _SHOWN else "")
        raise ModelFormatError(
            f"model text, line {self.taken}, {self.part}: expected {expected}, got {shown}; "
            "use the text as LightGBM wrote it, or train the model again"
        )

    def length(self, first: int) -> int:
        """Characters in the lines from `first` up to the one taken last, their ends included."""
        return sum(len(line) + 1 for line in self._lines[first : self.taken])

    def take(self) -> str:
        if self.taken == len(self._lines):
            self.fail("the end of the text", "another line")
        self.taken += 1
        return self._lines[self.taken - 1]

    def ahead(self, start: str) -> bool:
        """Whether the next line starts so."""
        return self.taken < len(self._lines) and self._lines[self.taken].startswith(start)

    def expect(self, *wanted: str) -> None:
        """Take lines that must read exactly so."""
        for line in wanted:
            if (got := self.take()) != line:
                self.fail(got, repr(line))

    def value(self, key: str) -> str:
        """Take the line `key=value`."""
        line = self.take()
        if not line.startswith(f"{key}="):
            self.fail(line, f"'{key}=…'")
        return line[len(key) + 1 :]

    def matching(self, key: str, pattern: str, expected: str) -> str:
        value = self.value(key)
        if not re.fullmatch(pattern, value):
            self.fail(value, f"{key} to be {expected}")
        return value

    def words(self, key: str, pattern: str, count: int, expected: str) -> list[str]:
        """Take `key=` and `count` words with one space between them, each matching the pattern."""
        value = self.value(key)
        words = value.split(" ") if value else []
        if len(words) != count:
            self.fail(f"{len(words)} values", f"{count} values of {key}")
        if words and not _spaced(pattern).fullmatch(value):
            wrong = next(word for word in words if not re.fullmatch(pattern, word))
            self.fail(wrong, f"each value of {key} to be {expected}")
        return words

    def integers(self, key: str, count: int, lowest: int, highest: int) -> Ints:
        expected = f"an integer in {lowest} … {highest}"
        numbers = np.array([int(word) for word in self.words(key, _INTEGER, count, expected)], np.int64)
        for number in numbers[(numbers < lowest) | (numbers > highest)]:
            self.fail(str(number), f"each value of {key} to be {expected}")
        return numbers

    def integer(self, key: str, lowest: int, highest: int) -> int:
        return int(self.integers(key, 1, lowest, highest)[0])

    def reals(self, key: str, count: int) -> Floats:
        numbers = np.array([float(word) for word in self.words(key, _REAL, count, "a finite number")], np.float64)
        if not np.isfinite(numbers).all():
            self.fail("one past float64", f"each value of {key} to be a finite number")
        return numbers

    def thresholds(self, count: int) -> Floats:
        """Take thresholds; with `inf` LightGBM parts missing values from all others."""
        words = self.words("threshold", rf"{_REAL}|inf", count, "a number")
        return np.array([float(word) for word in words], np.float64)

    def unused(self, key: str, count: int) -> None:
        """Take numbers that no score depends on."""
        self.words(key, rf"{_REAL}|-?inf|-?nan", count, "a number")


@cache
def _spaced(pattern: str) -> re.Pattern[str]:
    """Words of a pattern with one space between them: all words of a line in one match."""
    return re.compile(rf"(?:{pattern})(?: (?:{pattern}))*")


def _read_header(lines: _Lines) -> tuple[tuple[str, ...], list[int]]:
    """The names of the features, and the characters of each tree."""
    lines.expect("tree", "version=v4", "num_class=1", "num_tree_per_iteration=1")
    lines.integer("label_index", 0, MOST_FEATURES)
    features = lines.integer("max_feature_idx", 0, MOST_FEATURES - 1) + 1
    lines.matching("objective", _OBJECTIVE, "binary, as margins are read as log-odds")
    if lines.ahead("average_output"):
        lines.expect("average_output")
    names = lines.words("feature_names", r"\S+", features, "a name")
    if len(set(names)) != features:
        lines.fail("names that repeat", "feature_names to differ")
    if lines.ahead("monotone_constraints="):
        lines.words("monotone_constraints", "-1|0|1", features, "-1, 0 or 1")
    lines.words("feature_infos", _INFO, features, "a range, categories or none")
    return tuple(names), _read_sizes(lines)


def _read_sizes(lines: _Lines) -> list[int]:
    pattern = rf"{_INTEGER}(?: {_INTEGER})*"
    sizes = lines.matching("tree_sizes", pattern, "an integer for each of at least one tree").split(" ")
    if len(sizes) > MOST_TREES:
        lines.fail(f"{len(sizes)} trees", f"at most {MOST_TREES}")
    lines.expect("")
    return [int(size) for size in sizes]


class _Tree(NamedTuple):
    """One tree as its text tells it: children count within the tree, a categorical threshold numbers its bitset."""

    feature: Ints
    threshold: Floats
    decision: Ints
    left: Ints
    right: Ints
    leaf_value: Floats
    leaf_count: Ints
    internal_count: Ints
    boundaries: Ints
    words: Ints


def _read_tree(lines: _Lines, number: int, features: int, size: int) -> _Tree:
    first, lines.part = lines.taken, f"tree {number}"
    lines.expect(f"Tree={number}")
    leaves = lines.integer("num_leaves", 1, MOST_LEAVES)
    nodes = leaves - 1
    categoricals = lines.integer("num_cat", 0, nodes)
    feature = lines.integers("split_feature", nodes, 0, features - 1)
    lines.unused("split_gain", nodes)
    threshold = lines.thresholds(nodes)
    decision = lines.integers("decision_type", nodes, 0, _LARGEST_DECISION)
    left, right = _read_children(lines, leaves)
    leaf_value = lines.reals("leaf_value", leaves)
    lines.unused("leaf_weight", leaves if nodes else 0)
    leaf_count = lines.integers("leaf_count", leaves, 0, _LARGEST_COUNT)
    lines.unused("internal_value", nodes)
    lines.unused("internal_weight", nodes)
    internal_count = lines.integers("internal_count", nodes, 0, _LARGEST_COUNT)
    _check_counts(lines, left, right, leaf_count, internal_count)
    boundaries, words = _read_sets(lines, categoricals, threshold[decision & CATEGORICAL == CATEGORICAL])
    lines.matching("is_linear", "0", "0: linear trees have no reasons")
    lines.unused("shrinkage", 1)
    lines.expect("", "")
    if (got := lines.length(first)) != size:
        lines.fail(f"{got} characters", f"{size} of them, as tree_sizes tells")
    return _Tree(feature, threshold, decision, left, right, leaf_value, leaf_count, internal_count, boundaries, words)


def _read_children(lines: _Lines, leaves: int) -> tuple[Ints, Ints]:
    """Left and right children: each node but the root, and each leaf, once, and parents before their children."""
    left = lines.integers("left_child", leaves - 1, -leaves, leaves - 2)
    right = lines.integers("right_child", leaves - 1, -leaves, leaves - 2)
    children = np.sort(np.concatenate([left, right]))
    inner = np.concatenate([np.arange(-leaves, 0), np.arange(1, leaves - 1)])
    backwards = [(child >= 0) & (child <= np.arange(leaves - 1)) for child in (left, right)]
    if leaves > 1 and not (np.array_equal(children, inner) and not np.any(backwards)):
        lines.fail("other children", "left_child and right_child to reach every node and leaf once, parents first")
    return left, right


def _check_counts(lines: _Lines, left: Ints, right: Ints, leaf_count: Ints, internal_count: Ints) -> None:
    """A node's rows are its children's: else contributions would not add up to the score."""
    both = np.concatenate([internal_count, leaf_count[::-1]])  # so that child −1 finds leaf 0
    if not np.array_equal(both[left] + both[right], internal_count):
        lines.fail("other sums", "each internal_count to be the sum of its children's counts")


def _read_sets(lines: _Lines, categoricals: int, numbers: Floats) -> tuple[Ints, Ints]:
    """The bitsets of a tree's categorical nodes: where each begins, and their words; `numbers` says whose is which."""
    if not np.array_equal(np.sort(numbers), np.arange(categoricals)):
        lines.fail("other numbers", "the thresholds of categorical nodes to be 0 … num_cat − 1, each once")
    if not categoricals:
        return np.zeros(1, np.int64), np.zeros(0, np.int64)
    boundaries = lines.integers("cat_boundaries", categoricals + 1, 0, MOST_CHARACTERS)
    if boundaries[0] != 0 or not (np.diff(boundaries) > 0).all():
        lines.fail("other boundaries", "cat_boundaries to rise from 0")
    return boundaries, lines.integers("cat_threshold", int(boundaries[-1]), 0, _LARGEST_WORD)


def _join(names: tuple[str, ...], trees: list[_Tree]) -> Trees:
    """The trees one after the other, children and bitsets numbered through."""
    node_starts = _starts([len(tree.feature) for tree in trees])
    leaf_starts = _starts([len(tree.leaf_value) for tree in trees])
    word_starts = _starts([len(tree.words) for tree in trees])
    shifts = list(zip(trees, node_starts[:-1], leaf_starts[:-1], strict=True))
    sets = [_sets(tree, start) for tree, start in zip(trees, word_starts[:-1], strict=True)]
    nodes = Nodes(
        feature=np.concatenate([tree.feature for tree in trees]),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        decision=np.concatenate([tree.decision for tree in trees]),
        left=np.concatenate([_shifted(tree.left, node, leaf) for tree, node, leaf in shifts]),
        right=np.concatenate([_shifted(tree.right, node, leaf) for tree, node, leaf in shifts]),
        first_word=np.concatenate([first for first, _ in sets]),
        word_count=np.concatenate([count for _, count in sets]),
        words=np.concatenate([tree.words for tree in trees]).astype(np.uint32),
    )
    leaf_value = np.concatenate([tree.leaf_value for tree in trees])
    internal_count = np.concatenate([tree.internal_count for tree in trees])
    leaf_count = np.concatenate([tree.leaf_count for tree in trees])
    return Trees(names, nodes, node_starts, leaf_starts, leaf_value, internal_count, leaf_count)


def _starts(lengths: list[int]) -> Ints:
    return np.array([0, *accumulate(lengths)], np.int64)


def _shifted(children: Ints, first_node: int, first_leaf: int) -> Ints:
    return np.where(children >= 0, children + first_node, children - first_leaf)


def _sets(tree: _Tree, first_word: int) -> tuple[Ints, Ints]:
    """For each node of a tree, its bitset's first word among all trees' words, and how many words; 0 and 0 if none."""
    categorical = tree.decision & CATEGORICAL == CATEGORICAL
    number = np.where(categorical, tree.threshold, 0).astype(np.int64)
    ends = np.append(tree.boundaries, 0)  # number + 1 stays in range in a tree without sets
    first, count = tree.boundaries[number] + first_word, ends[number + 1] - ends[number]
    return np.where(categorical, first, 0), np.where(categorical, count, 0)
