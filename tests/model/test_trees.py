"""LightGBM is the oracle: the same bits for whole models, and no other error than ModelFormatError for damaged ones."""

import lightgbm
import numpy as np
import pytest

from creditscore.errors import ModelFormatError, RequestError
from creditscore.model.trees import parse_model

TINY = float(np.float32(1e-35))
CODES = [-1, -0.5, -0.999, 0, 0.4, 1, 5, 7.9, 31, 32, 63, 64, 1e6, 2.0**31 - 1, 2.0**31, 2.0**32 + 3, -3e9, 1e300]


def made_rows(n, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    X[:, 2] = rng.integers(-2, 90, n)
    X[:, 4] = rng.integers(0, 3, n)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[rng.random(X.shape) < 0.05] = 0.0
    X[:, 5] = 3.0
    return X


def hard_rows(n, seed):
    """Infinities, categories unseen, negative and huge, and values around the bound of what counts as zero."""
    rng = np.random.default_rng(seed)
    X = made_rows(n, seed)
    X[:, 2] = rng.choice([*CODES, np.nan, np.inf, -np.inf], n)
    near = [TINY, -TINY, np.nextafter(TINY, 1), np.nextafter(-TINY, -1), 1e-36, -1e-36, -0.0]
    X[:, 0] = np.where(rng.random(n) < 0.3, rng.choice(near, n), X[:, 0])
    X[rng.random(X.shape) < 0.05] = np.inf
    X[rng.random(X.shape) < 0.05] = -np.inf
    return X


def made_model(rounds=20, **settings):
    X = made_rows(1500, seed=1)
    filled = np.nan_to_num(X)
    noise = np.random.default_rng(2).normal(size=len(X))
    bad = (filled[:, 0] + filled[:, 2] % 3 + filled[:, 4] + noise > 2).astype(float)
    settings = {"num_leaves": 15, "min_data_per_group": 5, "cat_smooth": 1, "num_threads": 1} | settings
    data = lightgbm.Dataset(X, bad, categorical_feature=[2])
    return lightgbm.train({"objective": "binary", "verbose": -1, "seed": 3, **settings}, data, rounds)


@pytest.fixture(scope="module")
def text():
    return made_model(rounds=4, num_leaves=6).model_to_string()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"zero_as_missing": True},
        {"use_missing": False},
        {"boosting": "dart"},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        {"extra_trees": True, "num_leaves": 7},
        {"data_sample_strategy": "goss", "num_leaves": 63, "min_data_in_leaf": 2},
        {"monotone_constraints": [1, 0, 0, -1, 1, 0], "sigmoid": 2.0},
        {"num_leaves": 2},
    ],
    ids=lambda settings: " ".join(map(str, settings.values())) or "default",
)
def test_margin_has_the_bits_of_lightgbm(settings):
    model = made_model(**settings)
    X = np.vstack([made_rows(2000, seed=4), hard_rows(3000, seed=5)])
    margin = parse_model(model.model_to_string()).margin(X)
    assert len(np.unique(margin)) > 20
    np.testing.assert_array_equal(margin, model.predict(X, raw_score=True, num_threads=1), strict=True)


def test_values_within_the_bound_of_zero_are_zero(text):
    damaged = edited(text, "threshold", lambda values: ["-1.0000000180025095e-35"] * len(values))
    plain = edited(edited(damaged, "decision_type", lambda values: ["2"] * len(values)), "num_cat", lambda _: ["0"])
    trees = parse_model(resized("\n".join(line for line in plain.split("\n") if not line.startswith("cat_"))))
    X = np.zeros((4, 6))
    X[:, :] = np.array([-TINY, 0.0, TINY, np.nextafter(-TINY, -1)])[:, None]
    first, zero, last, below = trees.margin(X)
    assert first == zero == last != below


def test_a_tree_of_one_leaf_is_a_constant():
    model = made_model(rounds=3, min_data_in_leaf=100_000)
    X = made_rows(5, seed=6)
    trees = parse_model(model.model_to_string())
    assert trees.n_trees == 1
    np.testing.assert_array_equal(trees.margin(X), model.predict(X, raw_score=True))


