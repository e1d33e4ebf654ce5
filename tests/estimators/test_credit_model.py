"""A classifier by scikit-learn's contract that gives the very numbers of the rooms it is composed of."""

import pickle

import lightgbm
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedGroupKFold, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from creditscore import load, save, score_features
from creditscore.errors import FeatureError, InputError, TrainingError
from creditscore.estimators import CreditModel
from creditscore.features import count, mean, tenure, total, transactions, trips
from creditscore.model.fit import fit_trees
from creditscore.model.scale import Scale, probability
from creditscore.reasons.codes import ReasonCode, with_own
from creditscore.scoring.conformance import replay

FAST = {"num_iterations": 15, "learning_rate": 0.1}
# Every row in every tree, every value in its own bin: what is left of a weight is a factor of the loss.
EXACT = {
    "num_iterations": 20,
    "min_data_in_leaf": 1,
    "min_data_in_bin": 1,
    "bagging_freq": 0,
    "bagging_fraction": 1.0,
    "feature_fraction": 1.0,
    "extra_trees": False,
}

TINY = CreditModel(
    calibrate=False, fewest_bads=1, params={"num_iterations": 8, "min_data_in_leaf": 1, "learning_rate": 0.2}
)
AS_IT_IS = CreditModel(params={"num_iterations": 8, "min_data_in_leaf": 1, "learning_rate": 0.2})
SKIPPED = {
    "check_array_api_input": "skips itself: SCIPY_ARRAY_API is not set, and LightGBM reads NumPy only",
    "check_sample_weight_equivalence_on_dense_data": "LightGBM bins and bags by row, whatever it weighs; "
    "test_whole_weights_are_repeated_rows_where_rows_are_not_counted shows where weights are repetition",
}
FEW = "it fits with fewer than ten bads, which are refused"
NOISE = "its labels are noise on a few dozen rows, and a calibration that does not rank is refused"
REFUSED = (
    SKIPPED
    | dict.fromkeys(
        [
            "check_classifier_data_not_an_array",
            "check_fit2d_1feature",
            "check_sample_weights_not_an_array",
            "check_sample_weights_not_overwritten",
            "check_sample_weights_pandas_series",
            "check_sample_weights_shape",
        ],
        FEW,
    )
    | dict.fromkeys(
        [
            "check_dtype_object",
            "check_estimators_dtypes",
            "check_fit_check_is_fitted",
            "check_fit_score_takes_y",
            "check_n_features_in",
            "check_n_features_in_after_fitting",
            "check_sample_weights_list",
            "check_supervised_y_2d",
        ],
        NOISE,
    )
)


# TINY takes a dozen rows, as these checks have; AS_IT_IS passes those that leave it enough to calibrate on.
@parametrize_with_checks([TINY, AS_IT_IS], expected_failed_checks=lambda model: SKIPPED if model is TINY else REFUSED)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


FEATURES = (
    *count(transactions, days=30, name="up", riskier="higher", reason="R01"),
    *total(transactions.amount, days=30, name="down", riskier="lower", reason="S01"),
    *mean(transactions.amount, days=30, name="free", reason="S01"),
    *tenure(trips, name="trips_since", reason="T06"),
)
NAMES = [feature.name for feature in FEATURES]


