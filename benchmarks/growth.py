"""How this library's time and memory grow with the events.

    python benchmarks/growth.py [--events 2 20 60] [--features sixty] [--runs 1] [--folder FOLDER]

Millions of events, of all three tables; eleven applications to a thousand events. Each size is a file set of its own
and each run a process of its own, reading included; figures are those of its second call, compiled and in memory. The
last size runs again with a `memory_limit` of 4 GiB. Prints a line a size, and as its last line one JSON object.
"""

import argparse
import json
import os
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from catalogue_data import make_catalogue_data
from processes import Contender, Figures, cores, medians

NAMES = {"catalogue": "creditscore", "sixty": "creditscore sixty"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=float, nargs="+", default=[2, 20, 60], help="in millions, fewest first")
    parser.add_argument("--features", choices=NAMES, default="catalogue")
    parser.add_argument("--runs", type=int, default=1, help="processes a size")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, help="keep the data there, a folder a size, and use what it holds")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(benchmark(arguments, arguments.folder or Path(scratch))))


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    print(f"{arguments.features}; {cores(arguments.threads)}")
    found = {size: _measured(NAMES[arguments.features], folder, size, arguments) for size in arguments.events}
    figures = {
        "name": "growth",
        "features": arguments.features,
        "seconds": {f"{size:g}": round(one["later"], 3) for size, one in found.items()},
        "peak_gib": {f"{size:g}": round(one["peak_gib"], 3) for size, one in found.items()},
        "seconds_a_million": _slopes(found, "later"),
        "peak_gib_a_million": _slopes(found, "peak_gib"),
    }
    within = _measured(f"{NAMES[arguments.features]} in 4 GiB", folder, arguments.events[-1], arguments)
    figures["within_4_gib"] = {"seconds": round(within["later"], 3), "peak_gib": round(within["peak_gib"], 3)}
    return figures


def _measured(name: str, folder: Path, size: float, arguments: argparse.Namespace) -> Figures:
    data, events = folder / f"{size:g}", round(size * 1_000_000)
    if not (data / "applications.parquet").exists():
        make_catalogue_data(data, events, max(1, events * 11 // 1_000), 0)
    contender = Contender(name, "catalogue_by_creditscore")
    figures = medians([contender], data, arguments.threads, arguments.runs)[name]
    print(f"  {name}, {size:g} million events: {figures['later']:.2f} s, peak {figures['peak_gib']:.2f} GiB")
    return figures


def _slopes(found: dict[float, Figures], key: str) -> list[float]:
    """Between each size and the next, for each million of events."""
    return [round((found[more][key] - found[fewer][key]) / (more - fewer), 4) for fewer, more in pairwise(found)]


if __name__ == "__main__":
    main()
