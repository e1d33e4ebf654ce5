"""The vocabulary: names, windows, wording, and what it refuses, each refusal with its fix."""

import pytest

from creditscore.errors import FeatureError
from creditscore.features import (
    applications,
    change,
    count,
    difference,
    distinct,
    entropy,
    feature,
    largest,
    longest_streak,
    mean,
    mean_gap,
    median,
    obligations,
    quantile,
    ratio,
    recency,
    regularity,
    share,
    smallest,
    spread,
    streak,
    tenure,
    top_share,
    total,
    transactions,
    trend,
    trips,
    value,
)
from creditscore.features.conditions import AllOf, AnyOf, Not, OneOf, Within
from creditscore.features.define import flatten
from creditscore.features.formula import Difference, Quotient

purchases = transactions.where(kind="purchase")


def names(features):
    return [one.name for one in features]


def test_a_name_is_the_selection_the_column_the_word_and_the_window():
    assert names(count(purchases, days=30)) == ["purchase_count_30d"]
    assert names(total(transactions.amount, days=(7, "all"))) == [
        "transactions_amount_total_7d",
        "transactions_amount_total_all",
    ]
    assert names(distinct(trips.where(mode=("rail", "flight")).destination, days=365)) == [
        "flight_or_rail_destination_distinct_365d"
    ]


def test_a_given_name_keeps_the_window_behind_it():
    assert names(mean(purchases.amount, days=(30, 90), name="price")) == ["price_30d", "price_90d"]


@pytest.mark.parametrize("word", [recency, tenure])
def test_recency_and_tenure_of_the_whole_history_need_no_window_in_their_name(word):
    assert names(word(purchases)) == [f"purchase_{word.__name__}"]
    assert names(word(purchases, days=90)) == [f"purchase_{word.__name__}_90d"]


def test_a_number_keeps_its_unit_and_counts_have_their_own():
    assert total(purchases.amount, days=30)[0].unit == "money"
    assert largest(trips.distance_km, days=30)[0].unit == "km"
    assert count(purchases, days=30)[0].unit == "events"
    assert recency(purchases)[0].unit == "days"


def test_the_period_in_the_wording_is_each_windows_own():
    month, ever = count(purchases, days=(30, "all"), en="Purchases {period}", zh="{period}笔数")
    assert (month.en, month.zh) == ("Purchases in the last 30 days", "近30天笔数")
    assert (ever.en, ever.zh) == ("Purchases over the whole history", "全部历史笔数")


def test_a_share_of_events_is_a_quotient_of_counts_in_the_same_window():
    night = purchases.where(hour=(23, 5))
    (found,) = share(night, of=purchases, days=90)
    assert found.name == "purchase_hour_23_to_5_share_90d"
    assert found.formula == Quotient(count(night, days=90)[0].formula, count(purchases, days=90)[0].formula)
    assert found.unit == "share"


def test_a_share_of_measures_is_a_quotient_of_totals():
    (found,) = share(purchases.amount, of=transactions.amount, days=90, name="part")
    assert found.name == "part_90d"
    assert found.formula.numerator == total(purchases.amount, days=90)[0].formula


def test_a_ratio_of_two_windows_keeps_its_given_name_bare():
    assert names(ratio(count(trips, days=30), count(trips, days=90), name="trend")) == ["trend"]
    assert names(ratio(total(trips.amount, days="all"), tenure(trips), name="a_day")) == ["a_day"]


def test_a_ratio_in_one_window_carries_that_window():
    assert names(ratio(count(trips, days=30), count(purchases, days=30), name="mix")) == ["mix_30d"]


def test_a_ratio_of_several_windows_pairs_them_and_repeats_a_lone_one():
    many, one = count(purchases, days=(30, 90)), applications.instalment
    assert names(ratio(many, count(trips, days=(30, 90)), name="mix")) == ["mix_30d", "mix_90d"]
    assert names(ratio(one, many, name="burden")) == ["burden_30d", "burden_90d"]
    assert {pair.formula.numerator for pair in ratio(one, many, name="burden")} == {one[0].formula}


