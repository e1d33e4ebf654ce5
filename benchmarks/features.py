"""Sixty features of each application, by this library and by the engines that people use now.

    python benchmarks/features.py [--events 20_000_000] [--applications 220_000] [--runs 3] [--folder FOLDER]

Reading is included, values are compared, and one contender that disagrees fails the whole. Each run is a process of its
own, the contenders taking turns: it imports, makes a first call and a second. Compiled code is on disk and the file in
memory by then. The floor is DuckDB reading the same file, the join and one sum. pandas gets a slice, and a straight
line from there; so does featuretools, a smaller one, where --featuretools-python names a Python that has it (it wants
pandas 2, so an environment of its own). Prints what it finds, and as its last line one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from feature_data import keep_few, make_data
from processes import Contender, Figures, cores, described, medians, rows, run_apart
from sixty import disagreements

OURS, FLOOR = "creditscore", "duckdb floor"
PEERS = ("duckdb filtered", "duckdb bucketed", "polars filtered", "polars bucketed")
TABLES = ("transactions", "applications")
SLICE_EVENTS = 1_000_000
SMALL_BORROWERS = 40
PROFILE = str(Path(__file__).with_name("feature_profile.py"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--applications", type=int, default=220_000)
    parser.add_argument("--runs", type=int, default=3, help="processes a contender")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every engine")
    parser.add_argument("--folder", type=Path, help="keep the data and results there, and use what data it holds")
    parser.add_argument("--featuretools-python", help="the Python of an environment with featuretools and pyarrow")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(benchmark(arguments, arguments.folder or Path(scratch))))


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "transactions.parquet").exists():
        make_data(folder, arguments.events, arguments.applications, min(1.0, SLICE_EVENTS / arguments.events))
    events = rows(folder / "transactions.parquet")
    print(f"{events:,} events, {rows(folder / 'applications.parquet'):,} applications; "
          f"{cores(arguments.threads)} for every engine (pandas, featuretools: one)")  # fmt: skip
    contenders = [_contender(name) for name in (OURS, *PEERS, FLOOR)]
    for one in contenders:
        run_apart(one, folder / "slice", arguments.threads)
    found = medians(contenders, folder, arguments.threads, arguments.runs)
    check(folder, folder, (OURS, *PEERS[1:]))
    for name in found:
        print(described(name, found[name]))
    sliced = {"pandas": on_slice(_contender("pandas"), folder, "slice")}
    sliced |= by_featuretools(arguments.featuretools_python, folder)
    subprocess.run([sys.executable, PROFILE, str(folder), str(arguments.threads)], check=True)
    return figures(found, sliced)


def figures(found: dict[str, Figures], sliced: dict[str, float]) -> dict[str, Any]:
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


def _contender(name: str) -> Contender:
    return Contender(name, f"by_{name.split()[0]}")


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


def on_slice(contender: Contender, folder: Path, part: str) -> float:
    """Seconds on a part, as many times as it goes into the whole: kind to what grows faster than that."""
    seconds = run_apart(contender, folder / part, threads=1)["later"]
    check(folder / part, folder, (contender.name,))
    few = rows(folder / part / "applications.parquet")
    whole = seconds * rows(folder / "applications.parquet") / few
    print(f"  {contender.name:<17} {whole:8.2f} s, a straight line from {seconds:.2f} s of {few:,} applications")
    return whole


def by_featuretools(python: str | None, folder: Path) -> dict[str, float]:
    """featuretools on very few borrowers; nothing, and a word of it, where no Python that has it is named."""
    if python is None:
        print("  featuretools      left out: name a Python that has it by --featuretools-python")
        return {}
    keep_few(folder / "slice", folder / "small", TABLES, SMALL_BORROWERS)
    return {"featuretools": on_slice(Contender("featuretools", "by_featuretools", python), folder, "small")}


if __name__ == "__main__":
    main()
