"""Contributions → reasons: summed by code, ranked, at most four, none that costs nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from creditscore.errors import FeatureError
from creditscore.features import count, transactions, trips
from creditscore.reasons.codes import CODES, LEAST, SHOWN, codes_of, rank

points = arrays(np.float64, st.tuples(st.integers(0, 5), st.integers(1, 9)),
                elements=st.one_of(st.sampled_from([-1.0, 0.0, 1.0]), st.floats(-50, 50)))  # fmt: skip


@given(points)
def test_reasons_are_pythons_own_sorting_of_what_costs_points(matrix):
    for row, found in zip(matrix.tolist(), rank(matrix).tolist(), strict=True):
        worst = sorted((cost, column) for column, cost in enumerate(row) if cost < -LEAST)[:SHOWN]
        expected = [column for _, column in worst]
        assert found == expected + [-1] * (SHOWN - len(expected))


def test_ties_go_by_code():
    assert rank(np.array([[-2.0, -5.0, -2.0, -5.0]])).tolist() == [[1, 3, 0, 2]]


def test_what_costs_nothing_or_gains_is_no_reason():
    assert rank(np.array([[0.0, 3.0, -0.0]])).tolist() == [[-1] * 4]


def test_the_fifth_worst_is_not_shown():
    assert rank(-np.arange(1.0, 8.0)[None]).tolist() == [[6, 5, 4, 3]]


def test_fewer_codes_than_four_are_padded():
    assert rank(np.array([[-1.0]])).tolist() == [[0, -1, -1, -1]]
    assert rank(np.empty((0, 2))).shape == (0, 4)


def test_each_feature_gives_its_code():
    features = (*count(trips, days=(30, 90), reason="T01"), *count(transactions, days=30, reason="R01"))
    assert codes_of(features) == ("T01", "T01", "R01")
    assert codes_of(iter(features)) == ("T01", "T01", "R01")


@pytest.mark.parametrize("reason", [None, "Z99", ""])
def test_a_feature_without_a_known_code_may_not_be_an_input(reason):
    features = (*count(trips, days=30, reason="T01"), *count(trips, days=90, reason=reason))
    with pytest.raises(FeatureError, match=r"1 of 2 features have no known reason code: trips_count_90d; .*one of S01"):
        codes_of(features)


def test_codes_are_worded_for_borrower_and_officer_in_both_languages_and_no_two_alike():
    for code, reason in CODES.items():
        assert reason.code == code
        assert all([reason.borrower_en, reason.borrower_zh, reason.officer_en, reason.officer_zh])
    for wording in ("borrower_en", "borrower_zh", "officer_en", "officer_zh"):
        assert len({getattr(reason, wording) for reason in CODES.values()}) == len(CODES)


def test_codes_stay_what_they_were():
    # numbered once and never reused: a code taken away or worded anew needs a number of its own
    assert {"S01", "S07", "S10", "R01", "T03", "O02", "O05", "H01", "A03"} <= set(CODES)
    assert CODES["S07"].borrower_en == "Your income"
    assert CODES["O02"].borrower_en == "Payments made late"