def test_trees_trained_on_top_of_a_constant_are_read():
    constant = made_model(rounds=1, min_data_in_leaf=100_000)
    X = made_rows(800, seed=7)
    data = lightgbm.Dataset(X, (np.nan_to_num(X[:, 0]) > 0).astype(float))
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1}
    model = lightgbm.train(settings, data, 5, init_model=constant)
    trees = parse_model(model.model_to_string())
    assert trees.node_starts[1] == 0 < trees.node_starts[-1]
    np.testing.assert_array_equal(trees.margin(X), model.predict(X, raw_score=True, num_threads=1))


def test_a_row_scores_alone_as_among_others(text):
    trees, X = parse_model(text), hard_rows(50, seed=8)
    np.testing.assert_array_equal(trees.margin(X), [trees.margin(row[None])[0] for row in X])


def test_columns_may_lie_in_any_order_in_memory(text):
    trees, X = parse_model(text), made_rows(50, seed=9)
    np.testing.assert_array_equal(trees.margin(np.asfortranarray(X)), trees.margin(X))


def test_no_rows_have_no_margins(text):
    assert parse_model(text).margin(np.empty((0, 6))).shape == (0,)


@pytest.mark.parametrize("X", [np.zeros((3, 5)), np.zeros(6), np.zeros((3, 6), np.float32)])
def test_a_matrix_of_another_shape_or_type_is_refused(text, X):
    with pytest.raises(RequestError, match=r"expected float64 of shape \(rows, 6\), got"):
        parse_model(text).margin(X)


def test_counts_names_and_offsets_are_lightgbms(text):
    trees, dumped = parse_model(text), lightgbm.Booster(model_str=text).dump_model()
    assert trees.feature_names == tuple(dumped["feature_names"])
    assert np.diff(trees.leaf_starts).tolist() == [tree["num_leaves"] for tree in dumped["tree_info"]]
    roots = [tree["tree_structure"]["internal_count"] for tree in dumped["tree_info"]]
    assert trees.internal_count[trees.node_starts[:-1]].tolist() == roots


def edited(text, key, change):
    """The text with the values of every `key=` line changed."""
    lines = [line.split("=", 1) for line in text.split("\n")]
    new = [[k, " ".join(change(v[0].split(" ")))] if k == key and v else [k, *v] for k, *v in lines]
    return "\n".join("=".join(line) for line in new)


def resized(text):
    """The text with tree_sizes made true again."""
    body = text[text.index("Tree=0") : text.index("end of trees")]
    sizes = [len("Tree=" + tree) for tree in body.split("Tree=")[1:]]
    return edited(text, "tree_sizes", lambda _: map(str, sizes))


def first_as(value):
    return lambda values: [value, *values[1:]]


@pytest.mark.parametrize(
    ("key", "change", "told"),
    [
        ("version", first_as("v3"), "line 2, header.*version=v4"),
        ("num_class", first_as("3"), "num_class=1"),
        ("objective", lambda _: ["regression"], "objective to be binary.*'regression'"),
        ("max_feature_idx", first_as("6"), "7 values of feature_names"),
        ("feature_names", lambda names: [names[1], *names[1:]], "feature_names to differ"),
        ("feature_infos", first_as("[0;1]"), "feature_infos"),
        ("num_leaves", first_as("7"), "values of split_feature"),
        ("num_leaves", first_as("999999999"), "num_leaves to be an integer in 1 … 131072"),
        ("num_cat", first_as("0"), "num_cat"),
        ("split_feature", first_as("6"), "integer in 0 … 5"),
        ("split_feature", first_as("-1"), "integer in 0 … 5"),
        ("threshold", first_as("nan"), "threshold"),
        ("threshold", first_as("-inf"), "threshold"),
        ("threshold", first_as("1_0"), "threshold"),
        ("decision_type", first_as("12"), "integer in 0 … 11"),
        ("left_child", first_as("0"), "reach every node and leaf once"),
        ("left_child", first_as("-1"), "reach every node and leaf once"),
        ("right_child", first_as("5"), "integer in -6 … 4"),
        ("leaf_value", first_as("inf"), "leaf_value to be a finite number"),
        ("leaf_value", first_as("1e+999"), "leaf_value to be a finite number"),
        ("leaf_value", first_as("١"), "leaf_value to be a finite number"),
        ("leaf_count", first_as("-5"), "leaf_count"),
        ("leaf_count", first_as("5"), "sum of its children's counts"),
        ("internal_count", first_as("5"), "sum of its children's counts"),
        ("cat_boundaries", first_as("1"), "cat_boundaries to rise from 0"),
        ("cat_boundaries", lambda values: [*values[:-1], "999999"], "values of cat_threshold"),
        ("cat_threshold", first_as("4294967296"), "cat_threshold"),
        ("is_linear", first_as("1"), "linear trees"),
    ],
)
def test_what_is_wrong_is_told(text, key, change, told):
    damaged = edited(text, key, change)
    assert damaged != text
    with pytest.raises(ModelFormatError, match=told):
        parse_model(resized(damaged))


