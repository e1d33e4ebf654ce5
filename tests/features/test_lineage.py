"""Where each feature comes from."""

import pytest

from creditscore.events.schema import CONTRACT
from creditscore.features import (
    CATALOGUE,
    applications,
    count,
    feature,
    longest_streak,
    obligations,
    ratio,
    total,
    transactions,
    trips,
    value,
)
from creditscore.features.conditions import AllOf
from creditscore.features.lineage import lineage_of, may_pick, said
from creditscore.governance.categories import SHIPPED

purchases = transactions.where(kind="purchase")


def only(features):
    (line,) = lineage_of(features, SHIPPED)
    return line


def test_a_line_says_table_columns_filter_window_class_and_code():
    line = only(total(purchases.where(hour=(23, 5)).amount, days=90, name="night", reason="S07"))
    assert (line.feature, line.reason, line.table, line.word) == ("night_90d", "S07", "transactions", "total")
    assert line.columns == ("amount", "kind", "hour")
    assert line.picked == "kind is purchase and hour from 23 to below 5"
    assert line.window == "90 days"


def test_a_ratio_has_a_line_for_each_of_its_numbers_with_the_features_own_class():
    earned = total(transactions.where(kind="income").amount, days=30)
    lines = lineage_of(ratio(value(applications.instalment), earned), SHIPPED)
    assert [line.table for line in lines] == ["applications", "transactions"]
    assert [line.window for line in lines] == ["the application", "30 days"]
    assert {line.needs for line in lines} == {"written consent"} == {line.reads_up_to for line in lines}


@pytest.mark.parametrize(
    ("features", "needs", "reads_up_to"),
    [
        # of any purpose, insurance among them
        (count(transactions, days=30), "ordinary", "written consent"),
        (count(purchases, days=30), "ordinary", "written consent"),
        (count(purchases.where(category="grocery"), days=30), "ordinary", "ordinary"),
        (count(purchases.where(category=("grocery", "hotel")), days=30), "separate consent", "separate consent"),
        (count(transactions.where(category="grocery"), days=30), "ordinary", "written consent"),
        (count(transactions.where(kind="top_up", category="tea"), days=30), "separate consent", "separate consent"),
        (count(obligations, days=30), "separate consent", "separate consent"),
        (count(trips, days=30), "separate consent", "written consent"),
        (value(applications.amount), "ordinary", "ordinary"),
    ],
)  # fmt: skip
def test_what_it_needs_and_how_far_it_reads(features, needs, reads_up_to):
    line = only(features)
    assert (line.needs, line.reads_up_to) == (needs, reads_up_to)


def test_whether_a_filter_lets_a_kind_through_agrees_with_trying_each():
    income, night = transactions.where(kind="income"), transactions.where(hour=(23, 5))
    either = purchases | (transactions.where(kind="payment") & night)
    neither = ~either
    kinds = CONTRACT["transactions"]["kind"].values

    def let_through(selection):
        return {kind for kind in kinds if may_pick(AllOf(selection.conditions), "kind", kind)}

    assert let_through(income) == {"income"}
    assert let_through(either) == {"purchase", "payment"}
    assert let_through(neither) == set(kinds) - {"purchase"}
    assert let_through(~neither) == {"purchase", "payment"}
    assert let_through(transactions) == set(kinds)
    assert let_through(income & purchases) == set()


def test_filters_are_said_in_words():
    both = transactions.where(kind="purchase") | ~transactions.where(amount=(10, None), kind="fee")
    assert said(AllOf(both.conditions)) == "kind is purchase or not (amount from 10 and kind is fee)"
    assert said(AllOf(())) == "all"


def test_a_function_reads_all_that_it_is_given_and_a_streak_both_its_filters():
    (own,) = lineage_of(feature(trips, days=365, name="mine")(lambda events: float(len(events))), SHIPPED)
    assert {"destination", "amount", "status"} <= set(own.columns)
    assert "<lambda>" in own.word
    streak = only(longest_streak(obligations.where(late=True), of=obligations.where(kind="bill"), days=365))
    assert "; within them " in streak.picked


def test_every_feature_of_the_catalogue_has_lines_in_its_order():
    lines = lineage_of(CATALOGUE, SHIPPED)
    assert list(dict.fromkeys(line.feature for line in lines)) == [one.name for one in CATALOGUE]
    assert all(line.columns and line.picked and line.window and line.reason for line in lines)
    labels = ["ordinary", "separate consent", "written consent"]
    assert all(labels.index(line.needs) <= labels.index(line.reads_up_to) for line in lines)
