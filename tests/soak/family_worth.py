"""A data family of noise must not be found to be worth something: on how many seeds is it?

    python -m tests.soak.family_worth [--seeds 100] [--first 1]

The sample's trips are dealt out anew among its borrowers, so that they tell nothing; then the worth of the family is
taken as `family_worth` does. Counts the seeds at which the interval's lower end is at most 0. Everything is simulated.
The last line is one JSON object.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from creditscore import training
from creditscore.config import load_config
from creditscore.training.worth import family_worth

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    arguments = parser.parse_args()
    config = load_config(CONFIG)
    events = training.read_events(config, CONFIG)
    prepared = training.prepare(config, events, training.chosen_features(config))
    trips = [i for i, feature in enumerate(prepared.features) if "trips" in feature.tables]
    lows, worths = [], []
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        matrix = prepared.matrix.copy()
        order = np.random.default_rng(seed).permutation(len(matrix))
        matrix[:, trips] = matrix[np.ix_(order, trips)]
        table = family_worth(config.model_copy(update={"seed": seed}), replace(prepared, matrix=matrix))
        row = table[(table["family"] == "trips") & (table["file"] == "all")].iloc[0]
        lows.append(row["low"])
        worths.append(row["worth"])
        print(f"seed {seed}: worth {row['worth']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]", flush=True)
    at_most_0 = int((np.array(lows) <= 0).sum())
    print(json.dumps({"name": "family-worth", "seeds": arguments.seeds, "low_at_most_0": at_most_0,
                      "mean_worth": round(float(np.mean(worths)), 4)}))  # fmt: skip


if __name__ == "__main__":
    main()
