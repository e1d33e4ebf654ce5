"""Sixty features of each application, by this library and by the engines that people use now.

    python benchmarks/features.py [--events 20_000_000] [--applications 220_000] [--runs 3] [--folder FOLDER]

Reading is included, values are compared, and one contender that disagrees fails the whole. Each run is a process of its
own, the contenders taking turns: it imports, makes a first call and a second. Compiled code is on disk and the file in
memory by then. The floor is DuckDB reading the same file, the join and one sum. pandas gets a slice, and a straight
line from there. Prints what it finds, and as its last line one JSON object.
"""

import argparse
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq
from feature_data import make_data
from sixty import disagreements

OURS, FLOOR = "creditscore", "duckdb floor"
PEERS = ("duckdb filtered", "duckdb bucketed", "polars filtered", "polars bucketed")
SLICE_EVENTS = 1_000_000
PROFILE = str(Path(__file__).with_name("feature_profile.py"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--applications", type=int, default=220_000)
    parser.add_argument("--runs", type=int, default=3, help="processes a contender")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every engine")
    parser.add_argument("--folder", type=Path, help="keep the data and results there, and use what data it holds")
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        print(json.dumps(run_here(arguments.contender, arguments.folder, arguments.threads)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(benchmark(arguments, arguments.folder or Path(scratch))))


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "transactions.parquet").exists():
        make_data(folder, arguments.events, arguments.applications, min(1.0, SLICE_EVENTS / arguments.events))
    events = rows(folder / "transactions.parquet")
    print(f"{events:,} events, {rows(folder / 'applications.parquet'):,} applications; threads: "
          f"{arguments.threads} of {os.cpu_count()} cores for every engine (pandas: one)")  # fmt: skip
    found = measured((OURS, *PEERS, FLOOR), folder, arguments)
    check(folder, folder, (OURS, *PEERS[1:]))
    sliced = on_slice(folder, arguments)
    for name in found:
        print(described(name, found[name]))
    for name, seconds in sliced.items():
        print(f"  {name:<17} {seconds:8.2f} s, a straight line from {rows(folder / 'slice/transactions.parquet'):,}")
    subprocess.run([sys.executable, PROFILE, str(folder), str(arguments.threads)], check=True)
    return figures(found, sliced)


def figures(found: dict[str, dict[str, float]], sliced: dict[str, float]) -> dict[str, Any]:
    """`ratio`: the quickest peer's seconds over ours; `floor_ratio`: ours over the floor's."""
    seconds = {name: times["later"] for name, times in found.items()}
    first = {name: times["import"] + times["first"] for name, times in found.items()}
    return {
        "name": "features",
        "ratio": round(min(seconds[name] for name in PEERS) / seconds[OURS], 3),
        "floor_ratio": round(seconds[OURS] / seconds[FLOOR], 2),
        "first_run_ratio": round(min(first[name] for name in PEERS) / first[OURS], 3),
        "peak_gib": round(found[OURS]["peak_gib"], 2),
        "seconds": {name: round(value, 3) for name, value in {**seconds, **sliced}.items()},
    }


def measured(names: tuple[str, ...], folder: Path, arguments: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Each contender's medians over its processes; a round on the slice goes before, and does not count."""
    for name in names:
        in_process(name, folder / "slice", arguments.threads)
    rounds = [{name: in_process(name, folder, arguments.threads) for name in names} for _ in range(arguments.runs)]
    return {name: {key: median(one[name][key] for one in rounds) for key in rounds[0][name]} for name in names}


def in_process(name: str, folder: Path, threads: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--contender", name, "--folder", str(folder), "--threads", str(threads)]
    variables = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS"), str(threads))
    done = subprocess.run(command, env=os.environ | variables, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def run_here(name: str, folder: Path, threads: int) -> dict[str, float]:
    """One process's seconds and peak memory; its values go to results/."""
    began = time.perf_counter()
    run = importlib.import_module(f"by_{name.split()[0]}").CONTENDERS[name]
    imported = time.perf_counter()
    run(folder, threads)
    again = time.perf_counter()
    table = run(folder, threads)
    ended = time.perf_counter()
    (folder / "results").mkdir(exist_ok=True)
    pq.write_table(table, folder / f"results/{name}.parquet")
    return {"import": imported - began, "first": again - imported, "later": ended - again, "peak_gib": peak_gib()}


def peak_gib() -> float:
    """This process's own; getrusage's would be its parent's too."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 2**20


def check(folder: Path, truth: Path, names: tuple[str, ...]) -> None:
    """Stop where a contender's values are not DuckDB's plainest ones."""
    expected = pq.read_table(truth / f"results/{PEERS[0]}.parquet")
    for name in names:
        made = pq.read_table(folder / f"results/{name}.parquet")
        if not made.num_rows == len(made["application_id"].unique()) == rows(folder / "applications.parquet"):
            raise SystemExit(f"{name} has not one row for each application")
        if wrong := disagreements(made, expected):
            raise SystemExit(f"{name} disagrees with {PEERS[0]}:\n  " + "\n  ".join(wrong))
    print(f"values agree: {', '.join(names)} with {PEERS[0]}")


def on_slice(folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Seconds on the slice, as many times as it goes into the whole: kind to what grows faster than that."""
    times = rows(folder / "transactions.parquet") / rows(folder / "slice/transactions.parquet")
    seconds = in_process("pandas", folder / "slice", arguments.threads)["later"]
    check(folder / "slice", folder, ("pandas",))
    return {"pandas": times * seconds}


def rows(path: Path) -> int:
    return pq.ParquetFile(path).metadata.num_rows


def described(name: str, times: dict[str, float]) -> str:
    return (f"  {name:<17} {times['later']:8.2f} s; first of a process {times['first']:.2f} s after "
            f"{times['import']:.2f} s of import; peak {times['peak_gib']:.2f} GiB")  # fmt: skip


if __name__ == "__main__":
    main()
