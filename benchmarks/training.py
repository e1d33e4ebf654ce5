"""What training costs beside LightGBM itself, and how little memory it needs.

    python benchmarks/training.py [--rows 200000] [--rounds 7] [--columns 100] [--wide 5000000] [--folder FOLDER]
    python benchmarks/training.py --wide 0                 # the ratio alone

`fit_trees` and plain `lightgbm.train` fit the same settings on the same matrix of `--rows` rows, in pairs, each fit in
a process of its own, whichever came second in one pair first in the next. `ratio` is the median over the pairs of ours
to plain by the clock, `cpu_ratio` by the processor's time, which other work on the machine disturbs less; both with the
pairs' lowest and highest. A fit should take some seconds: below one, noise is what is measured. Then `fit_trees` fits
on `--wide` rows that are read from a file in blocks, and the process's peak memory is taken. The data are made. Ends
with 1 if the models' bytes differ. The last line is one JSON object.
"""

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from creditscore.features.formula import ApplicationValue, Feature

THREADS = os.cpu_count() or 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--wide", type=int, default=5_000_000)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the matrix goes, some gigabytes; a temporary folder without")
    parser.add_argument("--only", choices=["ours", "plain", "file"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(ONLY[arguments.only](arguments)))
        return 0
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        arguments.folder = Path(folder)
        found = compare(arguments) | (memory(arguments) if arguments.wide else {})
    print(json.dumps(found))
    return 0 if found["models_equal"] else 1


def compare(arguments: argparse.Namespace) -> dict[str, object]:
    print(f"threads: {THREADS}, OMP_WAIT_POLICY=passive for both; {arguments.columns} columns")
    make(arguments.folder, arguments.rows, arguments.columns)
    pairs = [
        pair(arguments, ("plain", "ours") if number % 2 else ("ours", "plain")) for number in range(arguments.rounds)
    ]
    return {
        "name": "training",
        "rows": arguments.rows,
        "columns": arguments.columns,
        "threads": THREADS,
        **ratios("ratio", [one["ours"]["seconds"] / one["plain"]["seconds"] for one in pairs]),
        **ratios("cpu_ratio", [one["ours"]["cpu_seconds"] / one["plain"]["cpu_seconds"] for one in pairs]),
        "seconds": {name: round(statistics.median(one[name]["seconds"] for one in pairs), 2) for name in pairs[0]},
        "models_equal": len({found["model"] for one in pairs for found in one.values()}) == 1,
    }


def pair(arguments: argparse.Namespace, order: tuple[str, str]) -> dict[str, dict[str, float]]:
    """One fit of each, one straight after the other."""
    found = {name: run(arguments, name, arguments.rows) for name in order}
    said = (f"{name} {one['seconds']:.2f} s (processor {one['cpu_seconds']:.2f})" for name, one in found.items())
    print(f"  {', '.join(said)}", flush=True)
    return found


def ratios(name: str, found: list[float]) -> dict[str, object]:
    return {name: round(statistics.median(found), 3), f"{name}_range": [round(min(found), 3), round(max(found), 3)]}


def memory(arguments: argparse.Namespace) -> dict[str, object]:
    make(arguments.folder, arguments.wide, arguments.columns)
    wide = run(arguments, "file", arguments.wide)
    print(f"  file {wide['seconds']:.1f} s for {arguments.wide:,} rows, peak {wide['peak_gib']:.2f} GiB")
    return {
        "wide_rows": arguments.wide,
        "wide_seconds": round(float(wide["seconds"]), 1),
        "peak_gib": round(float(wide["peak_gib"]), 2),
    }


def run(arguments: argparse.Namespace, name: str, rows: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--only", name, "--folder", str(arguments.folder), "--rows", str(rows),
               "--columns", str(arguments.columns)]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_WAIT_POLICY": "passive"}
    )
    return json.loads(done.stdout.splitlines()[-1])


def make(folder: Path, rows: int, columns: int) -> None:
    """A matrix and outcomes, in blocks, so that making takes little memory."""
    from creditscore.features.matrix_file import BATCH, MatrixFile

    matrix, draw = MatrixFile(folder / "matrix", columns), np.random.default_rng(1)
    matrix.make(rows)
    outcome = np.empty(rows)
    for first in range(0, rows, BATCH):
        X = draw.normal(size=(min(BATCH, rows - first), columns))
        X[draw.random(X.shape) < 0.1] = np.nan
        log_odds = np.nan_to_num(X[:, :8]) @ np.linspace(0.2, 0.9, 8) - 3.5
        outcome[first : first + len(X)] = draw.random(len(X)) < 1 / (1 + np.exp(-log_odds))
        matrix.write(np.arange(first, first + len(X)), X)
    np.save(folder / "outcome.npy", outcome)


def features(columns: int) -> tuple[Feature, ...]:
    return tuple(Feature(f"f{i}", ApplicationValue(f"f{i}")) for i in range(columns))


def ours(arguments: argparse.Namespace) -> dict[str, object]:
    from creditscore.model.fit import fit_trees

    X, outcome = read(arguments)
    start = perf_counter(), process_time()
    text = fit_trees(X, outcome, features(arguments.columns))
    return told(start, text)


def plain(arguments: argparse.Namespace) -> dict[str, object]:
    import lightgbm

    from creditscore.model.fit import _ALWAYS, _DATA, default_params, without_threads

    X, outcome = read(arguments)
    start = perf_counter(), process_time()
    settings = default_params(int(outcome.sum())) | _ALWAYS
    rounds = settings.pop("num_iterations")
    settings |= {"seed": 1, "num_threads": 0, "monotone_constraints": [0] * arguments.columns}
    names = [feature.name for feature in features(arguments.columns)]
    data = lightgbm.Dataset(X, outcome, feature_name=names, params=_DATA)
    text = lightgbm.train(settings, data, rounds).model_to_string()
    return told(start, without_threads(text))


def file(arguments: argparse.Namespace) -> dict[str, object]:
    from creditscore.features.matrix_file import MatrixFile
    from creditscore.model.fit import fit_trees
    from creditscore.model.rows import RowsOf

    outcome = np.load(arguments.folder / "outcome.npy")
    start = perf_counter(), process_time()
    text = fit_trees(
        RowsOf(MatrixFile(arguments.folder / "matrix", arguments.columns)), outcome, features(arguments.columns)
    )
    return told(start, text)


def read(arguments: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    X = np.fromfile(arguments.folder / "matrix").reshape(-1, arguments.columns)
    return X, np.load(arguments.folder / "outcome.npy")


def told(start: tuple[float, float], text: str) -> dict[str, object]:
    return {
        "seconds": perf_counter() - start[0],
        "cpu_seconds": process_time() - start[1],  # of all threads
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "model": hashlib.sha256(text.encode()).hexdigest(),
    }


ONLY = {"ours": ours, "plain": plain, "file": file}

if __name__ == "__main__":
    sys.exit(main())
