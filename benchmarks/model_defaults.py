"""Which settings suit which sample: LightGBM's on samples of hundreds to thousands of bads, simulated and Berka's.

    python benchmarks/model_defaults.py --simulated BORROWERS [--berka FOLDER] [--bads 100 300 1000]

Of a made market a third of the borrowers is held out; from the others samples of so many bads are drawn, several times
for the small ones. Each setting is fitted on each, and its AUC taken on the same held-out applications. Berka's loans
up to 1996 are cross-validated, 5 × 5. Prints the means, and as its last line one JSON object. Nothing here sees a
scorecard's test sample: it is where the defaults of `creditscore/model/fit.py` come from (`docs/model_defaults.md`).
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from berka_baselines import folds
from sklearn.metrics import roc_auc_score

from creditscore import training
from creditscore.config import load_config
from creditscore.events.load import load_events
from creditscore.events.simulate import simulate
from creditscore.features import CATALOGUE
from creditscore.features.build import matrix_of
from creditscore.features.plan import make_plan
from creditscore.model.fit import fit_trees
from creditscore.model.trees import parse_model

PROJECT = Path(__file__).parents[1]
BADS = (100, 300, 1_000, 3_000)
REPEATS = {100: 8, 300: 5, 1_000: 3}
_COMMON = {"bagging_fraction": 0.8, "bagging_freq": 1}
SETTINGS: dict[str, dict[str, Any]] = {
    "7 leaves, extra": {"num_iterations": 200, "learning_rate": 0.04, "num_leaves": 7, "min_data_in_leaf": 15,
                        "feature_fraction": 0.3, "lambda_l2": 5.0, "extra_trees": True},
    "7 leaves, extra, longer": {"num_iterations": 500, "learning_rate": 0.04, "num_leaves": 7, "min_data_in_leaf": 15,
                                "feature_fraction": 0.3, "lambda_l2": 5.0, "extra_trees": True},
    "7 leaves, extra, slow": {"num_iterations": 500, "learning_rate": 0.015, "num_leaves": 7, "min_data_in_leaf": 15,
                              "feature_fraction": 0.2, "lambda_l2": 20.0, "extra_trees": True},
    "4 leaves, extra": {"num_iterations": 400, "learning_rate": 0.04, "num_leaves": 4, "min_data_in_leaf": 15,
                        "feature_fraction": 0.3, "lambda_l2": 5.0, "extra_trees": True},
    "7 leaves": {"num_iterations": 200, "learning_rate": 0.04, "num_leaves": 7, "min_data_in_leaf": 50,
                 "feature_fraction": 0.3, "lambda_l2": 10.0},
    "4 leaves": {"num_iterations": 400, "learning_rate": 0.03, "num_leaves": 4, "min_data_in_leaf": 50,
                 "feature_fraction": 0.2, "lambda_l2": 20.0},
    "15 leaves": {"num_iterations": 250, "learning_rate": 0.04, "num_leaves": 15, "min_data_in_leaf": 100,
                  "feature_fraction": 0.4, "lambda_l2": 10.0},
    "15 leaves, extra": {"num_iterations": 400, "learning_rate": 0.04, "num_leaves": 15, "min_data_in_leaf": 50,
                         "feature_fraction": 0.4, "lambda_l2": 10.0, "extra_trees": True},
    "8 leaves, longer": {"num_iterations": 600, "learning_rate": 0.03, "num_leaves": 8, "min_data_in_leaf": 100,
                         "feature_fraction": 0.2, "lambda_l2": 20.0},
    "31 leaves": {"num_iterations": 300, "learning_rate": 0.03, "num_leaves": 31, "min_data_in_leaf": 200,
                  "feature_fraction": 0.3, "lambda_l2": 20.0},
    "LightGBM's own": {"num_iterations": 100, "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 20,
                       "feature_fraction": 1.0, "lambda_l2": 0.0, "bagging_fraction": 1.0, "bagging_freq": 0},
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulated", type=int, metavar="BORROWERS", help="how many to make")
    parser.add_argument("--market", type=Path, metavar="FOLDER", help="a market made before, in the contract's columns")
    parser.add_argument("--berka", type=Path, metavar="FOLDER")
    parser.add_argument("--bads", type=int, nargs="+", default=BADS)
    parser.add_argument("--settings", nargs="+", default=list(SETTINGS), choices=list(SETTINGS), metavar="NAME")
    parser.add_argument("--seed", type=int, default=11)
    arguments = parser.parse_args()
    print(f"threads: {os.cpu_count()} cores, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}")
    chosen = {name: SETTINGS[name] for name in arguments.settings}
    found: dict[str, Any] = {"name": "model-defaults"}
    if arguments.berka:
        found["berka"] = on_berka(arguments.berka, chosen)
    if arguments.simulated or arguments.market:
        found["simulated"] = on_simulated(arguments, chosen)
    print(json.dumps(found))


def on_berka(folder: Path, chosen: dict[str, dict[str, Any]]) -> dict[str, float]:
    """The mean AUC of each setting, 5 × 5 cross-validated on the loans up to 1996."""
    path = PROJECT / "configs/berka.yaml"
    config = load_config(path)
    events = training.read_events(config, path, folder)
    prepared = training.prepare(config, events, training.chosen_features(config))
    early = prepared.known("train")
    rows = early[np.argsort(prepared.applications["application_id"].to_numpy()[early].astype(int))]
    X, outcome = prepared.matrix[rows], prepared.outcome[rows]
    print(f"Berka, {len(rows)} loans, {int(outcome.sum())} bad")
    found = {}
    for name, params in chosen.items():
        aucs = [auc(X, outcome, prepared.features, params, train, test) for train, test in folds(outcome.astype(int))]
        found[name] = round(float(np.mean(aucs)), 4)
        print(f"  {name:<26} {np.mean(aucs):.4f}", flush=True)
    return found


def on_simulated(arguments: argparse.Namespace, chosen: dict[str, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The mean AUC of each setting on held-out borrowers, by the bads in the sample."""
    X, outcome, borrowers = market(arguments)
    draw = np.random.default_rng(arguments.seed)
    held_out = np.isin(borrowers, draw.choice(np.unique(borrowers), borrowers.max() // 3, replace=False))
    test, others = np.flatnonzero(held_out), draw.permutation(np.flatnonzero(~held_out))
    print(f"simulated: {len(test):,} applications held out, {int(outcome[test].sum()):,} bad")
    found: dict[str, dict[str, float]] = {}
    for bads in arguments.bads:
        samples = list(draws(others, outcome, bads, REPEATS.get(bads, 1)))
        print(f"{bads:,} bads of {len(samples[0]):,}, {len(samples)} samples" if samples else f"{bads:,} bads: too few")
        for name, params in chosen.items() if samples else ():
            start = perf_counter()
            aucs = [auc(X, outcome, CATALOGUE, params, sample, test) for sample in samples]
            found.setdefault(str(bads), {})[name] = round(float(np.mean(aucs)), 4)
            seconds = (perf_counter() - start) / len(samples)
            print(
                f"  {name:<26} {np.mean(aucs):.4f} ± {np.std(aucs) / len(aucs) ** 0.5:.4f}  {seconds:.1f} s", flush=True
            )
    return found


def market(arguments: argparse.Namespace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The catalogue's features, outcomes and borrowers of a made market."""
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.market or Path(made)
        if not arguments.market:
            simulate(folder, borrowers=arguments.simulated, seed=arguments.seed)
        config = load_config(PROJECT / "configs/sample.yaml")
        events = load_events(**training.sources_of(config, PROJECT / "configs/sample.yaml", folder))
        rows = events.applications
        X = matrix_of(make_plan(CATALOGUE), events, rows)
    outcome = rows["outcome"].to_numpy().astype(float)
    borrowers = rows["borrower_id"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    known = ~np.isnan(outcome)
    return X[known], outcome[known], borrowers[known]


def draws(rows: np.ndarray, outcome: np.ndarray, bads: int, repeats: int) -> Any:
    """Samples of so many bads, one after the other from rows in a drawn order."""
    counted = np.cumsum(outcome[rows])
    for i in range(repeats):
        if (i + 1) * bads > counted[-1]:
            return
        first, last = np.searchsorted(counted, [i * bads + (i > 0), (i + 1) * bads])
        yield rows[first : last + 1]


def auc(X: Any, outcome: Any, features: Any, params: dict[str, Any], train: Any, test: Any) -> float:
    text = fit_trees(X[train], outcome[train], features, params=_COMMON | params, seed=1)
    return float(roc_auc_score(outcome[test], parse_model(text).margin(X[test])))


if __name__ == "__main__":
    main()
