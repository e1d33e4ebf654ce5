"""What hiding families in training does: what late payers gain by withholding, and what it costs in AUC.

    python -m tests.soak.withholding [--seeds 3] [--borrowers 4000] [--rates 0 0.1 0.2 0.3]

For each seed a made market; for each rate a scorecard trained with as much masking. All of its later applications are
scored as they are, and with each family withheld. Prints, a row a rate, the mean over the seeds of the AUC of all, of
the AUC where a family is withheld, and of what bads, goods and the difference of the two gain in points by withholding
each. Everything is simulated. The last line is one JSON object.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas
from sklearn.metrics import roc_auc_score

from creditscore import training
from creditscore.config import load_config
from creditscore.events.simulate import simulate
from creditscore.validation.withholding import gains, without_family

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--borrowers", type=int, default=4_000)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.0, 0.1, 0.2, 0.3])
    arguments = parser.parse_args()
    rows = [row for seed in range(101, 101 + arguments.seeds) for row in of_seed(seed, arguments)]
    table = pandas.DataFrame(rows).groupby("rate").mean().drop(columns="seed").round(4)
    print(table.to_string())
    print(json.dumps({"name": "withholding", "seeds": arguments.seeds, "by_rate": table.to_dict("index")}))


def of_seed(seed, arguments):
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder), arguments.borrowers, seed)
        config = load_config(CONFIG)
        prepared = training.prepare(
            config, training.read_events(config, CONFIG, Path(folder)), training.chosen_features(config)
        )
    for rate in arguments.rates:
        consent = config.consent.model_copy(update={"masking": rate, "withheld_obligations": "scorable"})
        found = {"rate": rate, "seed": seed} | judged(config.model_copy(update={"consent": consent}), prepared)
        print(json.dumps(found), flush=True)
        yield found


def judged(config, prepared):
    card = training.fit(config, prepared).card
    test = prepared.known("test")
    X, outcome = prepared.matrix[test], prepared.outcome[test]
    found = {"auc": auc(card, X, outcome)}
    table = gains(card, X, outcome, prepared.borrowers[test]).set_index(["family", "group"])["gain"]
    for f, family in enumerate(card.presence.families):
        bads, goods = table[family, "bads"], table[family, "goods"]
        found |= {f"{family} auc": auc(card, without_family(card, X, f), outcome), f"{family} bads": bads,
                  f"{family} goods": goods, f"{family} gap": bads - goods}  # fmt: skip
    return {name: float(value) for name, value in found.items()}


def auc(card, X, outcome):
    margin = card.calibration(card.trees.margin(X), card.presence.absent(X))
    return roc_auc_score(outcome, np.asarray(margin))


if __name__ == "__main__":
    main()
