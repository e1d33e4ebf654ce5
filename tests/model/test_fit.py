"""LightGBM as it is asked: the same text twice, monotone as told, its mistakes in our words."""

import numpy as np
import pytest

from creditscore.errors import TrainingError
from creditscore.features import count, mean, tenure, total, transactions
from creditscore.model.fit import ENOUGH_FOR_SOME, FEWEST_BADS, default_params, fit_trees, without_threads
from creditscore.model.scale import probability
from creditscore.model.trees import parse_model

FEATURES = (*count(transactions, days=30, name="up", riskier="higher"),
            *total(transactions.amount, days=30, name="down", riskier="lower"),
            *mean(transactions.amount, days=30, name="free"), *tenure(transactions, name="noise"))  # fmt: skip


def sample(rows=1_200, seed=0):
    """Risk grows in the first column, falls in the second, is a valley in the third; a tenth is missing."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(rows, 4))
    z = -1.5 + 0.8 * X[:, 0] - 0.8 * X[:, 1] + 0.8 * np.abs(X[:, 2]) + 0.3 * np.sin(5 * X[:, 0])
    outcome = (draw.random(rows) < probability(z)).astype(float)
    X[draw.random(X.shape) < 0.1] = np.nan
    return X, outcome


X, OUTCOME = sample()
FEW_TREES = {"num_iterations": 40, "num_threads": 1}


@pytest.fixture(scope="module")
def text():
    return fit_trees(X, OUTCOME, FEATURES, params=FEW_TREES)


def test_the_same_training_gives_the_same_text(text):
    assert fit_trees(X, OUTCOME, FEATURES, params=FEW_TREES) == text


def test_another_number_of_threads_gives_the_same_text(text):
    assert fit_trees(X, OUTCOME, FEATURES, params={**FEW_TREES, "num_threads": 2}) == text


def test_another_seed_gives_other_trees(text):
    trees = fit_trees(X, OUTCOME, FEATURES, params=FEW_TREES, seed=2).split("parameters:")[0]
    assert trees != text.split("parameters:")[0]


def test_the_text_does_not_say_how_many_threads_there_were(text):
    assert "num_threads" not in text
    assert without_threads("[a: 1]\n[num_threads: 8]\n[b: 2]\n") == "[a: 1]\n[b: 2]\n"


def test_the_features_names_and_directions_are_in_the_text(text):
    assert "\nfeature_names=up_30d down_30d free_30d noise\n" in text
    assert "[monotone_constraints: 1,-1,0,0]" in text


@pytest.mark.parametrize(("column", "sign"), [(0, 1), (1, -1)])
def test_predictions_are_monotone_where_the_features_say_so(text, column, sign):
    model = parse_model(text)
    grid = np.linspace(-4, 4, 81)
    for row in X[:40]:
        moved = np.tile(row, (len(grid), 1))
        moved[:, column] = grid
        assert (np.diff(model.margin(moved)) * sign >= 0).all()


def test_without_a_direction_predictions_may_turn(text):
    moved = np.zeros((81, 4))
    moved[:, 2] = np.linspace(-4, 4, 81)
    steps = np.diff(parse_model(text).margin(moved))
    assert steps.min() < 0 < steps.max()


def test_the_margin_is_the_log_odds_of_bad(text):
    risk = probability(parse_model(text).margin(X))
    assert risk[OUTCOME == 1].mean() > risk[OUTCOME == 0].mean()
    assert risk.mean() == pytest.approx(OUTCOME.mean(), abs=0.02)


def test_settings_given_override_the_defaults(text):
    assert text.count("\nTree=") == 40
    assert "[num_leaves: 3]" in fit_trees(X, OUTCOME, FEATURES, params={**FEW_TREES, "num_leaves": 3})


def test_the_defaults_follow_the_number_of_bads_and_are_nobodys_to_change():
    few, some = default_params(ENOUGH_FOR_SOME - 1), default_params(ENOUGH_FOR_SOME)
    assert few.get("extra_trees")
    assert not some.get("extra_trees")
    few["num_leaves"] = 99
    assert default_params(1)["num_leaves"] != 99


@pytest.mark.parametrize("outcome", [np.zeros(50), np.ones(50)], ids=["good", "bad"])
def test_one_class_is_refused(outcome):
    with pytest.raises(
        TrainingError, match=r"one class only \(50 applications, \d+ bad\).*check the outcome's mapping"
    ):
        fit_trees(X[:50], outcome, FEATURES)


def test_too_few_bads_are_refused():
    outcome = np.zeros(200)
    outcome[: FEWEST_BADS - 1] = 1
    with pytest.raises(TrainingError, match=f"has {FEWEST_BADS - 1} bads of 200; at least {FEWEST_BADS} are needed"):
        fit_trees(X[:200], outcome, FEATURES)


REFUSED = {
    "rows to stop by": ({"early_stopping_round": 5}, "may not set 'early_stopping_round': no rows are set aside"),
    "a value out of range": ({"num_leaves": -3}, r"LightGBM refused the settings under model.params: .*num_leaves"),
    "a text for a number": ({"num_leaves": "x"}, "num_leaves should be of type int"),
    "an unknown booster": ({"boosting": "nope"}, "Unknown boosting type nope"),
    "no trees": ({"num_iterations": 0}, "num_iterations is a whole number from 1, got 0"),
    "half a tree": ({"num_iterations": 0.5}, "num_iterations is a whole number from 1, got 0.5"),
    "trees in words": ({"num_iterations": "many"}, "num_iterations is a whole number from 1, got 'many'"),
    "a misspelt name": ({"num_leafs": 3}, "'num_leafs'.*did you mean 'num_leaves'"),
    "another name": ({"eta": 0.5}, "'eta', which LightGBM does not know as a main name"),
    "another objective": ({"objective": "regression"}, "may not set 'objective'"),
    "a seed of its own": ({"seed": 3}, "may not set 'seed'"),
    "balanced classes": (
        {"is_unbalance": True},
        "may not set 'is_unbalance': .* no log-odds of bad and every PD is off",
    ),
    "a heavier class": ({"scale_pos_weight": 3}, "may not set 'scale_pos_weight': .* rare bads need no help"),
    "directions of its own": ({"monotone_constraints": [0, 0, 0, 0]}, "may not set 'monotone_constraints'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_settings_that_would_not_do_what_they_say_are_refused(case):
    params, fault = REFUSED[case]
    with pytest.raises(TrainingError, match=fault):
        fit_trees(X[:200], OUTCOME[:200], FEATURES, params={**FEW_TREES, **params})


# Every row in every tree, every value in its own bin: what is left of a weight is a factor of the loss.
EXACT = {
    "num_iterations": 20,
    "min_data_in_leaf": 1,
    "min_data_in_bin": 1,
    "bagging_freq": 0,
    "bagging_fraction": 1.0,
    "feature_fraction": 1.0,
}


def test_whole_weights_are_repeated_rows_where_rows_are_not_counted():
    X, outcome = sample(rows=2_000, seed=3)
    X, weight = np.round(3 * X), np.random.default_rng(4).integers(1, 4, len(X)).astype(float)
    again = np.repeat(np.arange(len(X)), weight.astype(int))
    margins = [
        parse_model(fit_trees(rows, bad, FEATURES, params=EXACT, weight=given)).margin(X)
        for rows, bad, given in ((X, outcome, weight), (X[again], outcome[again], None), (X, outcome, None))
    ]
    # LightGBM's gradients are float32
    np.testing.assert_allclose(margins[0], margins[1], atol=1e-6)
    assert np.abs(margins[2] - margins[1]).max() > 0.1


def test_the_mean_pd_is_the_weighted_share_of_bads():
    weight = np.where(OUTCOME == 1, 0.25, 1.0)
    margin = parse_model(fit_trees(X, OUTCOME, FEATURES, params=FEW_TREES, weight=weight)).margin(X)
    assert np.average(probability(margin), weights=weight) == pytest.approx(
        np.average(OUTCOME, weights=weight), abs=0.02
    )


def test_bads_are_counted_in_rows_that_weigh_anything():
    weight = np.where((OUTCOME == 1) & (np.cumsum(OUTCOME) > 9), 0.0, 100.0)
    with pytest.raises(TrainingError, match="has 9 bads of"):
        fit_trees(X, OUTCOME, FEATURES, weight=weight)
    assert fit_trees(X, OUTCOME, FEATURES, params=FEW_TREES, weight=weight, fewest_bads=9)


@pytest.mark.parametrize("weight", [np.ones(3), np.full(len(X), -1.0), np.full(len(X), np.nan), np.ones((len(X), 1))])
def test_weights_below_0_or_of_another_shape_are_refused(weight):
    with pytest.raises(TrainingError, match="weight: expected 1,200 numbers, finite and from 0"):
        fit_trees(X, OUTCOME, FEATURES, weight=weight)