def simulated(rows=1_500, seed=0, base=-1.2):
    """Risk grows in the first column, falls in the second; three in ten lack trips and are safer; 3 rows a borrower."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(rows, 4))
    X[:, 3] = np.where(draw.random(rows) < 0.3, np.nan, X[:, 3])
    z = base + 0.9 * X[:, 0] - 0.7 * X[:, 1] + 0.5 * np.abs(X[:, 2]) - 0.8 * np.isnan(X[:, 3])
    return X, (draw.random(rows) < probability(z)).astype(int), draw.integers(0, rows // 3, rows)


X, Y, BORROWERS = simulated()
FRAME = pd.DataFrame(X, columns=NAMES)


@pytest.fixture(scope="module")
def model():
    return CreditModel(features=FEATURES, params=FAST).fit(X, Y, groups=BORROWERS)


def test_trees_are_those_of_fit_trees_and_their_margin_is_lightgbms(model):
    assert model.model_ == fit_trees(X, Y.astype(float), FEATURES, params=FAST, seed=1)
    raw = lightgbm.Booster(model_str=model.model_).predict(X, raw_score=True)
    uncalibrated = clone(model).set_params(calibrate=False).fit(X, Y)
    np.testing.assert_array_equal(uncalibrated.decision_function(X), raw)


def test_calibration_is_a_logistic_regression_on_margins_of_borrowers_not_seen(model):
    numbers = pd.factorize(BORROWERS)[0]
    margin = np.empty(len(X))
    for train, test in StratifiedGroupKFold(5, shuffle=True, random_state=1).split(X, Y, numbers):
        text = fit_trees(X[train], Y[train].astype(float), FEATURES, params=FAST, seed=1)
        margin[test] = lightgbm.Booster(model_str=text).predict(X[test], raw_score=True)
    lacking = np.isnan(X[:, 3])
    found = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(np.column_stack([margin, lacking]), Y)
    raw = lightgbm.Booster(model_str=model.model_).predict(X, raw_score=True)
    expected = found.decision_function(np.column_stack([raw, lacking]))
    np.testing.assert_allclose(model.decision_function(X), expected, atol=1e-6)
    assert model.calibration_.shifts[2] != 0


def test_without_groups_each_row_is_another_borrower(model):
    other = CreditModel(features=FEATURES, params=FAST).fit(X, Y)
    assert other.model_ == model.model_
    assert other.calibration_ != model.calibration_
    assert other.calibration_ == clone(other).fit(X, Y, groups=np.arange(len(X))).calibration_


@pytest.mark.parametrize("names", [("good", "worse"), (False, True), (3, 7), (1.0, 2.0)])
def test_the_second_class_in_sorted_order_is_bad(model, names):
    found = clone(model).fit(X, np.array(names)[Y], groups=BORROWERS)
    assert found.classes_.tolist() == list(names)
    np.testing.assert_array_equal(found.predict_proba(X), model.predict_proba(X))
    assert set(found.predict(X).tolist()) == set(names)
    np.testing.assert_array_equal(found.predict(X) == names[1], found.predict_proba(X)[:, 1] > 0.5)


@pytest.mark.parametrize("as_frame", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas], ids=["pd", "pl", "arrow"])
def test_columns_are_matched_by_name(model, as_frame):
    named = clone(model).fit(as_frame(FRAME), Y, groups=BORROWERS)
    assert named.feature_names_in_.tolist() == NAMES
    shuffled = as_frame(FRAME[NAMES[::-1]])
    np.testing.assert_array_equal(named.predict_proba(shuffled), model.predict_proba(X))


def test_definitions_follow_the_columns_of_a_frame_in_another_order():
    other = CreditModel(features=FEATURES, params=FAST).fit(FRAME[NAMES[::-1]], Y, groups=BORROWERS)
    assert [feature.name for feature in other.columns_] == NAMES[::-1]
    assert "[monotone_constraints: 0,0,-1,1]" in other.model_
    assert "\nfeature_names=trips_since free_30d down_30d up_30d\n" in other.model_


def test_a_column_missing_or_too_many_is_refused(model):
    named = clone(model).fit(FRAME, Y)
    with pytest.raises(ValueError, match=r"seen at fit time, yet now missing:\n- up_30d"):
        named.predict(FRAME.drop(columns="up_30d"))
    with pytest.raises(ValueError, match=r"unseen at fit time:\n- late"):
        named.predict(FRAME.assign(late=1.0))


@pytest.mark.parametrize("column", [0, 1])
def test_risk_is_monotone_in_the_directions_given(column):
    riskier = {0: "higher", 1: "lower"}
    named = {NAMES[i]: way for i, way in riskier.items()}
    given = CreditModel(riskier=riskier, params=FAST, calibrate=False).fit(X, Y)
    by_name = CreditModel(riskier=named, params=FAST, calibrate=False).fit(FRAME, Y)
    assert given.model_ == by_name.model_
    grid = np.repeat(X[:20], 61, axis=0)
    grid[:, column] = np.tile(np.linspace(-3, 3, 61), 20)
    steps = np.diff(given.predict_proba(grid)[:, 1].reshape(20, 61))
    assert (steps * (1, -1)[column] >= 0).all()
    assert (steps != 0).any()


def test_directions_and_definitions_together_are_refused():
    with pytest.raises(InputError, match="give one of the two"):
        CreditModel(features=FEATURES, riskier={0: "higher"}).fit(X, Y)


@pytest.mark.parametrize("name", ["is_unbalance", "scale_pos_weight"])
def test_balancing_is_refused_as_it_distorts_the_pd(name):
    with pytest.raises(TrainingError, match=rf"'{name}': .* no log-odds of bad and every PD is off"):
        CreditModel(params={name: 1}).fit(X, Y)


def test_rare_bads_have_the_pd_that_they_have():
    rare, y, borrowers = simulated(rows=24_000, seed=3, base=-4.4)
    train, test = borrowers < 4_000, borrowers >= 4_000
    assert 0.01 < y.mean() < 0.03
    found = CreditModel(params=FAST).fit(rare[train], y[train], groups=borrowers[train])
    bad = found.predict_proba(rare[test])[:, 1]
    # about three standard errors of each share
    for part in (bad < np.median(bad), bad >= np.median(bad), bad >= 0):
        expected = bad[part].mean()
        assert abs(y[test][part].mean() - expected) < 3 * np.sqrt(expected / part.sum())


def test_rows_that_weigh_nothing_are_as_though_they_were_not_there():
    weight = np.where(np.arange(len(X)) % 4 == 0, 0.0, 1.5)
    kept = weight > 0
    found = CreditModel(params=FAST).fit(X, Y, sample_weight=weight, groups=BORROWERS)
    left = CreditModel(params=FAST).fit(X[kept], Y[kept], sample_weight=weight[kept], groups=BORROWERS[kept])
    assert found.model_ == left.model_
    assert found.calibration_ == left.calibration_


def test_whole_weights_are_repeated_rows_where_rows_are_not_counted():
    draw = np.random.default_rng(5)
    few, y, _ = simulated(rows=2_000, seed=5)
    few, weight = np.round(few * 3), draw.integers(1, 4, len(few))
    again = np.repeat(np.arange(len(few)), weight)
    weighted = CreditModel(params=EXACT, calibrate=False).fit(few, y, sample_weight=weight)
    repeated = CreditModel(params=EXACT, calibrate=False).fit(few[again], y[again])
    # LightGBM's gradients are float32
    np.testing.assert_allclose(weighted.decision_function(few), repeated.decision_function(few), atol=1e-6)
    plain = CreditModel(params=EXACT, calibrate=False).fit(few, y)
    assert np.abs(plain.decision_function(few) - repeated.decision_function(few)).max() > 0.1


def test_calibration_heeds_weights(model):
    weight = np.where(Y == 1, 3.0, 1.0)
    weighted = clone(model).fit(X, Y, sample_weight=weight, groups=BORROWERS)
    share = np.average(Y, weights=weight)
    assert np.average(weighted.predict_proba(X)[:, 1], weights=weight) == pytest.approx(share, abs=0.03)
    assert weighted.predict_proba(X)[:, 1].mean() > model.predict_proba(X)[:, 1].mean() + 0.1


def test_points_are_of_the_scale(model):
    unrounded = 600 - 40 / np.log(2) * (model.decision_function(X) + np.log(20))
    np.testing.assert_array_equal(model.points(X), np.clip(np.rint(unrounded), 300, 900))
    narrow = clone(model).set_params(scale=Scale(100, 1, 10, 90, 110)).fit(X, Y, groups=BORROWERS)
    unrounded = 100 - 10 / np.log(2) * narrow.decision_function(X)
    np.testing.assert_array_equal(narrow.points(X), np.clip(np.rint(unrounded), 90, 110))


@pytest.mark.parametrize(
    ("y", "fault"),
    [
        (np.zeros(len(X)), "one class only"),
        (np.arange(len(X)) % 3, "Only binary classification"),
        (np.where(np.arange(len(X)) % 3 == 2, np.nan, np.arange(len(X)) % 3), "contains NaN"),
        ((np.arange(len(X)) < 9).astype(int), "has 9 bads of 1,500; at least 10 are needed"),
    ],
    ids=["one", "three", "indeterminate", "few"],
)
def test_outcomes_that_make_no_model_are_refused(y, fault):
    with pytest.raises(ValueError, match=fault):
        CreditModel().fit(X, y)


def test_the_same_seed_gives_the_same_model_and_another_another(model):
    again = clone(model).fit(X, Y, groups=BORROWERS)
    assert again.model_ == model.model_
    assert again.calibration_ == model.calibration_
    bare = clone(model).set_params(calibrate=False)
    assert bare.set_params(random_state=2).fit(X, Y).model_ != model.model_
    drawn = [bare.set_params(random_state=np.random.RandomState(0)).fit(X, Y).model_ for _ in range(2)]
    assert drawn[0] == drawn[1] != model.model_


def test_a_fitted_model_is_not_changed_by_setting_parameters(model):
    copied = pickle.loads(pickle.dumps(model)).set_params(features=None, scale=Scale(1, 1, 1, 0, 2), calibrate=False)
    np.testing.assert_array_equal(copied.decision_function(X), model.decision_function(X))
    np.testing.assert_array_equal(copied.points(X), model.points(X))


def test_it_goes_through_a_search_by_borrower():
    search = GridSearchCV(
        CreditModel(calibrate=False), {"params": [FAST, {"num_iterations": 1}]}, cv=GroupKFold(3), scoring="roc_auc"
    )
    search.fit(X, Y, groups=BORROWERS)
    assert search.best_params_ == {"params": FAST}
    by_hand = []
    for train, test in GroupKFold(3).split(X, Y, BORROWERS):
        text = fit_trees(X[train], Y[train].astype(float), search.best_estimator_.columns_, params=FAST)
        by_hand.append(roc_auc_score(Y[test], lightgbm.Booster(model_str=text).predict(X[test])))
    assert search.best_score_ == pytest.approx(np.mean(by_hand))


def test_metadata_routing_hands_groups_to_folds_and_calibration():
    plain = CreditModel(features=FEATURES, params=FAST)
    folds = GroupKFold(3)
    expected = cross_val_score(
        plain, X, Y, groups=BORROWERS, cv=folds, scoring="neg_log_loss", params={"groups": BORROWERS}
    )
    with sklearn.config_context(enable_metadata_routing=True):
        routed = plain.set_fit_request(groups=True)
        found = cross_val_score(routed, X, Y, cv=folds, scoring="neg_log_loss", params={"groups": BORROWERS})
    np.testing.assert_array_equal(found, expected)


def test_a_scorecard_made_of_it_scores_as_it_does(model, tmp_path):
    card = model.to_scorecard(X, name="notebook", population="1,500 simulated rows", pd_horizon_months=12)
    saved = save(card, tmp_path / "notebook.scorecard")
    loaded = load(tmp_path / "notebook.scorecard", digest=saved.digest)
    scored = score_features(loaded, FRAME[NAMES[::-1]])
    np.testing.assert_array_equal(scored["points"], model.points(X))
    np.testing.assert_array_equal(scored["pd"], model.predict_proba(X)[:, 1])
    assert replay(loaded) == []
    assert loaded.facts["population"] == "1,500 simulated rows"
    assert loaded.reference("all").size == 1_500
    assert loaded.facts["parameters"] == model.parameters_ | {"seed": 1}


def test_a_scorecard_needs_definitions_calibration_and_reason_codes():
    about = {"name": "x", "population": "simulated", "pd_horizon_months": 12}
    for other in (CreditModel(params=FAST), CreditModel(features=FEATURES, params=FAST, calibrate=False)):
        with pytest.raises(InputError, match=r"needs a model made with features=…, and with calibrate=True"):
            other.fit(X, Y).to_scorecard(X, **about)
    own = (*FEATURES[:3], *tenure(trips, name="trips_since", reason="X01"))
    fitted = CreditModel(features=own, params=FAST).fit(X, Y)
    with pytest.raises(FeatureError, match="no known reason code: trips_since"):
        fitted.to_scorecard(X, **about)
    codes = with_own([ReasonCode("X01", "Travel since", "出行", "Travel since", "出行")])
    assert "X01" in fitted.to_scorecard(X, codes=codes, **about).codes
