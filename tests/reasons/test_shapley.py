"""LightGBM's own contributions, and Shapley's formula over all coalitions, are the oracles."""

from dataclasses import replace
from itertools import combinations
from math import factorial

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.errors import ModelFormatError, RequestError
from creditscore.model.trees import Trees, parse_model
from creditscore.model.trees_kernel import Nodes, goes_left
from creditscore.reasons.shapley import contributions, expected_value


def made_rows(n, features, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, features))
    X[:, 1] = rng.integers(-1, 40, n)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[rng.random(X.shape) < 0.05] = 0.0
    return X


def made_model(rounds=20, features=8, **options):
    X = made_rows(1200, 8, seed=1)
    filled = np.nan_to_num(X)
    noise = np.random.default_rng(2).normal(size=len(X))
    bad = (filled[:, 0] + filled[:, 1] % 3 + filled[:, 2] * filled[:, 3] + noise > 1).astype(float)
    options = {"num_leaves": 15, "min_data_per_group": 5, "cat_smooth": 1, "num_threads": 1} | options
    data = lightgbm.Dataset(X[:, :features], bad, categorical_feature=[1])
    return lightgbm.train({"objective": "binary", "verbose": -1, "seed": 3, **options}, data, rounds)


MODELS = {
    "default": {},
    "stumps": {"num_leaves": 2},
    "wide": {"num_leaves": 63, "min_data_in_leaf": 2},
    "two features again and again": {"features": 2, "num_leaves": 31, "min_data_in_leaf": 2},
    "zero is missing": {"zero_as_missing": True},
    "no missing": {"use_missing": False},
    "dart": {"boosting": "dart"},
    "random forest": {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
    "extra trees": {"extra_trees": True},
    "a constant": {"min_data_in_leaf": 100_000},
}


@pytest.mark.parametrize("name", MODELS)
def test_contributions_are_lightgbms(name):
    model = made_model(**MODELS[name])
    trees, X = parse_model(model.model_to_string()), made_rows(400, model.num_feature(), seed=4)
    expected = model.predict(X, pred_contrib=True, num_threads=1)
    np.testing.assert_allclose(contributions(trees, X), expected[:, :-1], rtol=0, atol=1e-10)
    np.testing.assert_allclose(expected_value(trees), expected[0, -1], rtol=0, atol=1e-10)
    np.testing.assert_allclose(
        expected_value(trees) + contributions(trees, X).sum(axis=1), trees.margin(X), rtol=0, atol=1e-9
    )


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


def by_all_coalitions(trees, x):
    n = len(trees.feature_names)
    coalitions = [frozenset(c) for size in range(n + 1) for c in combinations(range(n), size)]
    pays = {c: sum(mean_margin(trees, tree, x, c) for tree in range(trees.n_trees)) for c in coalitions}
    values = np.zeros(n)
    for c in coalitions:
        weight = factorial(len(c)) * factorial(n - len(c) - 1) / factorial(n) if len(c) < n else 0
        for feature in set(range(n)) - c:
            values[feature] += weight * (pays[c | {feature}] - pays[c])
    return values, pays[frozenset()]


@pytest.mark.parametrize("leaves", [2, 5, 12])
def test_contributions_are_shapleys_over_all_coalitions(leaves):
    model = made_model(rounds=3, features=6, num_leaves=leaves, min_data_in_leaf=5)
    trees = parse_model(model.model_to_string())
    for x in made_rows(6, 6, seed=5):
        values, mean = by_all_coalitions(trees, x)
        np.testing.assert_allclose(contributions(trees, x[None])[0], values, rtol=0, atol=1e-12)
        np.testing.assert_allclose(expected_value(trees), mean, rtol=0, atol=1e-12)


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


ROWS = st.lists(st.floats(-3, 3) | st.just(np.nan), min_size=5, max_size=5)


@settings(max_examples=60, deadline=None)
@given(made_trees(), ROWS)
def test_contributions_are_shapleys_where_no_training_row_came_too(trees, x):
    X = np.array([x])
    values, mean = by_all_coalitions(trees, X[0])
    np.testing.assert_allclose(contributions(trees, X)[0], values, rtol=0, atol=1e-12)
    np.testing.assert_allclose(expected_value(trees), mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(expected_value(trees) + contributions(trees, X).sum(), trees.margin(X)[0], atol=1e-9)


def test_a_row_is_explained_alone_as_among_others():
    trees, X = parse_model(made_model().model_to_string()), made_rows(150, 8, seed=6)
    together = contributions(trees, X)
    np.testing.assert_array_equal(together, np.vstack([contributions(trees, row[None]) for row in X]))


def test_a_feature_that_no_tree_uses_contributes_nothing():
    trees, X = parse_model(made_model(rounds=2, num_leaves=3).model_to_string()), made_rows(50, 8, seed=7)
    unused = sorted(set(range(8)) - set(trees.nodes.feature.tolist()))
    assert unused
    assert not contributions(trees, X)[:, unused].any()


def test_no_rows_have_no_contributions():
    trees = parse_model(made_model(rounds=2).model_to_string())
    assert contributions(trees, np.empty((0, 8))).shape == (0, 8)


def test_a_matrix_of_another_shape_is_refused():
    with pytest.raises(RequestError, match="expected float64 of shape"):
        contributions(parse_model(made_model(rounds=2).model_to_string()), np.zeros((3, 7)))


def chain(depth):
    """One tree whose every left child is a leaf, a feature for each node."""
    nodes = np.arange(depth)
    right = np.append(nodes[1:], ~depth)
    none = np.zeros(depth, np.int64)
    decisions = Nodes(nodes, np.zeros(depth), none, ~nodes, right, none, none, np.zeros(0, np.uint32))
    names = tuple(f"f{node}" for node in nodes)
    starts = np.array([0, depth]), np.array([0, depth + 1])
    return Trees(names, decisions, *starts, np.ones(depth + 1), depth + 1 - nodes, np.ones(depth + 1, np.int64))


def test_a_path_of_many_features_still_adds_up():
    trees = chain(300)
    trees = replace(trees, leaf_value=np.random.default_rng(8).normal(size=301))
    X = np.random.default_rng(9).normal(size=(20, 300)) + 2
    total = expected_value(trees) + contributions(trees, X).sum(axis=1)
    np.testing.assert_allclose(total, trees.margin(X), rtol=0, atol=1e-9)


def test_a_tree_too_deep_is_refused():
    with pytest.raises(ModelFormatError, match="depth of at most 1024, got 1025; train with max_depth"):
        expected_value(chain(1025))
