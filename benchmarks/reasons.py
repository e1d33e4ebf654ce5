"""Exact SHAP values beside LightGBM's `pred_contrib` and shap's TreeExplainer: µs a row, on the same models and rows.

    python benchmarks/reasons.py [--rows 100_000] [--repeats 3] [--sizes 15 31 63 127] [--million]

400 trees of 31 leaves on 200 features, a tenth of the values missing, five features categorical: path-dependent and
against a reference of 1,000 rows, many rows on all cores and one row on one thread; the same without categoricals
beside shap, against 100 rows; then what tables cost at each of `--sizes` leaves, and the speed there. Ways take turns,
medians count; compilation is apart. `--million` explains a million rows instead, in blocks, keeps the four worst, and
tells the memory. The last line is one JSON object; `ratio` is how many times as long LightGBM takes, at its best thread
setting where it is given several.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from statistics import median

import lightgbm
import numpy as np

from creditscore.model.trees import Trees, parse_model
from creditscore.reasons.reference import Reference
from creditscore.reasons.shapley import Explainer, prepare

FEATURES, TREES, LEAVES = 200, 400, 31
CATEGORIES = (4, 8, 12, 20, 30)
TRAINING_ROWS, REFERENCE_ROWS, SHAP_ROWS = 60_000, 1_000, 100
PEER_ROWS, ONE_ROW_CALLS, RUN = 1_000, 200, 25
WORST = 4
Way = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="*", default=[15, 31, 63, 127])
    parser.add_argument("--trees", type=int, default=TREES)
    parser.add_argument("--million", action="store_true")
    arguments = parser.parse_args()
    print(json.dumps(a_million(arguments.trees) if arguments.million else side_by_side(arguments)))


def side_by_side(arguments: argparse.Namespace) -> dict[str, object]:
    model = made_model(LEAVES, arguments.trees, CATEGORIES)
    trees, rows = parse_model(model.model_to_string()), made_rows(arguments.rows, 3, CATEGORIES)
    warm_up(trees, rows)
    began = time.perf_counter()
    reference = Reference.from_rows(trees, made_rows(REFERENCE_ROWS, 4, CATEGORIES))
    against = prepare(trees, reference)
    build_seconds = time.perf_counter() - began
    path_dependent = prepare(trees)
    cores = os.cpu_count() or 1
    print(f"{arguments.trees} trees of {LEAVES} leaves, {len(rows):,} rows; ours on {cores} threads, "
          f"LightGBM's on 1 and {cores} with {PEER_ROWS:,} rows; medians of {arguments.repeats}")  # fmt: skip
    peers = rows[:PEER_ROWS]
    times = take_turns(arguments.repeats, {
        "path-dependent": (lambda: path_dependent.contributions(rows), len(rows)),
        "interventional": (lambda: against.contributions(rows), len(rows)),
        "pred_contrib, 1 thread": (lambda: model.predict(peers, pred_contrib=True, num_threads=1), len(peers)),
        f"pred_contrib, {cores} threads":
            (lambda: model.predict(peers, pred_contrib=True, num_threads=cores), len(peers)),
    })  # fmt: skip
    best = min(taken for name, taken in times.items() if name.startswith("pred_contrib"))
    return {
        "name": "reasons",
        "ratio": round(best / times["path-dependent"], 1),
        "interventional": {"ratio": round(best / times["interventional"], 1)},
        "shap": beside_shap(arguments),
        "one_row": one_row(model, path_dependent, rows),
        "build_seconds": round(build_seconds, 2),
        "table_mib": round(against.table.nbytes / 2**20, 1),
        "us_per_row": {name: round(taken, 1) for name, taken in times.items()},
        "sizes": {leaves: cost(leaves, arguments.trees) for leaves in arguments.sizes},
        "threads": cores,
    }


def beside_shap(arguments: argparse.Namespace) -> dict[str, float]:
    """Against the same 100 rows, on a model without categoricals."""
    import shap

    model, background, rows = (
        made_model(LEAVES, arguments.trees, ()),
        made_rows(SHAP_ROWS, 5, ()),
        made_rows(20_000, 6, ()),
    )
    trees = parse_model(model.model_to_string())
    ours = prepare(trees, Reference.from_rows(trees, background))
    theirs = shap.TreeExplainer(model, shap.maskers.Independent(background, max_samples=SHAP_ROWS))
    few = rows[:40]
    worst = float(np.abs(ours.contributions(few) - theirs.shap_values(few, check_additivity=False)).max())
    if worst > 1e-6:
        raise SystemExit(f"creditscore and shap differ by {worst:.1e}")
    times = take_turns(arguments.repeats, {
        f"interventional, {SHAP_ROWS} rows": (lambda: ours.contributions(rows), len(rows)),
        "shap": (lambda: theirs.shap_values(few, check_additivity=False), len(few)),
    })  # fmt: skip
    mine, peer = times.values()
    return {"ratio": round(peer / mine, 1), "us_per_row": round(mine, 1), "shap_us_per_row": round(peer, 1)}


def one_row(model: lightgbm.Booster, explainer: Explainer, rows: np.ndarray) -> dict[str, float]:
    """One call a row, one thread: in runs of many calls, as a service makes them, and call by call in turn, so that
    each finds the caches full of the other's numbers.
    """
    ways = {
        "ours": lambda x: explainer.contributions(x),
        "LightGBM's": lambda x: model.predict(x, pred_contrib=True, num_threads=1, validate_features=False),
    }
    found: dict[str, float] = {}
    for name, run in (("", RUN), ("alternating_", 1)):
        mine, peer = (1e6 * median(taken) for taken in in_runs(ways, rows, run).values())
        print(f"  one row, one thread, runs of {run:>2}  {mine:10,.1f} µs, LightGBM's {peer:,.1f} µs")
        found |= {
            f"{name}ratio": round(peer / mine, 1),
            f"{name}us": round(mine, 1),
            f"{name}lightgbm_us": round(peer, 1),
        }
    return found


def in_runs(ways: dict[str, Callable[[np.ndarray], object]], rows: np.ndarray, run: int) -> dict[str, list[float]]:
    """Seconds a call by way, each call on another row."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for first in range(0, ONE_ROW_CALLS, run):
        for name, way in ways.items():
            taken[name] += [seconds(lambda i=i, way=way: way(rows[i : i + 1])) for i in range(first, first + run)]
    return taken


