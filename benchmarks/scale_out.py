"""The full catalogue over Spark: this library's kernel, the same features in Spark SQL, and Spark's own floor.

    python benchmarks/scale_out.py [--events 20_000_000] [--applications 220_000] [--runs 3] [--features 328]
        [--folder FOLDER]

All read the same Parquet files by local Spark and write Parquet. The floor is what any function of whole borrowers
costs there: Spark's repartition and sort of the same rows, and a `mapInArrow` that counts them and hands on little. SQL
is the catalogue's own, made from the definitions, over events that are kept in memory by application. Values are
compared on the slice, and one feature that differs fails the whole. Contenders take turns, each run a process and a
Spark of its own, its start not counted. Prints what it finds, and as its last line one JSON object: `ratio` is SQL's
seconds over ours, `floor_ratio` ours over the floor's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from catalogue import events_of
from catalogue_data import SHARES, make_catalogue_data
from catalogue_spark_sql import spark_sql
from catalogue_sql import catalogue_sql
from catalogue_values import disagreements
from feature_data import CLASSES
from processes import cores, rows

from creditscore.features import CATALOGUE, Feature

SLICE_EVENTS = 1_000_000
CONTENDERS = ("creditscore", "spark sql", "spark floor")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000_000, help="of all three tables")
    parser.add_argument("--applications", type=int, default=220_000)
    parser.add_argument("--features", type=int, default=len(CATALOGUE), help="so many of the catalogue's, the first")
    parser.add_argument("--runs", type=int, default=3, help="processes a contender")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of local Spark")
    parser.add_argument("--partitions", type=int, default=0, help="0: one for each 250,000 events, at least a thread's")
    parser.add_argument("--heap", default="6g", help="of Spark's Java")
    parser.add_argument("--folder", type=Path, help="keep the data and results there, and use what data it holds")
    parser.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(run_here(arguments)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(benchmark(arguments, arguments.folder or Path(scratch))))


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    if not (folder / "applications.parquet").exists():
        make_catalogue_data(folder, arguments.events, arguments.applications, min(1.0, SLICE_EVENTS / arguments.events))
    events = events_of(folder)
    print(f"{events:,} events, {rows(folder / 'applications.parquet'):,} applications, {arguments.features} features; "
          f"{cores(arguments.threads)} for local Spark, heap {arguments.heap}", flush=True)  # fmt: skip
    if events > SLICE_EVENTS:
        on_slice = {name: apart(name, folder / "slice", arguments) for name in CONTENDERS}
        check(folder / "slice", arguments.features)
        print("  slice: " + ", ".join(f"{name} {one['seconds']:.1f} s" for name, one in on_slice.items()), flush=True)
    rounds = [{name: apart(name, folder, arguments) for name in CONTENDERS} for _ in range(arguments.runs)]
    check(folder, arguments.features)
    found = {name: median(one[name]["seconds"] for one in rounds) for name in CONTENDERS}
    shuffled = {name: rounds[0][name]["shuffle_bytes"] / events for name in CONTENDERS}
    for name, seconds in found.items():
        print(f"  {name:<12} {seconds:8.1f} s, {shuffled[name]:6.1f} bytes shuffled an event")
    return {
        "name": "scale-out",
        "ratio": round(found["spark sql"] / found["creditscore"], 2),
        "floor_ratio": round(found["creditscore"] / found["spark floor"], 2),
        "events": events,
        "seconds": {name: round(seconds, 1) for name, seconds in found.items()},
        "shuffle_bytes_an_event": {name: round(size, 1) for name, size in shuffled.items()},
        "runs": arguments.runs,
    }


def apart(name: str, folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Seconds of one run in a process of its own, and the bytes that it shuffled."""
    command = [sys.executable, __file__, "--run", name, "--folder", str(folder), "--threads", str(arguments.threads),
               "--partitions", str(arguments.partitions), "--heap", arguments.heap,
               "--features", str(arguments.features)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-3_000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def check(folder: Path, features: int) -> None:
    """The features of both are the same."""
    made, expected = (pq.read_table(folder / "results" / name) for name in ("creditscore", "spark sql"))
    wrong = disagreements(made, expected, CATALOGUE[:features])
    if wrong:
        raise SystemExit("creditscore and Spark SQL differ: " + "; ".join(wrong[:10]))


def run_here(arguments: argparse.Namespace) -> dict[str, float]:
    """Seconds from the first read to the last write, once Spark and its Python workers have started."""
    folder = arguments.folder
    partitions = arguments.partitions or max(arguments.threads, -(-events_of(folder) // 250_000))
    spark = session(arguments, partitions)
    way: Callable[[Any, Path, int, Sequence[Feature]], Any] = {
        "creditscore": by_creditscore, "spark sql": by_sql, "spark floor": floor
    }[arguments.run]  # fmt: skip
    spark.range(1000).repartition(arguments.threads).mapInArrow(_started, "id long").count()
    began = time.perf_counter()
    way(spark, folder, partitions, CATALOGUE[: arguments.features]).write.mode("overwrite").parquet(
        str(folder / "results" / arguments.run)
    )
    took = time.perf_counter() - began
    shuffled = sum(file.stat().st_size for file in (folder / "spilt").rglob("shuffle_*.data"))
    spark.stop()
    return {"seconds": took, "shuffle_bytes": shuffled}


def session(arguments: argparse.Namespace, partitions: int) -> Any:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.driver.memory": arguments.heap, "spark.sql.shuffle.partitions": str(partitions),
        "spark.sql.session.timeZone": "UTC", "spark.sql.adaptive.coalescePartitions.enabled": "false",
        "spark.local.dir": str(arguments.folder / "spilt"),
        # joins by hashing instead of sorting: the quickest of the plans tried (catalogue_spark_sql.py)
        "spark.sql.join.preferSortMergeJoin": "false",
        "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "1g",
        # the query joins some thirty sorted tables in one task, which each take a page at least
        "spark.buffer.pageSize": "2m",
    }  # fmt: skip
    builder = SparkSession.builder.master(f"local[{arguments.threads}]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    found = builder.getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    return found


def frames(spark: Any, folder: Path) -> tuple[dict[str, Any], Any]:
    read = {name: spark.read.parquet(str(folder / f"{name}.parquet")) for name in (*SHARES, "applications")}
    applications = read.pop("applications")
    return read, applications


def by_creditscore(spark: Any, folder: Path, partitions: int, features: Sequence[Feature]) -> Any:
    from creditscore.spark import build_features

    events, applications = frames(spark, folder)
    return build_features(events, applications, features=features, partitions=partitions, categories=CLASSES)


def by_sql(spark: Any, folder: Path, _partitions: int, features: Sequence[Feature]) -> Any:
    for statement in spark_sql(catalogue_sql(features)):
        spark.sql(statement.replace("FOLDER", str(folder)))
    return spark.table("features")


def floor(spark: Any, folder: Path, partitions: int, _features: Sequence[Feature]) -> Any:
    """The same rows by borrower and sorted, through Python and back, of which a count a batch is left."""
    from creditscore.spark.stream import stream

    return stream(*frames(spark, folder), partitions).mapInArrow(_counted, "n long")


def _counted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield pa.RecordBatch.from_pydict({"n": [batch.num_rows]})


def _started(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What a worker loads once: the library, compiled."""
    from creditscore.warm import warm

    warm()
    yield from batches


if __name__ == "__main__":
    main()
