"""Classes by table, column and value, and a feature's: the strictest of what it reads."""

import pytest

from creditscore.events.schema import CONTRACT, EVENT_TABLES
from creditscore.features import (
    CATALOGUE,
    applications,
    count,
    distinct,
    feature,
    mean,
    obligations,
    ratio,
    share,
    tenure,
    total,
    transactions,
    trips,
    value,
)
from creditscore.governance.sensitivity import Sensitivity, sensitivity_of

ORDINARY, SEPARATE = Sensitivity.ORDINARY, Sensitivity.SEPARATE_CONSENT
WRITTEN, PROHIBITED = Sensitivity.WRITTEN_CONSENT, Sensitivity.PROHIBITED
purchases = transactions.where(kind="purchase")
income = transactions.where(kind="income")


def test_classes_are_ordered_from_the_least_to_the_most_restricted():
    assert list(Sensitivity) == sorted([ORDINARY, SEPARATE, WRITTEN, PROHIBITED])
    assert [one.label for one in Sensitivity] == ["ordinary", "separate consent", "written consent", "prohibited"]


@pytest.mark.parametrize(
    ("table", "expected"),
    [("transactions", ORDINARY), ("trips", SEPARATE), ("obligations", SEPARATE), ("applications", ORDINARY)],
)
def test_a_table_has_a_class(table, expected):
    assert sensitivity_of(table) == expected


def test_a_table_that_nobody_classed_is_not_let_through():
    with pytest.raises(KeyError):
        sensitivity_of("medical_records")


def test_a_column_or_a_value_can_only_make_it_stricter():
    for table in EVENT_TABLES:
        for column in CONTRACT[table].columns:
            assert sensitivity_of(table, [column.name]) >= sensitivity_of(table)
            for word in column.values:
                assert sensitivity_of(table, [], [(column.name, word)]) >= sensitivity_of(table)


FEATURES = [
    (count(purchases, days=30), ORDINARY),
    (total(purchases.amount, days=30), ORDINARY),
    (value(applications.amount), ORDINARY),
    (total(income.amount, days=30), WRITTEN),
    (count(transactions.where(kind=("purchase", "income")), days=30), WRITTEN),
    (count(transactions.where(balance=(None, 0)), days=30), WRITTEN),
    (mean(transactions.balance, days=30), WRITTEN),
    (distinct(transactions.city, days=30), SEPARATE),
    (count(transactions.where(kind="withdrawal"), days=30), SEPARATE),
    (count(transactions.where(kind="transfer_out"), days=30), SEPARATE),
    (tenure(trips), SEPARATE),
    (count(obligations.where(late=True), days=30), SEPARATE),
    (share(purchases, of=transactions.where(kind=("purchase", "withdrawal")), days=30), SEPARATE),
    (ratio(value(applications.instalment), total(income.amount, days=30)), WRITTEN),
    (ratio(total(income.amount, days=30), count(purchases, days=30)), WRITTEN),
    (ratio(count(purchases, days=30), count(trips, days=30)), SEPARATE),
]


@pytest.mark.parametrize(
    ("features", "expected"), FEATURES, ids=lambda part: getattr(part, "label", None) or part[0].name
)
def test_a_feature_has_the_strictest_class_of_what_it_reads(features, expected):
    assert {one.sensitivity for one in features} == {expected}


@pytest.mark.parametrize(("table", "expected"), [(purchases, WRITTEN), (trips, SEPARATE), (obligations, SEPARATE)])
def test_a_function_has_the_strictest_class_of_all_that_it_could_read(table, expected):
    (one,) = feature(table, name="mine")(lambda events: float(len(events)))
    assert one.sensitivity == expected


def test_everything_of_travel_or_obligations_alone_needs_consent_of_its_own():
    own = [one for one in CATALOGUE if one.tables in (("trips",), ("obligations",))]
    assert len(own) > 100
    assert {one.sensitivity for one in own} == {SEPARATE}


def test_what_names_income_or_the_balance_needs_written_consent():
    named = [one for one in CATALOGUE if one.name.startswith(("income", "balance", "overdrawn", "instalment_over"))]
    assert len(named) > 20
    assert {one.sensitivity for one in named} == {WRITTEN}


def test_nothing_prohibited_is_in_the_catalogue():
    assert max(one.sensitivity for one in CATALOGUE) < PROHIBITED
