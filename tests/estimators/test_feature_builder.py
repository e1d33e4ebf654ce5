"""A pipeline's first step gives what `build_features` gives, row for row, and copies no event."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from creditscore import build_features, load_events, open_store, store_events
from creditscore.errors import FeatureError, InputError, QuarantineError, SchemaError
from creditscore.estimators import CreditModel, FeatureBuilder
from creditscore.features import CATALOGUE, applications, count, recency, total, transactions, trips, value

# pyarrow reads pandas' times with a zone by a way that pandas 3.1 is about to change
pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray:DeprecationWarning")

FEATURES = [
    count(transactions, days=(30, 365), name="times"),
    total(transactions.amount, days=90, name="spent"),
    recency(trips, name="since_trip", riskier="higher"),
    value(applications.amount, riskier="higher"),
]
NAMES = ["times_30d", "times_365d", "spent_90d", "since_trip", "application_amount"]


@pytest.fixture(scope="module")
def known(sample_events):
    """Applications of the simulated sample with an outcome, the first thousand."""
    asked = sample_events.applications
    return asked.filter(pc.is_valid(asked["outcome"])).slice(0, 1_000)


@pytest.fixture(scope="module")
def builder(sample_events):
    return FeatureBuilder(sample_events, FEATURES)


@pytest.fixture(scope="module")
def expected(sample_events, known):
    table = build_features(sample_events, known, features=FEATURES).drop_columns(["application_id"])
    return table.to_pandas().to_numpy(np.float64)


def in_units(table):
    """What a notebook has of its own: money in units, no fixed point."""
    frame = table.to_pandas()
    return frame.assign(amount=frame["amount"] / 100, instalment=frame["instalment"] / 100)


FORMS = {
    "arrow": lambda table: table,
    "pandas": lambda table: in_units(table).set_index(np.arange(table.num_rows) + 7),
    "polars": lambda table: pl.from_pandas(in_units(table)),
    "dicts": lambda table: in_units(table).to_dict("records"),
    "no ids": lambda table: in_units(table).drop(columns=["application_id", "outcome"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_matrix_is_what_build_features_gives(builder, known, expected, form):
    found = builder.transform(FORMS[form](known))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


def test_without_definitions_it_builds_the_catalogue(sample_events, known):
    every = FeatureBuilder(sample_events)
    assert every.get_feature_names_out().tolist() == [feature.name for feature in CATALOGUE]
    assert every.transform(known.slice(0, 5)).shape == (5, len(CATALOGUE))


def test_rows_keep_their_order_and_one_drawn_twice_is_there_twice(builder, known, expected):
    drawn = np.random.default_rng(0).integers(0, 1_000, 700)
    assert len(set(drawn.tolist())) < 700
    np.testing.assert_array_equal(builder.transform(known.take(pa.array(drawn))), expected[drawn])


def test_no_row_is_left_out_of_the_matrix(builder, known):
    rows = in_units(known.slice(0, 500)).to_dict("records")
    rows[3]["as_of"] = None
    with pytest.raises(QuarantineError, match="1 of 500"):
        builder.transform(rows)


def test_what_are_no_applications_is_refused(builder, known):
    with pytest.raises(InputError, match=r"X: expected applications as a frame .*, got ndarray"):
        builder.transform(np.zeros((2, 3)))
    with pytest.raises(SchemaError, match="as_of"):
        builder.transform(known.drop_columns(["as_of"]))
    with pytest.raises(SchemaError, match="give every column one type"):
        builder.transform(pd.DataFrame({"borrower_id": ["a", 1], "as_of": ["2025-01-01", 3]}))


def test_what_are_no_events_or_definitions_is_refused_in_fit(known):
    with pytest.raises(InputError, match="expected Events or a Store, got dict"):
        FeatureBuilder({"transactions": []}, FEATURES).fit(known)
    with pytest.raises(FeatureError, match="expected features, got str"):
        FeatureBuilder(load_events(applications=known), ["times_30d"]).fit(known)


def test_output_in_frames_has_names_and_the_index_of_the_applications(builder, known, expected):
    X = FORMS["pandas"](known)
    found = clone(builder).set_output(transform="pandas").fit_transform(X)
    pd.testing.assert_frame_equal(found, pd.DataFrame(expected, columns=NAMES, index=X.index))
    found = clone(builder).set_output(transform="polars").transform(known)
    assert found.columns == NAMES == builder.get_feature_names_out().tolist()
    np.testing.assert_array_equal(found.to_numpy(), expected)


def test_a_clone_has_the_same_events_and_what_was_set_of_it_and_is_its_own(sample_events):
    first = FeatureBuilder(sample_events, FEATURES, threads=1).set_output(transform="pandas")
    second = clone(Pipeline([("features", first)])).named_steps["features"]
    assert second is not first
    assert second.events is sample_events
    assert second.get_params() == first.get_params()
    second.set_output(transform="default").set_params(threads=2)
    assert first.threads == 1
    assert isinstance(first.transform(sample_events.applications.slice(0, 1)), pd.DataFrame)


def test_it_can_be_pickled_for_other_processes(builder, known, expected):
    found = pickle.loads(pickle.dumps(builder)).transform(known.slice(0, 20))
    np.testing.assert_array_equal(found, expected[:20])


def test_a_store_gives_the_same(sample_events, known, expected, tmp_path):
    tables = {"transactions": sample_events.transactions, "trips": sample_events.trips}
    store_events(tmp_path / "store", **tables)
    store = open_store(tmp_path / "store")
    found = FeatureBuilder(store, FEATURES, memory_limit="4GiB").transform(known)
    np.testing.assert_array_equal(found, expected)


def test_in_a_pipeline_by_borrower_it_gives_what_a_table_built_once_gives(builder, known, expected):
    y = (expected[:, 4] * np.random.default_rng(0).random(1_000) > 9_000).astype(int)
    borrowers = np.array(known["borrower_id"].to_pylist())
    model = CreditModel(features=FEATURES, params={"num_iterations": 15})
    whole = Pipeline([("features", builder), ("model", model)])
    asked = {"groups": borrowers, "cv": GroupKFold(3), "scoring": "roc_auc", "params": {"model__groups": borrowers}}
    found = cross_val_score(whole, known, y, **asked)
    by_hand = []
    for train, test in GroupKFold(3).split(expected, y, borrowers):
        assert not set(borrowers[train]) & set(borrowers[test])
        fitted = clone(model).fit(expected[train], y[train], groups=borrowers[train])
        by_hand.append(roc_auc_score(y[test], fitted.decision_function(expected[test])))
    np.testing.assert_allclose(found, by_hand, rtol=1e-12)
    assert min(found) > 0.6
    assert whole[:-1].get_feature_names_out().tolist() == NAMES


class OfNumbers(FeatureBuilder):
    """Says that it takes a matrix, so that scikit-learn's checks, which hand in nothing else, look at it at all."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


