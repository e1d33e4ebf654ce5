"""A score and four reasons, beside the usual way, on one core: milliseconds of one borrower, and of a million rows.

    python benchmarks/score.py [--calls 2_000] [--peer-calls 200] [--rows 1_000_000] [--starts 5]

A scorecard of 300 catalogue features and 400 trees of 31 leaves, on drawn numbers. One borrower with 300 events as
lists of dicts: `score()` beside pandas aggregates of the same features, `LGBMClassifier.predict_proba` and
`shap.TreeExplainer`, in turn; times are datetimes, and for ours as JSON has them, text, too. The same from features
alone; many rows, ours in blocks, theirs on fewer and at their best block; and a new process, from `import creditscore`
to its first score, with warm caches. shap's values are the fast ones, by the trees' covers; that ours are exact is
checked against its interventional ones, on the same reference, as are features and probabilities. Prints p50 and p99 by
way; the last line is one JSON object: `ratio` is how many times as long the usual way takes (p50), `batch.ratio` the
same a row of many.
"""

import argparse
import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

# before anything starts threads: all ways run on one core
os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa
import shap
from one_borrower import END, history
from score_by_pandas import row, usual_features

from creditscore.features.one import row_of
from creditscore.model.presence import Presence
from creditscore.model.scale import MASTER_SCALE, Calibration, Scale, probability
from creditscore.reasons.codes import ABSENCE, CODES
from creditscore.reasons.population import Population
from creditscore.scorecard import Scorecard, save
from creditscore.scoring import score, score_features
from creditscore.scoring.assess import assess, in_points

FEATURES, TREES, LEAVES, TRAINING_ROWS = 300, 400, 31, 10_000
REFERENCE_ROWS, BLOCK, PEER_ROWS = 100, 50_000, 2_000
Way = Callable[[], object]
START = """
import sys, time
began = time.perf_counter()
import creditscore
from creditscore.scoring.conformance import made_history
card = creditscore.load(sys.argv[1])
creditscore.score(card, made_history(60), as_of="2025-06-30T12:00:00+00:00")
print(time.perf_counter() - began)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--peer-calls", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--trees", type=int, default=TREES)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", "LightGBM binary classifier with TreeExplainer")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    card, model, rows = made(arguments.trees)
    explainer = shap.TreeExplainer(model)
    print(f"{len(card.features)} features, {arguments.trees} trees of {LEAVES} leaves; one core")
    check(card, model, rows)
    one = one_borrower(card, model, explainer, arguments)
    print(json.dumps({
        "name": "score",
        **one,
        "batch": batch(card, model, explainer, arguments.rows),
        "start_seconds": start_seconds(card, arguments.starts),
    }))  # fmt: skip


def made(trees: int) -> tuple[Scorecard, lightgbm.LGBMClassifier, np.ndarray]:
    """A scorecard whose PD is the model's own probability, that model, and rows that it may be asked of."""
    features = usual_features(FEATURES)
    X, outcome = drawn(features, TRAINING_ROWS)
    model = lightgbm.LGBMClassifier(
        n_estimators=trees, num_leaves=LEAVES, learning_rate=0.05, min_child_samples=40, n_jobs=1, verbose=-1
    ).fit(X, outcome)
    card = Scorecard(
        name="benchmark",
        features=features,
        model=_named(model.booster_.model_to_string(), [one.name for one in features]),
        calibration=Calibration(0.0, 1.0, (0.0,) * Presence.of(features).patterns),
        scale=Scale(base_points=600, good_bad_odds=20, pdo=40, lowest=300, highest=900),
        grades=MASTER_SCALE,
        codes={code: CODES[code] for code in sorted({*(one.reason for one in features), *ABSENCE.values()})},
        facts={"population": "drawn numbers"},
    )
    population = Population.from_rows("all", "drawn rows", card.trees, card.presence, X[:REFERENCE_ROWS])
    return replace(card, references=(population,)), model, X


def _named(text: str, names: list[str]) -> str:
    """The model's text with its features' names: fitted without, LightGBM's wrapper asks for none in each call."""
    return re.sub("(?m)^feature_names=.*$", "feature_names=" + " ".join(names), text, count=1)


