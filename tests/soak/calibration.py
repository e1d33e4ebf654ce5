"""Do PDs hold? On made markets, by grade, altogether, and for each pattern of missing data families.

    python -m tests.soak.calibration [--borrowers 100000] [--seeds 20] [--first 1]

For each seed a market is made, and some borrowers lose a family, some because they are a risk. A scorecard is trained
as the sample's config says, and out of time, for each pattern of missing families with 100 bads or more and for all:
the share of grades (of 30 bads or more) whose PD lies in the 95 % Jeffreys interval of their bad rate, observed over
expected, and the calibration slope. Everything is simulated. The last line is one JSON object.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from creditscore import training
from creditscore.config import load_config
from creditscore.events.simulate import simulate
from creditscore.validation.metrics import grade_table

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"
FEWEST_BADS, ENOUGH_BADS = 30, 100
# The chance that somebody lacks the family: of goods, of bads.
LACKING = {"trips": (0.15, 0.25), "obligations": (0.15, 0.15)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borrowers", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    arguments = parser.parse_args()
    found = defaultdict(list)
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        start = perf_counter()
        for name, figures in of_market(arguments.borrowers, seed).items():
            found[name].append(figures)
            print(f"seed {seed} {name:<28} {said(figures)}", flush=True)
        print(f"seed {seed}: {perf_counter() - start:.0f} s", flush=True)
    means = {name: pd.DataFrame(rows).mean().round(4).to_dict() for name, rows in found.items()}
    print(
        json.dumps({"name": "calibration", "borrowers": arguments.borrowers, "seeds": arguments.seeds, "mean": means})
    )


def of_market(borrowers: int, seed: int) -> dict[str, dict[str, float]]:
    """The figures of one market's scorecard, of all and of each pattern."""
    config = load_config(CONFIG)
    with tempfile.TemporaryDirectory() as folder:
        simulate(folder, borrowers=borrowers, seed=seed)
        events = training.read_events(config, CONFIG, Path(folder))
        prepared = training.prepare(config, events, training.chosen_features(config))
    del events
    lose_families(prepared, np.random.default_rng(seed))
    card = training.fit(config, prepared).card
    scored = training.score_all(card, prepared)
    absent = card.presence.absent(prepared.matrix)
    known = ((scored["sample"] == "test") & scored["outcome"].notna() & scored["pd"].notna()).to_numpy()
    found = {"all": figures(scored[known])}
    for pattern in np.unique(absent[known]).tolist():
        rows = scored[known & (absent == pattern)]
        if rows["outcome"].sum() >= ENOUGH_BADS:
            found[" and ".join(f"no {name}" for name in card.presence.named(pattern)) or "every family"] = figures(rows)
    return found


def lose_families(prepared: training.Prepared, draw: np.random.Generator) -> None:
    """Take families from some borrowers, as if they had no such record; bads lack trips more often than goods."""
    bad = prepared.outcome == 1
    for family, (good_chance, bad_chance) in LACKING.items():
        lost = draw.random(len(bad)) < np.where(bad, bad_chance, good_chance)
        columns = [i for i, feature in enumerate(prepared.features) if family in feature.tables]
        prepared.matrix[np.ix_(np.flatnonzero(lost), columns)] = np.nan


def figures(rows: pd.DataFrame) -> dict[str, float]:
    grades = grade_table(rows)
    grades = grades[grades["bads"] >= FEWEST_BADS]
    inside = (grades["low"] <= grades["expected"]) & (grades["expected"] <= grades["high"])
    log_odds = np.log(rows["pd"] / (1 - rows["pd"])).to_numpy().reshape(-1, 1)
    slope = LogisticRegression(C=np.inf, tol=1e-8).fit(log_odds, rows["outcome"]).coef_[0, 0]
    return {
        "bads": float(rows["outcome"].sum()),
        "grades": float(len(grades)),
        "grades_inside": float(inside.mean()),
        "observed_over_expected": float(rows["outcome"].mean() / rows["pd"].mean()),
        "slope": float(slope),
    }


def said(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())


if __name__ == "__main__":
    main()
