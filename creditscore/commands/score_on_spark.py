"""`python -m creditscore score --engine spark`: tables of a lake in, Spark's Parquet out."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

from creditscore.commands.inquiry import WITH_LEDGER
from creditscore.commands.options import load_card
from creditscore.errors import InputError, MissingExtraError
from creditscore.events.schema import CONTRACT, EVENT_TABLES

# What belongs to one machine's way, and which of its arguments says so.
_ONE_MACHINE = {
    "ledger": "a ledger is written on one machine",
    "consents": "consent records are read on one machine",
    "memory_limit": "Spark's own settings bound its memory",
    **dict.fromkeys(WITH_LEDGER, "it goes into a ledger, which is written on one machine"),
}


def spark_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "Spark", "over a cluster: EVENTS is a folder or URL of Parquet tables in the contract's columns"
    )
    group.add_argument("--engine", choices=("here", "spark"), default="here", help="where to score; otherwise here")
    group.add_argument("--master", metavar="URL", help="Spark's master, as spark://host:7077; otherwise local[*]")


def check_here(arguments: argparse.Namespace) -> None:
    """Raise InputError for what only Spark takes."""
    if arguments.master is not None:
        raise InputError("--master: this is Spark's; add --engine spark")
    for name in ("events", "out"):
        if isinstance(place := getattr(arguments, name), str):
            raise InputError(f"{place}: a URL, which is read and written by --engine spark alone")


def score_on_spark(arguments: argparse.Namespace) -> None:
    """Score the applications of a folder or URL of Parquet tables, by Spark at `--master`, into another."""
    for name, why in _ONE_MACHINE.items():
        if getattr(arguments, name, None):
            raise InputError(f"--{name.replace('_', '-')} and --engine spark: {why}; leave one of them out")
    card = load_card(arguments.card, arguments.modules)
    with _session(arguments.master) as spark:
        tables = _tables(spark, str(arguments.events))
        applications = tables.pop("applications", None)
        if arguments.as_of is not None:
            applications = _everyone(tables, arguments.as_of)
        if applications is None:
            raise InputError(f"{arguments.events}: no applications; add an applications table, or give --as-of TIME")
        _write(card, tables, applications, arguments)
        written = spark.read.parquet(str(arguments.out))
        rows, scorable = written.count(), written.where("scorable").count()
    print(f"{arguments.out}: {rows:,} applications, {rows - scorable:,} not scorable, {card.model_id}")


def _write(card: Any, tables: dict[str, Any], applications: Any, arguments: argparse.Namespace) -> None:
    from pyspark.errors import AnalysisException

    from creditscore.spark import score

    scores = score(card, tables, applications, reference=arguments.reference, reasons=True)
    try:
        scores.write.parquet(str(arguments.out))
    except AnalysisException as error:
        raise InputError(f"{arguments.out}: {_first_line(error)}") from None


@contextmanager
def _session(master: str | None) -> Iterator[Any]:
    """A Spark of this command's own, stopped at its end; one that this process has is used, and left alone."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise MissingExtraError(
            f"--engine spark needs the spark extra ({error}): pip install 'creditscore[spark]'"
        ) from None
    if (active := SparkSession.getActiveSession()) is not None:
        yield active
        return
    builder = SparkSession.builder.appName("creditscore score").config("spark.sql.session.timeZone", "UTC")
    spark = builder.master(master or "local[*]").getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


def _tables(spark: Any, root: str) -> dict[str, Any]:
    """The tables that are there, as NAME or NAME.parquet under the root."""
    found = {name: frame for name in CONTRACT if (frame := _table(spark, root, name)) is not None}
    if not found.keys() & set(EVENT_TABLES):
        raise InputError(f"{root}: expected Parquet tables of {', '.join(EVENT_TABLES)}, as {root}/{EVENT_TABLES[0]}")
    return found


def _table(spark: Any, root: str, name: str) -> Any:
    from pyspark.errors import AnalysisException

    for place in (f"{root.rstrip('/')}/{name}", f"{root.rstrip('/')}/{name}.parquet"):
        try:
            return spark.read.parquet(place)
        except AnalysisException as error:
            if error.getCondition() != "PATH_NOT_FOUND":
                raise InputError(f"{place}: {_first_line(error)}") from None
    return None


def _everyone(tables: dict[str, Any], as_of: dt.datetime) -> Any:
    """An application of every borrower at one time, named by the borrower."""
    from pyspark.sql import functions

    ids = [frame.select(functions.col("borrower_id").cast("string").alias("borrower_id")) for frame in tables.values()]
    everyone = reduce(lambda one, other: one.union(other), ids).distinct()
    time = functions.timestamp_micros(functions.lit(round(as_of.timestamp() * 1e6)))
    return everyone.select(functions.col("borrower_id").alias("application_id"), "borrower_id", time.alias("as_of"))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