def test_a_ratio_without_a_name_is_called_after_its_parts():
    assert names(ratio(count(trips, days=30), tenure(trips))) == ["trips_count_30d_per_trips_tenure"]


def test_a_value_of_the_application_is_named_after_it_and_keeps_its_unit():
    (amount,) = value(applications.amount)
    assert (amount.name, amount.unit, amount.tables) == ("application_amount", "money", ("applications",))
    assert names(value(applications.anything_else, name="mine")) == ["mine"]


def test_filters_are_texts_in_order_or_ranges_with_open_ends():
    assert trips.where(mode=("rail", "flight")).conditions == (OneOf("mode", ("flight", "rail")),)
    assert transactions.where(balance=(None, 0)).conditions == (Within("balance", None, 0.0),)
    assert transactions.where(amount=(10, None)).conditions == (Within("amount", 10.0, None),)
    assert transactions.where(hour=(23, 5)).conditions == (Within("hour", 23.0, 5.0),)


def test_a_state_is_picked_by_true_and_false():
    assert obligations.where(late=True).conditions == (Within("late", 1.0, 2.0),)
    assert obligations.where(open=False).conditions == (Within("open", 0.0, 1.0),)


rail, cheap = trips.where(mode="rail"), trips.where(amount=(None, 100))


def test_selections_of_one_table_join_by_and_or_and_not():
    assert (rail & cheap).conditions == rail.conditions + cheap.conditions
    assert (rail | cheap).conditions == (AnyOf(rail.conditions + cheap.conditions),)
    assert (~rail).conditions == (Not(OneOf("mode", ("rail",))),)
    assert (~(rail & cheap)).conditions == (Not(AllOf(rail.conditions + cheap.conditions)),)
    assert ~~rail == rail
    assert ((rail | cheap) | rail) == (rail | (cheap | rail)) == (rail | cheap)


def test_joined_selections_are_named_after_their_parts():
    assert names(count(rail | cheap, days=30)) == ["rail_or_amount__to_100_count_30d"]
    assert names(count(~rail, days=30)) == ["not_rail_count_30d"]


def test_a_feature_is_as_sensitive_as_what_any_part_of_its_filters_reads():
    bought = transactions.where(kind="purchase")
    assert count(bought, days=30)[0].sensitivity.label == "ordinary"
    assert count(~(bought | transactions.where(kind="income")), days=30)[0].sensitivity.label == "written consent"
    (found,) = streak(transactions.where(balance=(None, 0)), of=bought, days=30)
    assert found.sensitivity.label == "written consent"


def test_the_words_of_quantiles_and_lags_say_which():
    assert names(median(purchases.amount, days=30)) == ["purchase_amount_median_30d"]
    assert names(quantile(purchases.amount, q=0.25, days=30)) == ["purchase_amount_q25_30d"]
    assert names(regularity(purchases, days=90)) == ["purchase_regularity_7_90d"]
    assert median(purchases.amount, days=30)[0].formula == quantile(purchases.amount, q=0.5, days=30)[0].formula


def test_the_units_of_trends_gaps_and_differences():
    assert trend(purchases.amount, days=30)[0].unit == "money a day"
    assert mean_gap(purchases, days=30)[0].unit == "days"
    assert difference(total(purchases.amount, days=30), total(purchases.amount, days=90))[0].unit == "money"


def test_a_change_is_a_quotient_by_what_the_longer_window_has_more():
    (short,), (long,) = count(trips, days=30), count(trips, days=90)
    (found,) = change((short,), (long,))
    assert found.formula == Quotient(short.formula, Difference(long.formula, short.formula))
    assert found.name == "trips_count_30d_over_earlier_trips_count_90d"
    assert names(change(count(trips, days=(30, 90)), count(trips, days=(90, "all")), name="c")) == ["c_30d", "c_90d"]


