"""What training costs beside LightGBM itself, and how little memory it needs.

    python benchmarks/training.py [--rows 500000] [--wide 5000000] [--columns 100] [--rounds 3] [--folder FOLDER]

`fit_trees` and plain `lightgbm.train` fit the same settings on the same matrix of `--rows` rows, in turns, each in a
process of its own; medians of the rounds. Then `fit_trees` fits on `--wide` rows that are read from a file in blocks,
and the process's peak memory is taken. The data are made. The last line is one JSON object.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from creditscore.features.formula import ApplicationValue, Feature

THREADS = os.cpu_count() or 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--wide", type=int, default=5_000_000)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the matrix goes, some gigabytes; a temporary folder without")
    parser.add_argument("--only", choices=["ours", "plain", "file"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(ONLY[arguments.only](arguments)))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        arguments.folder = Path(folder)
        print(json.dumps(compare(arguments)))


def compare(arguments: argparse.Namespace) -> dict[str, object]:
    print(f"threads: {THREADS}, OMP_WAIT_POLICY=passive for both; {arguments.columns} columns")
    make(arguments.folder, arguments.rows, arguments.columns)
    seconds: dict[str, list[float]] = {"plain": [], "ours": []}
    models = set()
    for number in range(arguments.rounds):
        for name in seconds if number % 2 else reversed(seconds):
            found = run(arguments, name, arguments.rows)
            seconds[name].append(float(found["seconds"]))
            models.add(found["model"])
            print(f"  {name:<6} {found['seconds']:.2f} s, peak {found['peak_gib']:.2f} GiB", flush=True)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"models equal: {len(models) == 1}")
    if arguments.wide > arguments.rows:
        make(arguments.folder, arguments.wide, arguments.columns)
    wide = run(arguments, "file", arguments.wide)
    print(f"  file   {wide['seconds']:.1f} s for {arguments.wide:,} rows, peak {wide['peak_gib']:.2f} GiB")
    return {
        "name": "training",
        "rows": arguments.rows,
        "columns": arguments.columns,
        "threads": THREADS,
        "ratio": round(medians["ours"] / medians["plain"], 3),
        "seconds": {name: round(value, 2) for name, value in medians.items()},
        "models_equal": len(models) == 1,
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
    start = perf_counter()
    text = fit_trees(X, outcome, features(arguments.columns))
    return told(start, text)


def plain(arguments: argparse.Namespace) -> dict[str, object]:
    import lightgbm

    from creditscore.model.fit import _ALWAYS, _DATA, default_params, without_threads

    X, outcome = read(arguments)
    start = perf_counter()
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
    start = perf_counter()
    text = fit_trees(
        RowsOf(MatrixFile(arguments.folder / "matrix", arguments.columns)), outcome, features(arguments.columns)
    )
    return told(start, text)


def read(arguments: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    X = np.fromfile(arguments.folder / "matrix").reshape(-1, arguments.columns)
    return X, np.load(arguments.folder / "outcome.npy")


def told(start: float, text: str) -> dict[str, object]:
    import hashlib

    return {
        "seconds": perf_counter() - start,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "model": hashlib.sha256(text.encode()).hexdigest(),
    }


ONLY = {"ours": ours, "plain": plain, "file": file}

if __name__ == "__main__":
    main()
