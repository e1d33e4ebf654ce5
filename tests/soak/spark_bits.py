"""Spark against one machine on a made market: features and scores, whatever the partitions, with workers killed.

    python -m tests.soak.spark_bits [--borrowers 15000] [--partitions 1 7 64] [--kills 3] [--heap 6g]

Simulates a market of some 2 million events and 20,000 applications, trains a scorecard on the sample, and compares bit
for bit the full catalogue, points, PDs and reasons. Then Python workers are killed (SIGKILL) while features are built:
Spark tries their tasks again, and the result must be the same. Everything is simulated. The last line is one JSON
object; ends with 1 where anything differs.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import creditscore
from creditscore import spark as over_spark
from creditscore import training
from creditscore.config import load_config
from creditscore.events.simulate import simulate
from tests.spark.made import local_spark, same_bits, write_lake

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"
EVENTS = ("transactions", "trips", "obligations")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=15_000)
    parser.add_argument("--partitions", type=int, nargs="+", default=[1, 7, 64])
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--heap", default="6g")
    asked = parser.parse_args(arguments)
    config = load_config(CONFIG)
    sample = training.read_events(config, CONFIG)
    card = training.fit(config, training.prepare(config, sample, training.chosen_features(config))).card
    with tempfile.TemporaryDirectory() as folder:
        simulate(folder, borrowers=asked.borrowers, seed=1)
        events = training.read_events(config, CONFIG, Path(folder))
        write_lake({name: events.table(name) for name in events.rows}, Path(folder))
        spark = local_spark(Path(folder), **{"spark.driver.memory": asked.heap})
        try:
            differ, killed = compared(spark, Path(folder), events, card, asked)
        finally:
            spark.stop()
    told = {"events": sum(events.rows[name] for name in EVENTS), "applications": events.applications.num_rows}
    print(json.dumps({"name": "spark-bits", **told, "differ": differ, "killed": killed}))
    return int(any(differ.values()))


def compared(spark, folder, events, card, asked):
    """How many columns differ, by what was asked, and how many workers were killed."""
    frames = {name: spark.read.parquet(str(folder / f"{name}.parquet")) for name in events.rows}
    applications = frames.pop("applications")
    features = creditscore.build_features(events)
    scores = creditscore.score(card, events, applications=events.applications)
    differ = {}
    for partitions in asked.partitions:
        found = over_spark.build_features(frames, applications, partitions=partitions)
        differ[f"features, {partitions} partitions"] = unequal(found, features)
        found = over_spark.score(card, frames, applications, reasons=True, partitions=partitions)
        differ[f"scores, {partitions} partitions"] = unequal(found, scores)
    with killing(asked.kills) as killed:
        found = over_spark.build_features(frames, applications, partitions=max(asked.partitions))
        differ["features, workers killed"] = unequal(found, features)
    return differ, len(killed)


def unequal(frame, expected):
    """How many columns have another bit somewhere, or the frame other rows."""
    found, expected = frame.toArrow().sort_by("application_id"), expected.sort_by("application_id")
    if found["application_id"].to_pylist() != expected["application_id"].to_pylist():
        return len(expected.column_names)
    return sum(not same_bits(found[name], expected[name]) for name in expected.column_names)


@contextmanager
def killing(times):
    """Kill a Python worker every few seconds, so often; the ids of those killed."""
    killed, over = [], threading.Event()

    def kill():
        while len(killed) < times and not over.wait(random.uniform(2, 6)):
            if workers := python_workers():
                killed.append(random.choice(workers))
                os.kill(killed[-1], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def python_workers():
    """The processes that this one's Spark runs Python in: children of its daemon."""
    parents = {int(path.parent.name): parent_of(path) for path in Path("/proc").glob("[0-9]*/stat")}
    mine = descendants(os.getpid(), parents)
    daemons = {pid for pid in mine if b"pyspark.daemon" in Path(f"/proc/{pid}/cmdline").read_bytes()}
    return [pid for pid, parent in parents.items() if parent in daemons]


def parent_of(path):
    try:
        return int(path.read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0  # gone meanwhile


def descendants(pid, parents):
    found, more = set(), {pid}
    while more:
        found |= more
        more = {one for one, parent in parents.items() if parent in more} - found
    return found


if __name__ == "__main__":
    sys.exit(main())