NUMBERS = "hands in numbers: X is applications; the tests above say the same of those"
UNREAD = "wants fit to look at X, of which nothing is learnt; transform refuses what is wrong"
EXPECTED = {
    "check_fit_score_takes_y": NUMBERS,
    "check_estimators_dtypes": NUMBERS,
    "check_dtype_object": NUMBERS,
    "check_pipeline_consistency": NUMBERS,
    "check_estimators_pickle": NUMBERS,
    "check_f_contiguous_array_estimator": NUMBERS,
    "check_transformer_data_not_an_array": NUMBERS,
    "check_transformer_general": NUMBERS,
    "check_transformer_preserve_dtypes": NUMBERS,
    "check_transformers_unfitted_stateless": NUMBERS,
    "check_methods_sample_order_invariance": NUMBERS,
    "check_methods_subset_invariance": NUMBERS,
    "check_dict_unchanged": NUMBERS,
    "check_fit_idempotent": NUMBERS,
    "check_fit2d_predict1d": NUMBERS,
    "check_complex_data": UNREAD,
    "check_estimators_empty_data_messages": UNREAD,
    "check_estimators_nan_inf": UNREAD,
    "check_estimator_sparse_tag": UNREAD,
    "check_fit1d": UNREAD,
    "check_n_features_in": "applications have columns that are no features, so none are counted",
    "check_n_features_in_after_fitting": "applications have columns that are no features, so none are counted",
    "check_estimators_overwrite_params": "compares pickles, and Arrow's differ between a table and its copy",
    "check_array_api_input": "skips itself: SCIPY_ARRAY_API is not set",
}
BILL = {"borrower_id": "b", "time": "2024-03-01T00:00+00:00", "platform": "p", "kind": "purchase", "amount": 3}


@parametrize_with_checks(
    [OfNumbers(load_events(transactions=[BILL]), FEATURES[0])], expected_failed_checks=lambda _: EXPECTED
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_scikit_learn_is_told_that_applications_are_no_matrix(builder):
    with pytest.warns(SkipTestWarning, match="Can't test estimator FeatureBuilder which requires input"):
        found = check_estimator(builder, on_fail=None)
    assert {result["check_name"]: result["status"] for result in found} == {"check_estimator_cloneable": "passed"}
