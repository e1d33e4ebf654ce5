"""Neutrality on made markets: is bias at equal risk found where it is planted, and only there; what is noise worth?

    python -m tests.soak.neutrality [--seeds 100] [--borrowers 4000] [--trained 5]

Bias. The score is the true PD itself, so that without a planted gap it is unbiased by construction; then .4 log-odds
are added to the scores of one platform's borrowers. By seed vary the outcomes, drawn anew from the true PDs; the
histories are one market's. Bads are about twice as frequent as in the sample (another intercept of the truth). Beside,
scorecards are trained on some seeds' outcomes: what is flagged there is no chance alone, as a model of a few hundred
bads learns less of small groups than there is to know.

Worth. A platform of pure noise joins a real one: purchases at random times and of random amounts, of two borrowers in
three drawn at random. By seed vary these, the outcomes, the fits' seeds and the halves. And a platform that duplicates
another: the largest difference of any figure of the two.

Everything is simulated. The last line is one JSON object.
"""

import argparse
import itertools
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from creditscore import training
from creditscore.config import load_config
from creditscore.config.period import Period
from creditscore.config.report import NeutralityConfig
from creditscore.config.samples import SamplesConfig
from creditscore.events.schema import EVENT_TABLES
from creditscore.events.simulate import simulate
from creditscore.events.simulate.borrowers import chance
from creditscore.events.simulate.market import behaviours
from creditscore.events.simulate.outcome import INGREDIENTS, TOGETHER, Truth
from creditscore.model.fit import fit_trees
from creditscore.model.presence import Presence
from creditscore.model.trees import parse_model
from creditscore.training.platform_worth import platform_worth
from creditscore.validation.neutrality.bias import bias_at_equal_risk
from creditscore.validation.neutrality.membership import membership

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"
TRUTH = Truth(-4.7, INGREDIENTS, TOGETHER)
GAP, BIASED = 0.4, "cedar"
FEATURES = (
    "late_share_365d", "days_past_due_worst_365d", "overdue_now_all", "spending_total_90d", "spending_total_365d",
    "income_variation_365d", "cash_share_365d", "night_share_365d", "refund_share_365d", "transaction_tenure",
    "merchants_365d", "balance_mean_90d", "balance_smallest_90d", "transactions_known_all", "platforms_365d",
    "trip_cancelled_share_365d", "amount_due_over_income_365d", "merchants_known_all", "obligation_tenure",
    "transactions_90d", "amount_over_income", "spending_change_month",
)  # fmt: skip
WORTH_FEATURES = (*FEATURES[:3], "spending_total_90d", "balance_smallest_90d", "transaction_tenure",
                  "transactions_known_all", "merchants_365d")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--borrowers", type=int, default=4_000)
    parser.add_argument("--trained", type=int, default=5, help="seeds on which a scorecard is trained too")
    parser.add_argument("--worth-borrowers", type=int, default=1_500)
    arguments = parser.parse_args()
    start = process_time()
    bias = bias_found(arguments.seeds, arguments.borrowers, arguments.trained)
    noise = noise_worth(arguments.seeds, arguments.worth_borrowers)
    figures = {"name": "neutrality", "seeds": arguments.seeds, **bias, **noise}
    print(json.dumps(figures | {"cpu_seconds": round(process_time() - start)}))


def made(borrowers: int, seed: int, names: tuple[str, ...], test_from: str) -> tuple:
    """A market's config, events, features, and each application's true PD."""
    config = load_config(CONFIG)
    days = ("2024-05-01", "2024-11-01", test_from, "2026-01-01")
    train, calibrate, test = (Period(**{"from": one, "until": two}) for one, two in itertools.pairwise(days))
    config = config.model_copy(update={"samples": SamplesConfig(train=train, calibrate=calibrate, test=test)})
    with tempfile.TemporaryDirectory() as folder:
        simulate(folder, borrowers=borrowers, seed=seed, truth=TRUTH)
        events = training.read_events(config, CONFIG, Path(folder))
    features = tuple(one for one in training.chosen_features(config) if one.name in names)
    prepared = training.prepare(config, events, features)
    truth = behaviours(borrowers, seed)
    place = pc.index_in(prepared.applications["application_id"].cast(pa.string()),
                        value_set=truth.application_id.cast(pa.string())).to_numpy()  # fmt: skip
    return config, events, prepared, chance(TRUTH.log_odds(truth.aggregates))[place]


