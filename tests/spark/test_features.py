"""Features over a cluster are those of one machine, to the last bit."""

import os
import signal

import pyarrow as pa
import pytest

import creditscore
from creditscore.errors import InputError, SchemaError
from creditscore.features import count, mean, transactions
from creditscore.features.define import flatten
from creditscore.spark import build_features
from creditscore.spark.stream import stream
from creditscore.spark.workers import over_blocks
from tests.spark.made import same_bits, write_lake


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


def test_chosen_features_of_one_table(frames, sample_events):
    wanted = [count(transactions, days=30), mean(transactions.amount, days=90)]
    found = by_id(
        build_features({"transactions": frames["transactions"]}, frames["applications"], features=wanted).toArrow()
    )
    expected = by_id(creditscore.build_features(sample_events, features=wanted))
    assert all(same_bits(found[name], expected[name]) for name in expected.column_names[1:])


def test_a_killed_worker_is_started_again_and_the_result_is_the_same(frames, sample_events, tmp_path):
    wanted = flatten([count(transactions, days=30), mean(transactions.amount, days=90)])
    mark = tmp_path / "killed"

    def work(block):
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return creditscore.build_features(block, features=wanted, threads=1)

    schema = "application_id string, " + ", ".join(f"{one.name} double" for one in wanted)
    rows = stream({"transactions": frames["transactions"]}, frames["applications"], 4)
    found = by_id(rows.mapInArrow(over_blocks(work), schema).toArrow())
    expected = by_id(creditscore.build_features(sample_events, features=wanted))
    assert mark.exists()
    assert found["application_id"].to_pylist() == expected["application_id"].to_pylist()
    assert all(same_bits(found[one.name], expected[one.name]) for one in wanted)


def test_a_borrower_of_many_blocks_is_as_on_one_machine(spark, sample_events, tmp_path):
    wanted = flatten([count(transactions, days=730), mean(transactions.amount, days=90)])
    applications = sample_events.applications.sort_by([("as_of", "descending")]).slice(0, 50)
    few = sample_events.transactions.slice(0, 3_000)
    who = applications["borrower_id"][0].as_py()
    ids = [[f"{i} {j}" for j in range(3_000)] for i in range(80)]
    many = [with_columns(few, borrower_id=[who] * 3_000, event_id=own) for own in ids]
    write_lake({"transactions": pa.concat_tables(many), "applications": applications}, tmp_path)
    paths = {name: str(tmp_path / f"{name}.parquet") for name in ("transactions", "applications")}
    read = {name: spark.read.parquet(path) for name, path in paths.items()}
    found = by_id(
        build_features({"transactions": read["transactions"]}, read["applications"], features=wanted).toArrow()
    )
    expected = by_id(creditscore.build_features(paths, features=wanted))
    assert all(same_bits(found[one.name], expected[one.name]) for one in wanted)
    assert max(one or 0 for one in expected[wanted[0].name].to_pylist()) > 100_000


def with_columns(table, **columns):
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, [pa.array(values)])
    return table


def test_an_unknown_table_and_a_missing_borrower_are_named(frames):
    with pytest.raises(InputError, match=r"expected tables of transactions, trips, obligations, got payments"):
        build_features({"payments": frames["transactions"]}, frames["applications"])
    with pytest.raises(SchemaError, match=r"trips: no column 'borrower_id'"):
        build_features({"trips": frames["trips"].drop("borrower_id")}, frames["applications"])


def test_a_row_that_cannot_be_read_stops_with_the_reason(frames):
    bad = frames["transactions"].selectExpr("*", "-1.0 AS wrong").drop("amount").withColumnRenamed("wrong", "amount")
    with pytest.raises(Exception, match=r"QuarantineError"):
        build_features({"transactions": bad}, frames["applications"]).toArrow()