def test_a_streak_is_named_after_its_part_and_keeps_its_whole():
    (found,) = longest_streak(rail, of=trips, days="all")
    assert (found.name, found.unit) == ("rail_longest_streak_all", "events")
    assert (found.formula.selection, found.formula.part) == (trips, rail)


def test_where_adds_conditions_and_leaves_the_selection_as_it_was():
    small = purchases.where(amount=(None, 10))
    assert len(purchases.conditions) == 1
    assert [condition.column for condition in small.conditions] == ["kind", "amount"]


def all_of_many_states(n):
    """(a1 | b1) & … & (an | bn): 2ⁿ alternatives."""
    joined = obligations
    for i in range(n):
        joined &= obligations.where(amount_unpaid=(i, None)) | obligations.where(days_past_due=(i, None))
    return joined


def deep(n):
    joined = rail
    for i in range(n):
        joined = ~(joined & trips.where(nights=(i, None)))
    return joined


def test_filters_may_multiply_out_to_the_cap():
    assert count(all_of_many_states(8), days=30)


IDENTITIES = [(transactions, "platform"), (transactions, "merchant_id"), (transactions, "city"), (trips, "platform"),
              (trips, "origin"), (trips, "destination"), (obligations, "platform"), (transactions, "day")]  # fmt: skip


@pytest.mark.parametrize(("table", "column"), IDENTITIES, ids=lambda part: getattr(part, "table", part))
def test_identities_can_be_counted_but_not_picked_out(table, column):
    assert distinct(getattr(table, column), days=30)
    with pytest.raises(FeatureError, match=rf"{table.table}\.{column} .*can be counted, but not picked out"):
        table.where(**{column: "x"})