def bias_found(seeds: int, borrowers: int, trained: int) -> dict[str, float]:
    """In how many seeds anything is flagged without bias, and the biased platform with it."""
    config, events, prepared, pd = made(borrowers, 1, FEATURES, "2025-01-01")
    members = membership(events, prepared.applications)
    every, log_odds, biased = np.arange(len(pd)), np.log(pd / (1 - pd)), members.platforms.index(BIASED)
    without, found, gaps, by_cards = 0, 0, [], 0
    for seed in range(seeds):
        outcome = (np.random.default_rng(seed).random(len(pd)) < pd).astype(np.float64)
        asked = members.any, members.platforms, prepared.borrowers
        plain = bias_at_equal_risk(outcome, log_odds, *asked)
        planted = bias_at_equal_risk(outcome, log_odds + GAP * members.any[:, biased], *asked).iloc[biased]
        without += bool(plain["flagged"].any())
        found += bool(planted["flagged"] and planted["gap"] < 0)
        gaps.append(planted["gap"])
        if seed < trained:
            by_cards += of_a_card(config.model_copy(update={"seed": seed}), replace(prepared, outcome=outcome), members)
    print(f"{len(every)} applications: flagged without bias {without}, with {found}, of {seeds}", flush=True)
    return {"applications": len(every), "flagged_without_bias": without, "flagged_with_bias": found,
            "mean_planted_gap": round(float(np.mean(gaps)), 3), "trained": trained,
            "trained_flagged": by_cards}  # fmt: skip


def of_a_card(config, prepared, members) -> bool:
    """Whether a scorecard trained on these outcomes is flagged on its test sample."""
    rows, log_odds = scored(config, prepared)
    asked = members.any[rows], members.platforms, prepared.borrowers[rows]
    table = bias_at_equal_risk(prepared.outcome[rows], log_odds, *asked)
    print(f"trained: {len(rows)} applications, gaps {table['gap'].round(3).tolist()}", flush=True)
    return bool(table["flagged"].any())


def scored(config, prepared) -> tuple[np.ndarray, np.ndarray]:
    """The test sample's rows, and their calibrated margins."""
    train, rows = prepared.known("train"), prepared.known("test")
    model = fit_trees(prepared.matrix[train], prepared.outcome[train], prepared.features, seed=config.seed)
    calibration, _ = training.calibrate(config, prepared, model)
    X = prepared.matrix[rows]
    return rows, calibration(parse_model(model).margin(X), Presence.of(prepared.features).absent(X))


def noise_worth(seeds: int, borrowers: int) -> dict[str, float]:
    """In how many seeds the lower end of the noise's worth is at most 0; and how far twins are apart."""
    config, events, prepared, pd = made(borrowers, 3, WORTH_FEATURES, "2024-12-01")
    events = renamed(events, "market")
    model = config.model.model_copy(update={"params": {"num_iterations": 50}})
    lows, worths = {"gini": [], "loss_avoided": []}, []
    for seed in range(seeds):
        draw = np.random.default_rng(1_000 + seed)
        asked = config.model_copy(update={"seed": seed, "model": model,
                                          "neutrality": NeutralityConfig(replicates=10)})  # fmt: skip
        redrawn = replace(prepared, outcome=(draw.random(len(pd)) < pd).astype(np.float64))
        noisy = with_noise(events, draw)
        table = platform_worth(asked, noisy, redrawn, membership(noisy, prepared.applications)).platforms
        row = table.set_index("player").loc["noise"]
        for figure, found in lows.items():
            found.append(row[f"{figure}_low"])
        worths.append(row["gini"])
        print(f"seed {seed}: noise is worth {row['gini']:+.4f} [{row['gini_low']:+.4f}, {row['gini_high']:+.4f}] of "
              f"{table['gini'].sum():.3f}", flush=True)  # fmt: skip
    twins = twins_apart(asked, events, redrawn)
    return {
        "noise_low_at_most_0": int((np.array(lows["gini"]) <= 0).sum()),
        "noise_low_of_losses_at_most_0": int((np.array(lows["loss_avoided"]) <= 0).sum()),
        "mean_noise_worth": round(float(np.mean(worths)), 4),
        "twins_apart": twins,
    }