def test_a_real_linear_tree_is_refused_by_name():
    X = np.random.default_rng(10).normal(size=(400, 3))
    data = lightgbm.Dataset(X, (X[:, 0] > 0).astype(float), params={"linear_tree": True})
    settings = {"objective": "binary", "linear_tree": True, "verbose": -1, "num_threads": 1}
    model = lightgbm.train(settings, data, 2)
    with pytest.raises(ModelFormatError, match="linear trees"):
        parse_model(model.model_to_string())


def test_a_wrong_size_is_told(text):
    with pytest.raises(ModelFormatError, match="as tree_sizes tells"):
        parse_model(edited(text, "tree_sizes", first_as("1")))


def test_a_text_cut_short_is_refused(text):
    end = text.index("end of trees") + len("end of trees")
    for length in range(0, end, 37):
        with pytest.raises(ModelFormatError):
            parse_model(text[:length])


def test_what_follows_the_trees_is_not_looked_at(text):
    end = text.index("end of trees") + len("end of trees")
    X = made_rows(20, seed=11)
    np.testing.assert_array_equal(parse_model(text[:end]).margin(X), parse_model(text).margin(X))


def byte(text, rng):
    at = rng.integers(len(text))
    return text[:at] + chr(rng.choice([*range(32, 127), 10, 0, 0x661, 0x10FFFF])) + text[at + 1 :]


def number(text, rng):
    at = rng.choice([i for i, c in enumerate(text) if c.isdigit()])
    new = rng.choice(["0", "1", "-1", "7", "-9", "99999999999", "9" * 30, "1e5", "nan", "inf", "", "0x1", "1.5"])
    return text[:at] + str(new) + text[at + 1 :]


def dropped(text, rng):
    lines = text.split("\n")
    del lines[rng.integers(len(lines))]
    return "\n".join(lines)


def doubled(text, rng):
    lines = text.split("\n")
    at = rng.integers(len(lines))
    return "\n".join([*lines[: at + 1], *lines[at:]])


def swapped(text, rng):
    lines = text.split("\n")
    a, b = rng.integers(len(lines), size=2)
    lines[a], lines[b] = lines[b], lines[a]
    return "\n".join(lines)


@pytest.mark.parametrize("sizes_kept_true", [False, True])
@pytest.mark.parametrize("damage", [byte, number, dropped, doubled, swapped])
def test_a_damaged_text_is_refused_or_evaluates(text, damage, sizes_kept_true):
    text = text[: text.index("end of trees") + len("end of trees")]
    X, refused, rng = hard_rows(40, seed=12), 0, np.random.default_rng(13)
    for _ in range(150):
        damaged = damage(text, rng)
        if sizes_kept_true and "Tree=0" in damaged and "end of trees" in damaged:
            damaged = resized(damaged)
        try:
            trees = parse_model(damaged)
        except ModelFormatError:
            refused += 1
        else:
            assert np.isfinite(trees.margin(X)).all()
    assert refused > (20 if sizes_kept_true else 75)
