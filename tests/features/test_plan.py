"""Definitions → plan: what is equal is computed once, and nothing is lost where there is much of it."""

import numpy as np
import pytest

from creditscore.errors import FeatureError
from creditscore.features import (
    DAY,
    applications,
    count,
    distinct,
    feature,
    mean,
    mean_gap,
    median,
    obligations,
    ratio,
    share,
    spread,
    total,
    transactions,
    trend,
    trips,
    value,
)
from creditscore.features.build import compute
from creditscore.features.conditions import Within
from creditscore.features.plan import WHOLE_HISTORY, integer_range, make_plan
from tests.features.histories import as_events, generate, in_units
from tests.features.oracle import feature_value

purchases = transactions.where(kind="purchase")


def check_against_plain_reading(features, seed):
    histories, asked = generate(seed, borrowers=3)
    events, plan = as_events(histories, asked), make_plan(features)
    matrix = compute(plan, events, events.applications, threads=1)
    for row, application in zip(matrix, asked, strict=True):
        history = histories[application["borrower_id"]]
        expected = [feature_value(one, history, in_units(application)) for one in plan.features]
        np.testing.assert_allclose(row, expected, rtol=1e-12)
    assert np.isfinite(matrix).any()


def test_equal_selections_share_a_filter_and_a_channel():
    again = transactions.where(kind="purchase")
    (table,) = make_plan([total(purchases.amount, days=30), mean(again.amount, days=90)]).tables
    assert table.filters == (purchases.conditions,)
    assert len(table.program.sums.channel_column) == 1
    assert len(table.aggregates) == 2


def test_equal_numbers_share_a_slot():
    plan = make_plan([count(purchases, days=30), count(purchases, days=30, name="again"),
                      ratio(count(purchases, days=30), count(transactions, days=30))])  # fmt: skip
    (table,) = plan.tables
    assert len(table.aggregates) == 2
    assert plan.slots == 3
    assert plan.outputs[0] == plan.outputs[1] == plan.combinations[0, 1]


def test_equal_quotients_share_a_slot_and_may_be_parts_of_others():
    late = transactions.where(hour=(18, 8))
    night = share(late, of=transactions, days=(180, 365), name="night")
    trend = ratio(night[:1], night[1:], name="night_trend")
    plan = make_plan([trend, night, share(late, of=transactions, days=180, name="same")])
    assert len(plan.combinations) == 3
    assert plan.outputs[1] == plan.outputs[3]
    check_against_plain_reading([trend, night], seed=5)


def test_squares_are_summed_only_where_a_spread_asks_for_them():
    (table,) = make_plan([total(purchases.amount, days=30), spread(purchases.balance, days=30)]).tables
    assert table.program.sums.channel_squares.tolist() == [False, True]


def test_only_the_tables_read_have_a_plan():
    plan = make_plan([count(trips, days=30), value(applications.amount)])
    assert [table.table for table in plan.tables] == ["trips"]
    assert plan.application_columns == ("amount",)
    assert plan.names == ("trips_count_30d", "application_amount")


def test_a_plan_of_the_application_alone_needs_no_events():
    histories, asked = generate(3)
    events = as_events({}, asked)
    (found,) = compute(make_plan(value(applications.term_months)), events, events.applications).T
    np.testing.assert_array_equal(found, [row["term_months"] or np.nan for row in asked])
    assert histories


def test_more_filters_than_bits_in_a_word_all_count():
    steps = [count(transactions.where(amount=(low, low + 100)), days="all") for low in range(0, 5_000, 50)]
    words = [count(transactions.where(status="failed", amount=(low, None)), days=90) for low in range(0, 2_000, 50)]
    features = [*steps, *words]
    (table,) = make_plan(features).tables
    assert len(table.filters) == 140
    assert len(table.clauses) == 140
    check_against_plain_reading(features, seed=11)


def test_states_are_asked_of_filters_in_every_word():
    features = [count(obligations.where(late=late, amount_due=(low, None)), days="all", name=f"late_{late}_{low}")
                for low in range(0, 5_000, 100) for late in (True, False)]  # fmt: skip
    (table,) = make_plan(features).tables
    assert len(table.filters) == 100
    check_against_plain_reading(features, seed=13)


def test_a_filter_has_a_clause_for_each_alternative():
    both = transactions.where(kind=("fee", "refund"), status="completed", hour=(23, 5))
    (table,) = make_plan(count(both, days=30)).tables
    assert len(table.clauses) == 1
    (table,) = make_plan(count(transactions.where(kind="fee") | ~both, days=30)).tables
    assert len(table.clauses) == 4
    (table,) = make_plan(count(obligations.where(late=True) | obligations.where(open=True), days=30)).tables
    assert len(table.clauses) == 2


def test_an_event_that_meets_several_clauses_counts_once():
    owed = obligations.where(open=True) | obligations.where(due=True) | obligations.where(late=True)
    crowd = [count(obligations.where(days_past_due=(low, None)) | owed, days="all", name=f"c{low}")
             for low in range(40)]  # fmt: skip
    (table,) = make_plan(crowd).tables
    assert len(table.clauses) == 160
    check_against_plain_reading(crowd, seed=19)


def test_a_status_not_yet_known_meets_the_denial_of_every_status():
    known = transactions.where(status=("completed", "cancelled", "failed"))
    features = [count(~known, days="all"), count(known, days="all"), count(transactions, days="all")]
    check_against_plain_reading(features, seed=23)
    histories, asked = generate(23)
    events = as_events(histories, asked)
    unknown, all_known, every = compute(make_plan(features), events, events.applications).T
    np.testing.assert_array_equal(unknown + all_known, every)
    assert np.nansum(unknown) > 0


def test_windows_of_ordered_words_share_a_sequence_as_long_as_the_longest():
    features = [median(purchases.amount, days=(30, 90)), trend(purchases.amount, days=60), mean_gap(purchases, days=7)]
    (table,) = make_plan(features).tables
    assert sorted(table.program.sequences.length // DAY) == [7, 90]


def test_many_windows_of_many_measures_are_kept_apart():
    windows = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, "all")
    features = [spread(purchases.amount, days=windows), distinct(purchases.merchant_id, days=windows)]
    check_against_plain_reading(features, seed=17)


def test_a_call_shares_the_filter_of_its_selection():
    (mine,) = feature(purchases, days=30, name="mine")(lambda events: float(len(events)))
    (table,) = make_plan([count(purchases, days=30), mine]).tables
    assert (len(table.filters), table.filter_of(mine.formula)) == (1, 0)


def test_ends_of_ranges_become_the_kernels_integers():
    assert integer_range(Within("amount", 0.29, 1.15), 100) == (29, 115)
    assert integer_range(Within("balance", None, -0.01), 100) == (-WHOLE_HISTORY, -1)


def test_two_features_of_one_name_are_refused():
    with pytest.raises(FeatureError, match="'trips_count_30d'; give each its own name="):
        make_plan([count(trips, days=30), count(trips, days=30)])