def cost(leaves: int, trees: int) -> dict[str, object]:
    """What tables of a model cost, and the speed, on one thread, against a reference and path-dependently."""
    booster = made_model(leaves, trees, CATEGORIES)
    model = parse_model(booster.model_to_string())
    rows, reference_rows = made_rows(4096, 7, CATEGORIES), made_rows(REFERENCE_ROWS, 4, CATEGORIES)
    began = time.perf_counter()
    against = prepare(model, Reference.from_rows(model, reference_rows))
    built = time.perf_counter() - began
    mib, other, few = against.table.nbytes / 2**20, prepare(model), rows[:64]
    print(f"{leaves:>3} leaves: built in {built:5.2f} s, {mib:6.1f} MiB, {against.rest_share:6.2%} of leaves without "
          "a table; one thread")  # fmt: skip
    mine, path, peer = take_turns(2, {
        "interventional": (lambda: against.contributions(rows, threads=1), len(rows)),
        "path-dependent": (lambda: other.contributions(rows, threads=1), len(rows)),
        "pred_contrib": (lambda: booster.predict(few, pred_contrib=True, num_threads=1), len(few)),
    }).values()  # fmt: skip
    return {
        "build_seconds": round(built, 2), "table_mib": round(mib, 1), "rest_share": round(against.rest_share, 4),
        "us_per_row": round(mine, 1), "path_dependent_us_per_row": round(path, 1),
        "pred_contrib_us_per_row": round(peer, 1), "ratio": round(peer / path, 1),
        "interventional_ratio": round(peer / mine, 1), "one_row": one_row(booster, other, rows),
    }  # fmt: skip


def a_million(trees: int) -> dict[str, object]:
    """The four worst reasons of a million rows, made and explained in blocks."""
    explainer = prepare(parse_model(made_model(LEAVES, trees, CATEGORIES).model_to_string()))
    block, kept, taken = 50_000, [], 0.0
    for number in range(20):
        rows = made_rows(block, 100 + number, CATEGORIES)
        began = time.perf_counter()
        values = explainer.contributions(rows)
        worst = np.argpartition(-values, WORST, axis=1)[:, :WORST]
        kept.append((worst.astype(np.int16), np.take_along_axis(values, worst, axis=1)))
        taken += time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(kept) * block:,} rows in {taken:.1f} s, {peak:.2f} GiB at most, training included")
    return {"name": "reasons-million", "seconds": round(taken, 1), "peak_gib": round(peak, 2)}


def take_turns(repeats: int, ways: dict[str, tuple[Way, int]]) -> dict[str, float]:
    """Median µs a row by way, the ways run one after the other, again and again."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, (way, rows) in ways.items():
            taken[name].append(1e6 * seconds(way) / rows)
    for name, each in taken.items():
        print(f"  {name:<26} {median(each):10,.1f} µs a row   {', '.join(f'{t:,.1f}' for t in each)}")
    return {name: median(each) for name, each in taken.items()}


def seconds(way: Way) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


def warm_up(trees: Trees, rows: np.ndarray) -> None:
    """Compile, or load what was compiled, for both kinds, for leaves with and without tables."""
    for reference in (None, Reference.from_rows(trees, rows[:50])):
        for most_bytes in (2**28, 2**20):
            explainer = prepare(trees, reference, most_bytes=most_bytes)
            explainer.contributions(rows[:2])
            explainer.contributions(rows[:1])


def made_rows(n: int, seed: int, categories: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, FEATURES))
    for column, count in enumerate(categories):
        rows[:, column] = rng.integers(0, count, n)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return rows


def made_model(leaves: int, trees: int, categories: tuple[int, ...]) -> lightgbm.Booster:
    rows, rng = made_rows(TRAINING_ROWS, 1, categories), np.random.default_rng(2)
    known = np.nan_to_num(rows)
    known[:, : len(categories)] = known[:, : len(categories)] % 3 - 1
    effects = rng.normal(size=FEATURES) * rng.permutation(np.linspace(1.0, 0.05, FEATURES))
    margin = 0.35 * known @ effects + 0.3 * known[:, 10] * known[:, 11] - 0.3 * known[:, 12] * known[:, 13]
    bad = margin + rng.logistic(size=len(rows)) > 1
    settings = {"objective": "binary", "num_leaves": leaves, "learning_rate": 0.05, "verbose": -1, "seed": 1}
    data = lightgbm.Dataset(rows, bad, categorical_feature=list(range(len(categories))))
    return lightgbm.train(settings, data, trees)


if __name__ == "__main__":
    main()
