"""A local Spark, started once for these tests and stopped at their end."""

import os
import shutil
import sys

import pytest


@pytest.fixture(scope="session")
def spark():
    pyspark_sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (the spark extra)")
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        pytest.skip("no Java: Spark needs one")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        pyspark_sql.SparkSession.builder.master("local[2]")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "Asia/Shanghai")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def frames(spark, sample_events, tmp_path_factory):
    """The sample's tables as Spark's DataFrames, by way of Parquet as a lake holds them."""
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("lake")
    found = {}
    for name in sample_events.rows:
        path = folder / f"{name}.parquet"
        pq.write_table(in_units(name, sample_events.table(name)), path)
        found[name] = spark.read.parquet(str(path))
    return found


def in_units(name, table):
    """A cleaned table with its amounts in units again, as a source gives them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from creditscore.events.schema import CONTRACT

    for i, column in enumerate(table.column_names):
        decimals = CONTRACT[name].by_name[column].decimals if column in CONTRACT[name].by_name else 0
        if decimals:
            units = pc.divide(table[column].cast(pa.float64()), float(10**decimals))
            table = table.set_column(i, column, units)
    return table