def with_noise(events, draw):
    """Purchases that tell nothing, of two borrowers in three."""
    table = events.transactions
    everybody = table["borrower_id"].unique().to_pylist()
    members = draw.permutation(len(everybody))[: 2 * len(everybody) // 3]
    times = table["time"].cast(pa.int64())
    first, last = pc.min(times).as_py(), pc.max(times).as_py()
    who = np.repeat(members, draw.poisson(25, len(members)))
    own = {
        "borrower_id": [everybody[i] for i in who.tolist()],
        "event_id": [f"n{i}" for i in range(len(who))],
        "time": draw.integers(first, last, len(who)),
        "platform": ["noise"] * len(who),
        "kind": ["purchase"] * len(who),
        "amount": draw.integers(100, 100_000, len(who)),
        "merchant_id": [f"n{i}" for i in draw.integers(0, 40, len(who)).tolist()],
        "status": ["completed"] * len(who),
        "utc_offset_minutes": [480] * len(who),
    }
    plain = plainly(table)
    columns = [
        pa.array(own[name]).cast(kind) if name in own else pa.nulls(len(who), kind)
        for name, kind in zip(plain.column_names, plain.schema.types, strict=True)
    ]
    both = pa.concat_tables([plain, pa.Table.from_arrays(columns, schema=plain.schema)])
    return replace(events, transactions=as_before(both, table))


def plainly(table):
    """Dictionaries as text, and ids too."""
    kinds = [pa.string() if pa.types.is_dictionary(field.type) or field.name == "event_id" else field.type
             for field in table.schema]  # fmt: skip
    return table.cast(pa.schema([field.with_type(kind) for field, kind in zip(table.schema, kinds, strict=True)]))


def as_before(table, like):
    """Words as numbers again, in one chunk."""
    for i, kind in enumerate(like.schema.types):
        if pa.types.is_dictionary(kind):
            table = table.set_column(i, table.column_names[i], table.column(i).combine_chunks().dictionary_encode())
    return table.combine_chunks()


def renamed(events, name):
    """All events as one platform's."""
    tables = {}
    for kind in EVENT_TABLES:
        table = plainly(events.table(kind))
        i = table.schema.get_field_index("platform")
        tables[kind] = as_before(_supplied(table, i, name), events.table(kind))
    return replace(events, **tables)


def _supplied(table, i, name):
    return table.set_column(i, "platform", pa.array([name] * table.num_rows, pa.string()))


def twins_apart(config, events, prepared) -> float:
    """The largest difference of any figure of two platforms that sent the same events."""
    tables = {}
    for name in EVENT_TABLES:
        table = plainly(events.table(name))
        twins = _supplied(table, table.schema.get_field_index("platform"), "twin")
        tables[name] = as_before(pa.concat_tables([table, twins]), events.table(name))
    both = replace(events, **tables)
    table = platform_worth(config, both, prepared, membership(both, prepared.applications)).platforms
    figures = table.set_index("player").drop(columns="platforms")
    return float((figures.loc["market"] - figures.loc["twin"]).astype(float).abs().max())


if __name__ == "__main__":
    main()
