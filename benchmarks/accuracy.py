"""How well scores rank, beside what there is to compare with.

    python benchmarks/accuracy.py --berka FOLDER           the Czech bank's loans: 5 × 5 cross-validation up to 1996, on
                                                           the same folds as two baselines; 1997 as information
    python benchmarks/accuracy.py --simulated BORROWERS    a made market (0: the small sample), beside the best possible

Prints what it finds, and as its last line one JSON object.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from berka_baselines import aggregates, folds, models
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

from creditscore import training
from creditscore.config import TrainConfig, load_config
from creditscore.events.simulate import best_possible_auc, simulate
from creditscore.model.fit import fit_trees
from creditscore.model.trees import parse_model
from creditscore.validation.metrics import discrimination

PROJECT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--berka", type=Path, metavar="FOLDER")
    what.add_argument("--simulated", type=int, metavar="BORROWERS")
    parser.add_argument("--featuretools", type=Path, metavar="FILE", help="what berka_featuretools.py wrote")
    parser.add_argument("--seed", type=int, default=2, help="of the made market; the sample's own is 1")
    arguments = parser.parse_args()
    print(f"threads: {os.cpu_count()} cores, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}")
    if arguments.berka:
        figures = berka(arguments.berka, arguments.featuretools)
    else:
        figures = simulated(arguments.simulated, arguments.seed)
    print(json.dumps(figures))


def berka(folder: Path, featuretools: Path | None) -> dict[str, object]:
    config, path = load_config(PROJECT / "configs/berka.yaml"), PROJECT / "configs/berka.yaml"
    events = training.read_events(config, path, folder)
    prepared = training.prepare(config, events, training.chosen_features(config))
    early = prepared.known("train")
    by_loan = early[np.argsort(prepared.applications["application_id"].to_numpy()[early].astype(int))]
    outcome = prepared.outcome[by_loan].astype(int)
    print(
        f"cross-validation on {len(outcome)} loans up to 1996, {outcome.sum()} bad, {prepared.matrix.shape[1]} features"
    )
    ours = np.array([fold_auc(config, prepared, by_loan, train, test) for train, test in folds(outcome)])
    theirs = baseline_aucs(folder, prepared.applications.num_rows, outcome)
    if featuretools:
        theirs["featuretools"] = featuretools_aucs(featuretools, folder, outcome)
    for name, auc in {"this library": ours, **theirs}.items():
        print(f"  {name:<14} {auc.mean():.4f}")
    differences = {name: paired(ours - auc) for name, auc in theirs.items()}
    for name, (mean, low, high) in differences.items():
        print(f"  this library less {name}: {mean:+.4f} [{low:+.4f}, {high:+.4f}]")
    found = out_of_time(config, prepared)
    return {
        "name": "accuracy-berka",
        "cv_auc": round(float(ours.mean()), 4),
        "cv_baselines": {name: round(float(auc.mean()), 4) for name, auc in theirs.items()},
        "cv_difference": {name: [round(value, 4) for value in interval] for name, interval in differences.items()},
        **found,
    }


def fold_auc(
    config: TrainConfig, prepared: training.Prepared, rows: np.ndarray, train: np.ndarray, test: np.ndarray
) -> float:
    text = fit_trees(prepared.matrix[rows[train]], prepared.outcome[rows[train]], prepared.features,
                     params=config.model.params, seed=config.seed)  # fmt: skip
    margin = parse_model(text).margin(prepared.matrix[rows[test]])
    return float(roc_auc_score(prepared.outcome[rows[test]], margin))


def baseline_aucs(folder: Path, used: int, outcome: np.ndarray) -> dict[str, np.ndarray]:
    loans = pq.read_table(folder / "loan.parquet").to_pandas().sort_values("loan_id")
    table = aggregates(folder)[(loans["date"] < "1997-01-01").to_numpy()].reset_index(drop=True)
    assert len(table) == len(outcome) <= used
    return {name: np.array([baseline_auc(model, table, outcome, *fold) for fold in folds(outcome)])
            for name, model in models().items()}  # fmt: skip


def featuretools_aucs(file: Path, folder: Path, outcome: np.ndarray) -> np.ndarray:
    """Its default features of the same loans, with the baseline's LightGBM."""
    loans = pq.read_table(folder / "loan.parquet").to_pandas().sort_values("loan_id")
    early = loans.loc[loans["date"] < "1997-01-01", "loan_id"]
    table = pd.read_parquet(file).set_index("loan_id").loc[early].reset_index(drop=True)
    table.columns = [f"f{i}" for i in range(table.shape[1])]  # names with brackets are refused by LightGBM
    return np.array([baseline_auc(models()["lightgbm"], table, outcome, *fold) for fold in folds(outcome)])


def baseline_auc(model: Any, table: pd.DataFrame, outcome: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    fitted = model.fit(table.iloc[train], outcome[train])
    return float(roc_auc_score(outcome[test], fitted.predict_proba(table.iloc[test])[:, 1]))


def paired(difference: np.ndarray, test_share: float = 0.2) -> tuple[float, float, float]:
    """Mean and 95 % interval of a difference over repeated folds, their overlap allowed for (Nadeau & Bengio, 2003)."""
    k, mean = len(difference), float(difference.mean())
    error = float(np.sqrt(difference.var(ddof=1) * (1 / k + test_share / (1 - test_share))))
    half = float(student.ppf(0.975, k - 1)) * error
    return mean, mean - half, mean + half


def out_of_time(config: TrainConfig, prepared: training.Prepared) -> dict[str, object]:
    """The test sample's AUC with its interval: printed once, nothing chosen by it."""
    scored = training.fit(config, prepared).scored
    test = scored[(scored["sample"] == "test") & scored["outcome"].notna() & scored["scorable"]]
    auc = discrimination(test["outcome"], test["pd"], test["borrower_id"]).auc
    print(f"out of time: {auc.value:.4f} [{auc.low:.4f}, {auc.high:.4f}] on {len(test):,} applications, "
          f"{int(test['outcome'].sum()):,} bad")  # fmt: skip
    return {
        "oot_auc": round(auc.value, 4),
        "oot_interval": [round(auc.low, 4), round(auc.high, 4)],
        "oot_rows": len(test),
    }


def simulated(borrowers: int, seed: int) -> dict[str, object]:
    path = PROJECT / "configs/sample.yaml"
    config = load_config(path)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if borrowers else PROJECT / "data_samples"
        if borrowers:
            simulate(folder, borrowers=borrowers, seed=seed)
        events = training.read_events(config, path, folder)
        truth = pq.read_table(folder / "truth.parquet").to_pandas().set_index("application_id")["pd"]
    prepared = training.prepare(config, events, training.chosen_features(config))
    found = out_of_time(config, prepared)
    test = prepared.known("test")
    best = best_possible_auc(truth.loc[prepared.applications["application_id"].to_numpy()[test]].to_numpy())
    print(f"best possible on the same rows: {best:.4f}, short of it by {best - found['oot_auc']:.4f}")
    return {
        "name": "accuracy-simulated",
        "borrowers": borrowers or 3_000,
        "best_auc": round(best, 4),
        "gap": round(best - found["oot_auc"], 4),
        **found,
    }


if __name__ == "__main__":
    main()
