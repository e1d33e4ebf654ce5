"""Shapley's formula over all coalitions, LightGBM's own contributions and shap's TreeExplainer are the oracles."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.errors import ModelFormatError, RequestError, ScorecardError
from creditscore.model.trees import parse_model
from creditscore.reasons.reference import Reference
from creditscore.reasons.shapley import contributions, expected_value, prepare
from tests.reasons.oracle import against, by_all_coalitions, by_cover, chain, made_model, made_rows, made_trees

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
# Bytes for tables: enough for all, for some trees, for none.
BOUNDS = [2**28, 4_000, 0]
ROWS = st.lists(st.floats(-3, 3) | st.just(np.nan), min_size=5, max_size=5)


@pytest.mark.parametrize("most_bytes", BOUNDS)
@pytest.mark.parametrize("name", MODELS)
def test_contributions_are_lightgbms(name, most_bytes):
    model = made_model(**MODELS[name])
    trees, X = parse_model(model.model_to_string()), made_rows(400, model.num_feature(), seed=4)
    explainer = prepare(trees, most_bytes=most_bytes)
    expected = model.predict(X, pred_contrib=True, num_threads=1)
    values, margins = explainer.explain(X)
    np.testing.assert_allclose(values, expected[:, :-1], rtol=0, atol=1e-10)
    np.testing.assert_allclose(explainer.expected, expected[0, -1], rtol=0, atol=1e-10)
    np.testing.assert_array_equal(margins, trees.margin(X))


@pytest.mark.parametrize("most_bytes", BOUNDS)
@pytest.mark.parametrize("name", MODELS)
def test_contributions_against_a_reference_are_shapleys(name, most_bytes):
    model = made_model(**{"features": 6, "rounds": 4} | MODELS[name])
    n = model.num_feature()
    trees, reference = parse_model(model.model_to_string()), made_rows(40, n, seed=11)
    explainer = prepare(trees, Reference.from_rows(trees, reference), most_bytes=most_bytes)
    X = made_rows(4, n, seed=12)
    values, margins = explainer.explain(X)
    for x, found in zip(X, values, strict=True):
        wanted, mean = by_all_coalitions(against(reference, trees, x), n)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)
        np.testing.assert_allclose(explainer.expected, mean, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(margins, trees.margin(X))


@pytest.mark.parametrize("leaves", [2, 5, 12])
def test_contributions_are_shapleys_over_all_coalitions(leaves):
    model = made_model(rounds=3, features=6, num_leaves=leaves, min_data_in_leaf=5)
    trees = parse_model(model.model_to_string())
    for x in made_rows(6, 6, seed=5):
        values, mean = by_all_coalitions(by_cover(trees, x), 6)
        np.testing.assert_allclose(contributions(trees, x[None])[0], values, rtol=0, atol=1e-12)
        np.testing.assert_allclose(expected_value(trees), mean, rtol=0, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(made_trees(), ROWS, st.sampled_from(BOUNDS))
def test_contributions_are_shapleys_where_no_training_row_came_too(trees, x, most_bytes):
    X, explainer = np.array([x]), prepare(trees, most_bytes=most_bytes)
    values, mean = by_all_coalitions(by_cover(trees, X[0]), 5)
    np.testing.assert_allclose(explainer.contributions(X)[0], values, rtol=0, atol=1e-12)
    np.testing.assert_allclose(explainer.expected, mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(explainer.expected + values.sum(), trees.margin(X)[0], atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(made_trees(), ROWS, st.lists(ROWS, min_size=1, max_size=5), st.sampled_from(BOUNDS))
def test_contributions_against_any_reference_are_shapleys(trees, x, rows, most_bytes):
    X, reference = np.array([x]), np.array(rows)
    explainer = prepare(trees, Reference.from_rows(trees, reference), most_bytes=most_bytes)
    values, mean = by_all_coalitions(against(reference, trees, X[0]), 5)
    np.testing.assert_allclose(explainer.contributions(X)[0], values, rtol=0, atol=1e-12)
    np.testing.assert_allclose(explainer.expected, mean, rtol=0, atol=1e-12)


@pytest.mark.parametrize("most_bytes", BOUNDS)
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:shap")
@pytest.mark.filterwarnings("ignore:The set_bad function:PendingDeprecationWarning")
def test_contributions_against_a_reference_are_those_of_shap(most_bytes):
    shap = pytest.importorskip("shap")
    model = made_model(categorical=(), num_leaves=31)
    trees, X, rows = parse_model(model.model_to_string()), made_rows(60, 8, seed=13), made_rows(50, 8, seed=14)
    wanted = shap.TreeExplainer(model, shap.maskers.Independent(rows, max_samples=50)).shap_values(X)
    explainer = prepare(trees, Reference.from_rows(trees, rows), most_bytes=most_bytes)
    np.testing.assert_allclose(explainer.contributions(X), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("rows", [None, made_rows(300, 8, seed=15)], ids=["path-dependent", "against a reference"])
@pytest.mark.parametrize("most_bytes", BOUNDS)
def test_values_and_the_mean_add_up_to_the_margin(rows, most_bytes):
    trees, X = parse_model(made_model(num_leaves=31).model_to_string()), made_rows(500, 8, seed=16)
    explainer = prepare(trees, None if rows is None else Reference.from_rows(trees, rows), most_bytes=most_bytes)
    values, margins = explainer.explain(X)
    np.testing.assert_allclose(explainer.expected + values.sum(axis=1), margins, rtol=0, atol=1e-9)


@pytest.mark.parametrize("rows", [None, made_rows(300, 8, seed=15)], ids=["path-dependent", "against a reference"])
@pytest.mark.parametrize("most_bytes", BOUNDS)
def test_neither_threads_nor_other_rows_change_a_bit(rows, most_bytes):
    trees, X = parse_model(made_model(rounds=5).model_to_string()), made_rows(9_000, 8, seed=6)
    explainer = prepare(trees, None if rows is None else Reference.from_rows(trees, rows), most_bytes=most_bytes)
    together = explainer.contributions(X, threads=1)
    for threads in (2, 8):
        np.testing.assert_array_equal(explainer.contributions(X, threads=threads), together)
    chosen = np.r_[:100, 4_000:4_100, 8_900:9_000]
    np.testing.assert_array_equal(np.vstack([explainer.contributions(X[[i]]) for i in chosen]), together[chosen])


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


def test_a_reference_of_another_model_is_refused():
    trees, other = (parse_model(made_model(rounds=n).model_to_string()) for n in (2, 3))
    reference = Reference.from_rows(other, made_rows(5, 8, seed=8))
    with pytest.raises(ScorecardError, match="counts for each of the model's leaves"):
        prepare(trees, reference)


def test_a_path_of_many_features_still_adds_up():
    trees = chain(300)
    trees = replace(trees, leaf_value=np.random.default_rng(8).normal(size=301))
    X = np.random.default_rng(9).normal(size=(20, 300)) + 2
    total = expected_value(trees) + contributions(trees, X).sum(axis=1)
    np.testing.assert_allclose(total, trees.margin(X), rtol=0, atol=1e-9)


def test_a_path_of_sixty_features_against_a_reference_still_adds_up():
    trees = replace(chain(60), leaf_value=np.random.default_rng(10).normal(size=61))
    X, rows = np.random.default_rng(11).normal(size=(2, 20, 60)) + 1
    explainer = prepare(trees, Reference.from_rows(trees, rows))
    assert 0 < explainer.rest_share < 1
    values, margins = explainer.explain(X)
    np.testing.assert_allclose(explainer.expected + values.sum(axis=1), margins, rtol=0, atol=1e-9)


def test_a_tree_too_deep_is_refused():
    with pytest.raises(ModelFormatError, match="depth of at most 1024, got 1025; train with max_depth"):
        expected_value(chain(1025))
