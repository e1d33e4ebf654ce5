"""Models to explain, and Shapley's formula over all coalitions in plain Python."""

from itertools import combinations
from math import factorial

import lightgbm
import numpy as np
from hypothesis import strategies as st

from creditscore.model.trees import Trees
from creditscore.model.trees_kernel import Nodes, goes_left


def made_rows(n, features, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, features))
    X[:, 1] = rng.integers(-1, 40, n)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[rng.random(X.shape) < 0.05] = 0.0
    return X


def made_model(rounds=20, features=8, categorical=(1,), **options):
    X = made_rows(1200, 8, seed=1)
    filled = np.nan_to_num(X)
    noise = np.random.default_rng(2).normal(size=len(X))
    bad = (filled[:, 0] + filled[:, 1] % 3 + filled[:, 2] * filled[:, 3] + noise > 1).astype(float)
    options = {"num_leaves": 15, "min_data_per_group": 5, "cat_smooth": 1, "num_threads": 1} | options
    data = lightgbm.Dataset(X[:, :features], bad, categorical_feature=list(categorical))
    return lightgbm.train({"objective": "binary", "verbose": -1, "seed": 3, **options}, data, rounds)


def mean_margin(trees, tree, x, known):
    """A tree's mean over training rows, the features in `known` fixed at x's values: recursion in plain Python."""

    def below(node):
        if node < 0:
            return trees.leaf_value[~node]
        nodes, feature = trees.nodes, trees.nodes.feature[node]
        if feature in known:
            return below((nodes.left if goes_left(nodes, node, x[feature]) else nodes.right)[node])
        counts = [cover(trees, child[node]) for child in (nodes.left, nodes.right)]
        share = counts[0] / sum(counts) if sum(counts) else 0.5
        return share * below(nodes.left[node]) + (1 - share) * below(nodes.right[node])

    first, last = trees.node_starts[tree : tree + 2]
    return below(first if first < last else ~trees.leaf_starts[tree])


def cover(trees, child):
    return trees.internal_count[child] if child >= 0 else trees.leaf_count[~child]


def by_cover(trees, x):
    """What a coalition pays, path-dependently."""
    return lambda known: sum(mean_margin(trees, tree, x, known) for tree in range(trees.n_trees))


def against(reference, trees, x):
    """What a coalition pays, against the rows of a reference: the mean margin of mixtures."""

    def pay(known):
        mixed = reference.copy()
        mixed[:, list(known)] = x[list(known)]
        return trees.margin(mixed).mean()

    return pay


def by_all_coalitions(pay, n):
    """Shapley values of n players, and what nobody gets."""
    coalitions = [frozenset(c) for size in range(n + 1) for c in combinations(range(n), size)]
    pays = {c: pay(c) for c in coalitions}
    values = np.zeros(n)
    for c in coalitions:
        weight = factorial(len(c)) * factorial(n - len(c) - 1) / factorial(n) if len(c) < n else 0
        for feature in set(range(n)) - c:
            values[feature] += weight * (pays[c | {feature}] - pays[c])
    return values, pays[frozenset()]


@st.composite
def made_trees(draw):
    """Trees of any shape over five features, with covers down to 0 and values that repeat along a path."""
    shapes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    columns = {key: [] for key in ("feature", "threshold", "decision", "left", "right", "passed")}
    node_starts, leaf_starts, values, counts = [0], [0], [], []
    for leaves in shapes:
        grow(random, leaves, node_starts[-1], leaf_starts[-1], columns, values, counts)
        node_starts.append(node_starts[-1] + leaves - 1)
        leaf_starts.append(leaf_starts[-1] + leaves)
    ints = {key: np.array(columns[key], np.int64) for key in ("feature", "decision", "left", "right")}
    none = np.zeros(len(ints["feature"]), np.int64)
    threshold = np.array(columns["threshold"], np.float64)
    nodes = Nodes(**ints, threshold=threshold, first_word=none, word_count=none, words=np.zeros(0, np.uint32))
    starts = [np.array(each, np.int64) for each in (node_starts, leaf_starts)]
    passed, ended = np.array(columns["passed"], np.int64), np.array(counts, np.int64)
    return Trees(tuple("abcde"), nodes, *starts, np.array(values), passed, ended)


def grow(random, leaves, first_node, first_leaf, columns, values, counts):
    """Split a leaf at random, again and again, as LightGBM does; then count the rows that passed, from below."""
    left, right = [], []
    ways = {0: None}
    for node in range(leaves - 1):
        leaf = int(random.choice(list(ways)))
        if ways[leaf]:
            ways[leaf][0][ways[leaf][1]] = first_node + node
        left.append(~(first_leaf + leaf))
        right.append(~(first_leaf + node + 1))
        ways[leaf], ways[node + 1] = (left, node), (right, node)
    ended = random.integers(0, 4, leaves)
    passed = [0] * (leaves - 1)
    for node in reversed(range(leaves - 1)):
        children = (left[node], right[node])
        passed[node] = sum(int(ended[~c - first_leaf]) if c < 0 else passed[c - first_node] for c in children)
    values.extend(random.normal(size=leaves))
    counts.extend(ended)
    columns["left"].extend(left)
    columns["right"].extend(right)
    columns["passed"].extend(passed)
    columns["feature"].extend(random.integers(0, 5, leaves - 1))
    columns["threshold"].extend(random.normal(size=leaves - 1))
    columns["decision"].extend(random.choice([0, 2, 4, 6, 8, 10], leaves - 1))


def chain(depth):
    """One tree whose every left child is a leaf, a feature for each node."""
    nodes = np.arange(depth)
    right = np.append(nodes[1:], ~depth)
    none = np.zeros(depth, np.int64)
    decisions = Nodes(nodes, np.zeros(depth), none, ~nodes, right, none, none, np.zeros(0, np.uint32))
    names = tuple(f"f{node}" for node in nodes)
    starts = np.array([0, depth]), np.array([0, depth + 1])
    return Trees(names, decisions, *starts, np.ones(depth + 1), depth + 1 - nodes, np.ones(depth + 1, np.int64))
