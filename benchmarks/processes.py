"""Contenders, each run in a process of its own: seconds of a first call and of a second, and peak memory.

    python benchmarks/processes.py MODULE CONTENDER FOLDER THREADS

is such a process: it imports the module, calls `CONTENDERS[CONTENDER](FOLDER, THREADS)` twice, writes the table that
comes back into FOLDER/results, and prints its figures as JSON.
"""

import importlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq

Figures = dict[str, float]


@dataclass(frozen=True)
class Contender:
    """A name in a module's CONTENDERS, and the Python that runs it."""

    name: str
    module: str
    python: str = sys.executable


def run_apart(contender: Contender, folder: Path, threads: int, seconds: float | None = None) -> Figures:
    """One process's figures; raises CalledProcessError where it fails, TimeoutExpired where it takes longer."""
    command = [contender.python, __file__, contender.module, contender.name, str(folder), str(threads)]
    variables = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS"), str(threads))
    done = subprocess.run(
        command, env=os.environ | variables, stdout=subprocess.PIPE, text=True, check=True, timeout=seconds
    )
    return json.loads(done.stdout.splitlines()[-1])


def medians(contenders: Sequence[Contender], folder: Path, threads: int, runs: int) -> dict[str, Figures]:
    """Each contender's medians over its processes, the contenders taking turns."""
    rounds = [{one.name: run_apart(one, folder, threads) for one in contenders} for _ in range(runs)]
    return {one.name: _medians([found[one.name] for found in rounds]) for one in contenders}


def _medians(found: Sequence[Figures]) -> Figures:
    return {key: median(one[key] for one in found) for key in found[0]}


def rows(path: Path) -> int:
    """How many rows a Parquet file has."""
    return pq.ParquetFile(path).metadata.num_rows


def cores(threads: int) -> str:
    """What every engine may use, in words."""
    return f"threads: {threads} of {os.cpu_count()} cores"


def described(name: str, figures: Mapping[str, float]) -> str:
    """A contender's figures on one line."""
    return (f"  {name:<17} {figures['later']:8.2f} s; first of a process {figures['first']:.2f} s after "
            f"{figures['import']:.2f} s of import; peak {figures['peak_gib']:.2f} GiB")  # fmt: skip


def peak_gib() -> float:
    """This process's own; getrusage's would be its parent's too."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 2**20


def _run_here(module: str, name: str, folder: Path, threads: int) -> Figures:
    began = time.perf_counter()
    run = importlib.import_module(module).CONTENDERS[name]
    imported = time.perf_counter()
    run(folder, threads)
    again = time.perf_counter()
    table = run(folder, threads)
    ended = time.perf_counter()
    (folder / "results").mkdir(exist_ok=True)
    pq.write_table(table, folder / f"results/{name}.parquet")
    return {"import": imported - began, "first": again - imported, "later": ended - again, "peak_gib": peak_gib()}


if __name__ == "__main__":
    print(json.dumps(_run_here(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
