"""Do trees of a Dask cluster rank as those of one machine?

    python -m tests.soak.cluster [--borrowers 30000] [--seeds 5] [--workers 2]

On a made market (0 borrowers: the sample) trees are fitted on the train sample under several seeds: by a local cluster
of so many worker processes; here, keeping to directions by the same method as there ("basic"); and here as by default
("intermediate"). For each: the mean AUC out of time and its standard error over the seeds, and the same for the AUC to
be expected of outcomes drawn anew from the market's PDs, which has less noise. Everything is simulated. The last line
is one JSON object.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import roc_auc_score

from creditscore import training
from creditscore.config import load_config
from creditscore.events.simulate import best_possible_auc, simulate
from creditscore.model.cluster import connected, workers_of
from creditscore.model.fit import fit_trees
from creditscore.model.trees import parse_model

PROJECT = Path(__file__).parents[2]
CONFIG = PROJECT / "configs" / "sample.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=30_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    prepared, truth = _market(arguments.borrowers)
    rows, later = prepared.known("train"), prepared.known("test")
    pd, bad = truth[later], prepared.outcome[later]
    print(f"{len(rows):,} applications to train on, {int(prepared.outcome[rows].sum()):,} bad; "
          f"out of time {len(later):,}, {int(bad.sum()):,} bad; best possible {best_possible_auc(pd):.4f}")  # fmt: skip
    found = {}
    for name, (margins, workers) in _fitted(prepared, arguments.seeds, arguments.workers).items():
        aucs = {
            "auc": [roc_auc_score(bad, margin) for margin in margins],
            "expected_auc": [expected_auc(pd, margin) for margin in margins],
        }
        found[name] = {"workers": workers} | {what: _mean(values) for what, values in aucs.items()}
        print(f"{name:<14}{found[name]}", flush=True)
    print(json.dumps({"name": "cluster", "borrowers": arguments.borrowers, "seeds": arguments.seeds, **found}))


def expected_auc(pd: np.ndarray, margin: np.ndarray) -> float:
    """The AUC to be expected of outcomes drawn from those PDs."""
    bad = np.repeat([1, 0], len(pd))
    return float(roc_auc_score(bad, np.tile(margin, 2), sample_weight=np.r_[pd, 1 - pd]))


def _market(borrowers: int) -> tuple[training.Prepared, np.ndarray]:
    config = load_config(CONFIG)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if borrowers else PROJECT / "data_samples"
        if borrowers:
            simulate(folder, borrowers=borrowers, seed=2)
        events = training.read_events(config, CONFIG, folder)
        prepared = training.prepare(config, events, training.chosen_features(config))
        truth = pq.read_table(folder / "truth.parquet").to_pandas().set_index("application_id")["pd"]
    return prepared, truth.loc[prepared.applications["application_id"].to_pylist()].to_numpy()


def _fitted(prepared: training.Prepared, seeds: int, workers: int) -> dict[str, tuple[list[np.ndarray], int]]:
    """The margins out of time, seed by seed, and on how many workers trees were trained, of each way."""
    import distributed

    rows, later = prepared.known("train"), prepared.known("test")
    X, outcome, judged = prepared.matrix[rows], prepared.outcome[rows], prepared.matrix[later]
    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0"
        ) as local,
        connected(local.scheduler_address, 60) as cluster,
    ):
        ways = {"dask": ("basic", cluster.train), "basic": ("basic", None), "intermediate": ("intermediate", None)}
        found = {}
        for name, (method, train) in ways.items():
            params = {"monotone_constraints_method": method}
            models = [
                fit_trees(X, outcome, prepared.features, params=params, seed=seed, train=train)
                for seed in range(1, seeds + 1)
            ]
            found[name] = [parse_model(model).margin(judged) for model in models], workers_of(models[0])
    return found


def _mean(values: list[float]) -> list[float]:
    """The mean and its standard error."""
    return [round(float(np.mean(values)), 4), round(float(np.std(values, ddof=1) / np.sqrt(len(values))), 4)]


if __name__ == "__main__":
    main()
