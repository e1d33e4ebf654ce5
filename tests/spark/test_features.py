"""Features over a cluster are those of one machine, to the last bit."""

import pyarrow.compute as pc
import pytest

import creditscore
from creditscore.errors import InputError, SchemaError
from creditscore.features import count, mean, transactions
from creditscore.spark import build_features


def by_id(table):
    return table.sort_by("application_id")


@pytest.fixture(scope="module")
def expected(sample_events):
    return by_id(creditscore.build_features(sample_events))


@pytest.mark.parametrize("partitions", [1, 3])
def test_bits_are_those_of_one_machine(frames, expected, partitions):
    events = {name: frames[name] for name in ("transactions", "trips", "obligations")}
    found = by_id(build_features(events, frames["applications"], partitions=partitions).toArrow())
    assert found["application_id"].to_pylist() == expected["application_id"].to_pylist()
    unequal = [name for name in expected.column_names[1:] if not same_bits(found[name], expected[name])]
    assert unequal == []


def same_bits(one, other):
    return one.is_null().equals(other.is_null()) and pc.all(pc.fill_null(pc.equal(one, other), True)).as_py()


def test_chosen_features_of_one_table(frames, sample_events):
    wanted = [count(transactions, days=30), mean(transactions.amount, days=90)]
    found = by_id(
        build_features({"transactions": frames["transactions"]}, frames["applications"], features=wanted).toArrow()
    )
    expected = by_id(creditscore.build_features(sample_events, features=wanted))
    assert all(same_bits(found[name], expected[name]) for name in expected.column_names[1:])


def test_an_unknown_table_and_a_missing_borrower_are_named(frames):
    with pytest.raises(InputError, match=r"expected tables of transactions, trips, obligations, got payments"):
        build_features({"payments": frames["transactions"]}, frames["applications"])
    with pytest.raises(SchemaError, match=r"trips: no column 'borrower_id'"):
        build_features({"trips": frames["trips"].drop("borrower_id")}, frames["applications"])


def test_a_row_that_cannot_be_read_stops_with_the_reason(frames):
    bad = frames["transactions"].selectExpr("*", "-1.0 AS wrong").drop("amount").withColumnRenamed("wrong", "amount")
    with pytest.raises(Exception, match=r"QuarantineError"):
        build_features({"transactions": bad}, frames["applications"]).toArrow()