def drawn(features: tuple[Any, ...], rows: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    X = np.round(draw.lognormal(2, 1, (rows, len(features))), 2)
    X[draw.random(X.shape) < 0.1] = np.nan
    odds = np.nan_to_num(np.log(X) - 2) @ draw.normal(scale=0.2, size=len(features)) - 1
    return X, (draw.random(rows) < probability(odds)).astype(int)


def check(card: Scorecard, model: lightgbm.LGBMClassifier, rows: np.ndarray) -> None:
    """Features, probabilities and interventional SHAP values are the same in both ways."""
    events = history(np.random.default_rng(1))
    tables = {name: events[name] for name in ("transactions", "trips", "obligations")}
    theirs = row(card.features, tables, pd.Timestamp(END))
    ours = row_of(card.plan, tables, round(END.timestamp() * 1e6), {})
    wrong = ~np.isclose(ours, theirs, rtol=1e-7, atol=1e-9, equal_nan=True)[0]
    if wrong.any():
        names = [one.name for one, bad in zip(card.features, wrong, strict=True) if bad]
        raise SystemExit(f"creditscore and pandas differ in {len(names)} features: {', '.join(names[:10])}")
    few = rows[:20]
    pd_ = probability(assess(card, few).log_odds)
    if not np.allclose(pd_, model.predict_proba(few)[:, 1], rtol=1e-12, atol=0):
        raise SystemExit("creditscore and LightGBM differ in probabilities")
    exact = shap.TreeExplainer(model, shap.maskers.Independent(rows[:REFERENCE_ROWS], max_samples=REFERENCE_ROWS))
    theirs = exact.shap_values(few, check_additivity=False)
    worst = float(np.abs(card.explainer().contributions(few) - theirs).max())
    if worst > 1e-6:
        raise SystemExit(f"creditscore and shap differ by {worst:.1e}")


def one_borrower(card: Scorecard, model: Any, explainer: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    events = history(np.random.default_rng(1))
    tables = {name: events[name] for name in ("transactions", "trips", "obligations")}
    built = row(card.features, tables, pd.Timestamp(END))
    features = dict(zip(card.plan.names, built[0].tolist(), strict=True))
    from_json = json.loads(json.dumps(tables, default=dt.datetime.isoformat))
    if score(card, from_json, as_of=END) != score(card, tables, as_of=END):
        raise SystemExit("creditscore scores datetimes and JSON's text differently")
    score_features(card, features)
    ways: dict[str, tuple[Way, int]] = {
        "ours, from dicts": (lambda: score(card, tables, as_of=END), arguments.calls),
        "ours, from JSON's dicts": (lambda: score(card, from_json, as_of=END), arguments.calls),
        "ours, from features": (lambda: score_features(card, features), arguments.calls),
        "usual, from dicts": (
            lambda: usual(card, model, explainer, row(card.features, tables, pd.Timestamp(END))),
            arguments.peer_calls,
        ),
        "usual, from features": (lambda: usual(card, model, explainer, built), arguments.peer_calls),
    }
    times = in_turns(ways)
    p50, p99 = ({name: float(np.percentile(taken, q)) for name, taken in times.items()} for q in (50, 99))
    for name in times:
        print(f"  {name:<23} p50 {p50[name]:9.3f} ms   p99 {p99[name]:9.3f} ms", flush=True)
    return {
        "ratio": round(p50["usual, from dicts"] / p50["ours, from dicts"], 1),
        "p50_ms": round(p50["ours, from dicts"], 3),
        "p99_ms": round(p99["ours, from dicts"], 3),
        "json": {
            "p50_ms": round(p50["ours, from JSON's dicts"], 3),
            "p99_ms": round(p99["ours, from JSON's dicts"], 3),
        },
        "features": {
            "ratio": round(p50["usual, from features"] / p50["ours, from features"], 1),
            "p50_ms": round(p50["ours, from features"], 3),
            "p99_ms": round(p99["ours, from features"], 3),
        },
        "usual_p50_ms": round(p50["usual, from dicts"], 2),
    }


def usual(card: Scorecard, model: Any, explainer: Any, X: np.ndarray) -> tuple[Any, Any]:
    """Probabilities, and the four worst codes of each row, from SHAP values summed by code."""
    bad = model.predict_proba(X)[:, 1]
    values = explainer.shap_values(X, check_additivity=False)
    summed = in_points(card, card.code_columns.sum(values, card.presence.absent(X)))
    return bad, np.argpartition(summed, 4, axis=1)[:, :4]


def in_turns(ways: dict[str, tuple[Way, int]]) -> dict[str, list[float]]:
    """Milliseconds a call, the ways taking turns in twenty rounds; the first calls of each round are not counted."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(20):
        for name, (way, calls) in ways.items():
            way()
            for _ in range(max(1, calls // 20)):
                began = time.perf_counter()
                way()
                taken[name].append(1e3 * (time.perf_counter() - began))
    return taken


def batch(card: Scorecard, model: Any, explainer: Any, rows: int) -> dict[str, float]:
    """Microseconds a row of many: ours on all, block by block, theirs on some, at the better of two blocks."""
    X, _ = drawn(card.features, min(rows, BLOCK), seed=2)
    table = pa.table(dict(zip(card.plan.names, X.T, strict=True)))
    score_features(card, table.slice(0, 5))
    few = X[:PEER_ROWS]

    def in_blocks(rows_: np.ndarray, size: int) -> list[object]:
        return [usual(card, model, explainer, rows_[i : i + size]) for i in range(0, len(rows_), size)]

    theirs = min(_seconds(lambda size=size: in_blocks(few, size)) for size in (len(few), 200))
    blocks = max(1, rows // len(X))
    ours = _seconds(lambda: [score_features(card, table) for _ in range(blocks)])
    mine, peer = 1e6 * ours / (blocks * len(X)), 1e6 * theirs / len(few)
    print(f"  many rows: {mine:.1f} µs a row ({blocks * len(X):,}), the usual way {peer:,.1f} µs ({len(few):,})")
    return {"ratio": round(peer / mine, 1), "us_per_row": round(mine, 1), "rows": blocks * len(X)}


def start_seconds(card: Scorecard, starts: int) -> float:
    """From `import creditscore` to the first score in a new process; one unmeasured process fills the caches."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "benchmark.scorecard"
        save(card, path)
        command = [sys.executable, "-c", START, str(path)]
        run = lambda: float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: E731
        run()
        return round(median(run() for _ in range(starts)), 2)


def _seconds(way: Way) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
