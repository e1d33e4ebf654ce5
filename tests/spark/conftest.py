"""A local Spark, started once for these tests and stopped at their end."""

import pytest

from tests.spark.made import local_spark, write_lake


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    session = local_spark(tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def frames(spark, sample_events, tmp_path_factory):
    """The sample's tables as Spark's DataFrames, by way of Parquet as a lake holds them."""
    folder = tmp_path_factory.mktemp("lake")
    write_lake({name: sample_events.table(name) for name in sample_events.rows}, folder)
    return {name: spark.read.parquet(str(folder / f"{name}.parquet")) for name in sample_events.rows}