REFUSED = {
    "distinct of a number": (lambda: distinct(purchases.amount, days=30), "'amount' is a number"),
    "distinct of a status": (lambda: distinct(purchases.status, days=30), "'status' is a number or a status"),
    "distinct of a state": (lambda: distinct(obligations.late, days=30), "distinct.. counts categories"),
    "distinct of events": (lambda: distinct(purchases, days=30), r"as in distinct\(purchases.merchant_id\)"),
    "total of a category": (lambda: total(purchases.category, days=30), "use distinct.. or count"),
    "mean of a merchant": (lambda: mean(purchases.merchant_id, days=30), "use distinct.. or count"),
    "spread of events": (lambda: spread(purchases, days=30), r"as in spread\(purchases.amount\)"),
    "count of a column": (lambda: count(purchases.amount, days=30), r"as in count\(purchases\)"),
    "recency of a column": (lambda: recency(purchases.amount), r"as in recency\(purchases\)"),
    "a misspelt column": (lambda: total(purchases.amuont, days=30), "did you mean 'amount'"),
    "a column unlike any": (lambda: transactions.where(zzz=1), "there are amount, balance, kind"),
    "a column of another table": (lambda: transactions.where(days_past_due=(30, None)), "no column 'days_past_due'"),
    "a text outside the contract": (lambda: transactions.where(kind="purchsae"), "one of purchase, payment"),
    "a number as a category": (lambda: transactions.where(category=3), "give a text or several"),
    "no text": (lambda: transactions.where(category=()), "give a text or several"),
    "a number alone": (lambda: transactions.where(amount=10), r"give \(low, high\), None for an open end"),
    "a truth as a number": (lambda: transactions.where(amount=True), r"give \(low, high\)"),
    "three ends": (lambda: transactions.where(amount=(1, 2, 3)), r"give \(low, high\)"),
    "an end that is a text": (lambda: transactions.where(amount=(1, "x")), "None where it is open"),
    "an end that is no number": (lambda: transactions.where(amount=(float("nan"), 1)), "None where it is open"),
    "an endless end": (lambda: transactions.where(amount=(0, float("inf"))), "None where it is open"),
    "no days": (lambda: count(purchases, days=0), "whole numbers from 1 to 36500"),
    "days back": (lambda: count(purchases, days=-30), "whole numbers from 1 to 36500"),
    "too many days": (lambda: count(purchases, days=36_501), "whole numbers from 1 to 36500"),
    "days that are a truth": (lambda: count(purchases, days=True), "got True"),
    "days that are a fraction": (lambda: count(purchases, days=1.5), "got 1.5"),
    "days in words": (lambda: count(purchases, days="week"), "got 'week'"),
    "days in words among numbers": (lambda: count(purchases, days=(30, "week")), "got 'week'"),
    "an empty list of days": (lambda: count(purchases, days=()), "at least one"),
    "an unknown argument": (lambda: count(purchases, days=30, resaon="S01"), "'resaon'; known are reason, riskier"),
    "a wrong direction": (lambda: count(purchases, days=30, riskier="up"), "'higher', 'lower' or None, got 'up'"),
    "a share of unlike parts": (lambda: share(purchases, of=purchases.amount, days=30), "not one of each"),
    "tables joined by or": (lambda: trips | transactions, "selections of trips and transactions do not join"),
    "tables joined by and": (lambda: trips & obligations, "do not join"),
    "a selection and a column": (lambda: trips | trips.amount, "join selections of events, got Measure"),
    "selections in a condition": (lambda: rail or cheap, "join selections with &, | and ~"),
    "states multiplied out": (lambda: all_of_many_states(9), "more than 256 alternatives once it is multiplied"),
    "a range that holds nothing": (lambda: transactions.where(amount=(5, 1)), r"holds for nothing; got \(5, 1\)"),
    "a filter too deep": (lambda: deep(17), "nested more than 16 deep"),
    "a share above 1": (lambda: quantile(purchases.amount, q=90, days=30), "a share q from 0 to 1, as q=0.9; got 90"),
    "a share of nothing": (lambda: quantile(purchases.amount, q=float("nan"), days=30), "a share q from 0 to 1"),
    "half a lag": (lambda: regularity(purchases, lag=0.5, days=30), "lag of whole days, from 1 to 36500; got 0.5"),
    "the median of a category": (lambda: median(trips.mode, days=30), "'mode' is a category"),
    "the entropy of a number": (lambda: entropy(trips.amount, days=30), "'amount' is a number or a status"),
    "the top of a status": (lambda: top_share(trips.status, days=30), "'status' is a number or a status"),
    "a gap of a column": (lambda: mean_gap(trips.amount, days=30), "expected a selection of events"),
    "a streak across tables": (lambda: streak(rail, of=purchases, days=30), "got trips and transactions"),
    "a streak of a column": (lambda: streak(rail, of=trips.amount, days=30), "expected a selection of events"),
    "a change to the shorter": (lambda: change(count(trips, days=90), count(trips, days=30)), "shorter window first"),
    "a change of all": (lambda: change(count(trips, days="all"), count(trips, days="all")), "shorter window first"),
    "a ratio of 2 by 3": (lambda: ratio(count(trips, days=(1, 2)), count(trips, days=(1, 2, 3))), "equally many"),
    "when the decision is": (lambda: value(applications.as_of), "is no number of the application"),
    "the outcome": (lambda: value(applications.outcome), "is no number of the application"),
    "who supplied it": (lambda: value(applications.platform), "which no feature may read"),
    "two of one name": (lambda: flatten([count(trips, days=30), count(trips, days=30)]), "give each its own name="),
    "a selection for a feature": (lambda: flatten([purchases]), "expected features, got Selection; use count"),
    "a function of two windows": (lambda: feature(trips, days=(30, 90)), "define one feature for each window"),
    "half an event": (lambda: feature(trips, needs=0.5), "how many events a function needs"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_fix(case):
    define, fix = REFUSED[case]
    with pytest.raises(FeatureError, match=fix):
        define()


def test_flatten_keeps_the_order_through_any_nesting():
    few = [count(trips, days=(90, 30)), [[smallest(trips.amount, days=30)], ()], *count(purchases, days=7)]
    assert names(flatten(few)) == [
        "trips_count_90d",
        "trips_count_30d",
        "trips_amount_smallest_30d",
        "purchase_count_7d",
    ]
