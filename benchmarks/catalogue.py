"""The full catalogue of each application, by this library and by DuckDB, on the same files.

    python benchmarks/catalogue.py [--events 20_000_000] [--applications 220_000] [--runs 3] [--folder FOLDER]

DuckDB's statements are made from the definitions and left beside the data, as catalogue.sql. Reading is included;
values are compared, and one feature that differs fails the whole. Each run is a process of its own, the two taking
turns: it imports, makes a first call and a second. The floor is DuckDB reading the same files, the joins and a sum a
table. DuckDB runs on two slices first: where the whole would take it longer than --minutes, or does not fit in memory,
its figure is the straight line through them, and so said. Prints what it finds, and as its last line one JSON object.
"""

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from catalogue_by_duckdb import write_statements
from catalogue_data import SHARES, make_catalogue_data
from catalogue_sql import catalogue_sql
from catalogue_values import disagreements
from feature_data import keep_few
from processes import Contender, Figures, cores, described, medians, rows, run_apart

from creditscore.features import CATALOGUE

OURS = Contender("creditscore", "catalogue_by_creditscore")
SQL = Contender("duckdb", "catalogue_by_duckdb")
FLOOR = Contender("duckdb floor", "catalogue_by_duckdb")
SLICE_EVENTS, FEW_BORROWERS = 1_000_000, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000_000, help="of all three tables")
    parser.add_argument("--applications", type=int, default=220_000)
    parser.add_argument("--runs", type=int, default=3, help="processes a contender")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of either engine")
    parser.add_argument("--minutes", type=float, default=15, help="that one call of DuckDB may take")
    parser.add_argument("--folder", type=Path, help="keep the data and results there, and use what data it holds")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(benchmark(arguments, arguments.folder or Path(scratch))))


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    if not (folder / "applications.parquet").exists():
        make_catalogue_data(folder, arguments.events, arguments.applications, min(1.0, SLICE_EVENTS / arguments.events))
    print(f"{events_of(folder):,} events, {rows(folder / 'applications.parquet'):,} applications, {len(CATALOGUE)} "
          f"features; {cores(arguments.threads)} for both engines")  # fmt: skip
    keep_few(folder / "slice", folder / "few", (*SHARES, "applications"), FEW_BORROWERS)
    for part in (folder, folder / "slice", folder / "few"):
        write_statements(part, catalogue_sql(CATALOGUE))
    contenders = (OURS, SQL, FLOOR)
    on_slice = {one.name: run_apart(one, folder / "slice", arguments.threads) for one in contenders}
    check(folder / "slice")
    line = straight_line(folder, arguments.threads, on_slice[SQL.name]["later"])
    whole = finishes(folder, arguments, line)
    found = medians([one for one in contenders if whole or one != SQL], folder, arguments.threads, arguments.runs)
    if whole:
        check(folder)
    for name in found:
        print(described(name, found[name]))
    if not whole:
        print(f"  {SQL.name:<17} {line:8.2f} s, a straight line through {events_of(folder / 'slice'):,} events")
    return figures(found, found[SQL.name]["later"] if whole else line, whole)


def figures(found: dict[str, Figures], by_sql: float, measured: bool) -> dict[str, Any]:
    """`ratio`: DuckDB's seconds over ours; `floor_ratio`: ours over the floor's."""
    ours, floor = found[OURS.name]["later"], found[FLOOR.name]["later"]
    return {
        "name": "catalogue",
        "ratio": round(by_sql / ours, 3),
        "floor_ratio": round(ours / floor, 2),
        "features": len(CATALOGUE),
        "measured": measured,
        "peak_gib": round(found[OURS.name]["peak_gib"], 2),
        "seconds": {OURS.name: round(ours, 3), SQL.name: round(by_sql, 3), FLOOR.name: round(floor, 3)},
    }


def straight_line(folder: Path, threads: int, on_slice: float) -> float:
    """DuckDB's seconds on the whole, by those on the slice and those on few borrowers, which are mostly planning."""
    few = run_apart(SQL, folder / "few", threads)["later"]
    fewest, more, all_of_them = (events_of(part) for part in (folder / "few", folder / "slice", folder))
    return few + (on_slice - few) * (all_of_them - fewest) / max(1, more - fewest)


def finishes(folder: Path, arguments: argparse.Namespace, seconds: float) -> bool:
    """Whether DuckDB gets through the whole: not tried where the straight line says that it takes too long."""
    limit = 60 * arguments.minutes
    if seconds > limit:
        print(f"{SQL.name}: {seconds:.0f} s expected, more than {limit:.0f}; the whole is not tried")
        return False
    try:
        run_apart(SQL, folder, arguments.threads, seconds=2 * limit)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"{SQL.name} does not get through the whole: {type(error).__name__}")
        return False
    return True


def check(folder: Path) -> None:
    """Stop where DuckDB's values are not ours."""
    made, expected = (pq.read_table(folder / f"results/{one.name}.parquet") for one in (SQL, OURS))
    if wrong := disagreements(made, expected, CATALOGUE):
        raise SystemExit(f"{SQL.name} and {OURS.name} disagree in {folder.name}:\n  " + "\n  ".join(wrong))
    print(f"values agree: all {len(CATALOGUE)} features of {made.num_rows:,} applications")


def events_of(folder: Path) -> int:
    return sum(rows(folder / f"{name}.parquet") for name in SHARES)


if __name__ == "__main__":
    main()
