"""A market larger than memory on one machine: simulated to disk, stored by borrower, the full catalogue in a file.

    python benchmarks/large_market.py [--events 1_000_000_000] [--applications 1_000_000] [--memory-limit 4GiB]
        [--parts 20] [--folder FOLDER]

Each stage is a process of its own, whose peak of memory is read at its end. Where the disk has not the room, so many
events as fit are made, and that is said. Some of the borrowers are read from the store again and built in memory: their
features must be the same to the last bit. Prints a line a stage, and as its last line one JSON object.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from catalogue_data import SHARES, make_catalogue_data
from feature_data import CLASSES
from processes import cores, peak_gib

from creditscore.events.store import Store, open_store
from creditscore.events.storing import store_events
from creditscore.features import CATALOGUE, build_features
from creditscore.features.build import write_matrix
from creditscore.features.matrix_file import MatrixFile
from creditscore.features.plan import make_plan
from creditscore.governance.gate import govern_whole
from creditscore.governance.retention import CHINA
from creditscore.governance.rules import rules_with

# Bytes an event on the disk, as Parquet and in the store: what was seen of a billion, rounded up.
ON_DISK = 26 + 40
SPARED = 2 << 30
CHECKED = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000_000, help="of all three tables")
    parser.add_argument("--applications", type=int, default=1_000_000)
    parser.add_argument("--parts", type=int, default=20, help="files a table, each of borrowers of its own")
    parser.add_argument("--memory-limit", default="4GiB", help="of the process that builds features")
    parser.add_argument("--folder", type=Path, help="keep everything there; otherwise a temporary folder")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        print(json.dumps(_timed(STAGES[arguments.stage], arguments)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        arguments.folder = arguments.folder or Path(scratch)
        arguments.folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(benchmark(arguments)))


def benchmark(arguments: argparse.Namespace) -> dict[str, Any]:
    asked, threads = arguments.events, os.cpu_count() or 1
    arguments.events = fitting(asked, 8 * len(CATALOGUE) * arguments.applications, arguments.folder)
    few = "" if arguments.events == asked else f" (of {asked:,}: the disk has no room for more)"
    print(f"{arguments.events:,} events{few}, {arguments.applications:,} applications, {len(CATALOGUE)} features; "
          f"{cores(threads)}; limit {arguments.memory_limit}", flush=True)  # fmt: skip
    stages = {}
    for stage in STAGES:
        one = stages[stage] = apart(stage, arguments)
        print(f"  {stage:<8} {one['seconds']:8.1f} s, peak {one['peak_gib']:.2f} GiB" + _said(one), flush=True)
    built = stages["build"]
    return {
        "name": "large-market",
        "events": arguments.events,
        "asked": asked,
        "applications": arguments.applications,
        "seconds": {stage: round(one["seconds"], 1) for stage, one in stages.items()},
        "peak_gib": {stage: round(one["peak_gib"], 2) for stage, one in stages.items()},
        "million_events_a_second": round(arguments.events / 1e6 / built["seconds"], 3),
        "bytes_an_event": {
            stage: round(one["bytes"] / arguments.events, 1) for stage, one in stages.items() if "bytes" in one
        },
        "checked": stages["check"]["applications"],
    }


def fitting(events: int, matrix: int, folder: Path) -> int:
    """As many events as the disk has room for, in whole millions where it is the disk that bounds them."""
    room = (shutil.disk_usage(folder).free - matrix - SPARED) // ON_DISK
    return events if room >= events else max(0, room // 1_000_000 * 1_000_000)


def apart(stage: str, arguments: argparse.Namespace) -> dict[str, float]:
    """A stage's figures, from a process of its own."""
    words = {
        "--stage": stage, "--events": arguments.events, "--applications": arguments.applications,
        "--parts": arguments.parts, "--memory-limit": arguments.memory_limit, "--folder": arguments.folder,
    }  # fmt: skip
    command = [sys.executable, __file__, *(str(word) for pair in words.items() for word in pair)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _said(figures: dict[str, float]) -> str:
    return "".join(f", {name} {value:,.0f}" for name, value in figures.items() if name not in ("seconds", "peak_gib"))


def _timed(stage: Callable[[argparse.Namespace], dict[str, float]], arguments: argparse.Namespace) -> dict[str, float]:
    began = time.perf_counter()
    found = stage(arguments)
    return {"seconds": time.perf_counter() - began, "peak_gib": max(found.pop("peak_gib", 0.0), peak_gib()), **found}


def simulate(arguments: argparse.Namespace) -> dict[str, float]:
    """Parts side by side, one a core; the peak is that of the process that needed most."""
    folder, parts = arguments.folder / "data", arguments.parts
    shares = np.diff(np.linspace(0, (arguments.events, arguments.applications), parts + 1).astype(int), axis=0)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        made = [pool.submit(_part, folder, n, *map(int, share)) for n, share in enumerate(shares)]
        return {"peak_gib": max(one.result() for one in made), "bytes": _size(folder)}


def _part(folder: Path, number: int, events: int, applications: int) -> float:
    make_catalogue_data(folder / f"part-{number:03}", events, applications, 0, part=number)
    return peak_gib()


def store(arguments: argparse.Namespace) -> dict[str, float]:
    """Events by borrower, in buckets."""
    tables = {name: arguments.folder / "data" / "part-*" / f"{name}.parquet" for name in (*SHARES, "applications")}
    kept = store_events(arguments.folder / "store", **tables)
    return {"bytes": _size(kept.folder), "buckets": kept.facts.buckets}


def build(arguments: argparse.Namespace) -> dict[str, float]:
    """The catalogue's features of all applications, in a file."""
    plan, events = make_plan(CATALOGUE, CHINA), _governed(arguments.folder)
    made = write_matrix(plan, events, events.applications, arguments.folder / "features", arguments.memory_limit)
    return {"bytes": made.path.stat().st_size, "rows": len(made)}


def check(arguments: argparse.Namespace) -> dict[str, float]:
    """Some borrowers, built in memory, have the same features to the last bit."""
    kept = open_store(arguments.folder / "store")
    asked = kept.applications["borrower_id"].cast("string")
    some = kept.events(pc.unique(kept.group(0, kept.facts.buckets).transactions["borrower_id"])[:CHECKED].to_pylist())
    rows = np.flatnonzero(pc.is_in(asked, value_set=some.applications["borrower_id"].cast("string").combine_chunks()))
    wanted = build_features(some, features=CATALOGUE, categories=CLASSES).to_pandas().iloc[:, 1:].to_numpy()
    found = MatrixFile(arguments.folder / "features", len(CATALOGUE))[rows]
    if not len(rows) or not np.array_equal(found, wanted, equal_nan=True):
        raise SystemExit("features from the store and from memory differ")
    return {"applications": len(rows)}


def _governed(folder: Path) -> Store:
    return govern_whole(open_store(folder / "store"), rules_with(CLASSES))[0]


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


STAGES = {"simulate": simulate, "store": store, "build": build, "check": check}

if __name__ == "__main__":
    main()
