"""One borrower with 300 events: how long until the features are there, on one thread.

    python benchmarks/one_borrower.py [--calls 2_000] [--peer-calls 300]

The whole catalogue from arrays, from lists of dicts and from Arrow tables in the contract's form, and the sixty
features of features.py, of the same borrower's transactions, beside DuckDB (a prepared statement) and Polars on tables
in memory. All ways give the same bits, and the peers the same values.
Prints microseconds by way, and as its last line one JSON object.
"""

import argparse
import datetime as dt
import gc
import importlib
import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from by_creditscore import SIXTY
from feature_data import CATEGORIES, KINDS, MERCHANTS, STATUSES, YEAR
from sixty import DAY, disagreements

from creditscore.events.load import load_events
from creditscore.events.rows import plain
from creditscore.events.schema import CONTRACT, Events
from creditscore.features import CATALOGUE
from creditscore.features.build import compute
from creditscore.features.one import arrays, ready, row_from_arrays, row_of_plain
from creditscore.features.plan import Plan, make_plan
from creditscore.governance.gate import usable_history
from creditscore.governance.rules import DEFAULT
from creditscore.governance.words import ORDINARY

BORROWER = "b0000001"
TRANSACTIONS, TRIPS, OBLIGATIONS = 240, 30, 30
END = dt.datetime(2024, 12, 31, 12, tzinfo=dt.UTC)
PEER_TABLES = ("transactions", "applications")
Rows = dict[str, list[dict[str, Any]]]
Way = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--peer-calls", type=int, default=300)
    arguments = parser.parse_args()
    os.environ["POLARS_MAX_THREADS"] = "1"
    rows = history(np.random.default_rng(1))
    ours, theirs = our_ways(rows), peer_ways({name: pa.Table.from_pylist(rows[name]) for name in PEER_TABLES})
    check(ours, {name: way() for name, way in theirs.items()})
    print(f"{sum(map(len, rows.values())) - 1} events, {len(CATALOGUE)} features in the catalogue, one thread; "
          f"{arguments.calls:,} calls of ours, {arguments.peer_calls:,} of theirs")  # fmt: skip
    times = {name: microseconds(way, arguments.calls) for name, way in ours.items()}
    times |= {name: microseconds(way, arguments.peer_calls) for name, way in theirs.items()}
    p50, p99 = ({name: round(float(np.percentile(t, q)), 1) for name, t in times.items()} for q in (50, 99))
    for name in times:
        print(f"  {name:<22} p50 {p50[name]:10,.1f} µs   p99 {p99[name]:10,.1f} µs")
    ratio = min(p50[name] for name in theirs) / p50["sixty from dicts"]
    print(json.dumps({"name": "one-borrower", "p50_us": p50, "p99_us": p99, "ratio": round(ratio, 2)}))


def our_ways(rows: Rows) -> dict[str, Way]:
    """From arrays, dicts and Arrow, for the catalogue and for the sixty; a float64[1, features] each."""
    events = load_events(**rows).of(BORROWER)
    history = {name: rows[name] for name in ("transactions", "trips", "obligations")}
    ways = {}
    for name, features, read in (
        ("catalogue", CATALOGUE, history),
        ("sixty", SIXTY, {"transactions": rows["transactions"]}),
    ):
        ways |= {f"{name} {way}": call for way, call in _ways(make_plan(features), events, read).items()}
    return ways


def _ways(plan: Plan, events: Events, history: Rows) -> dict[str, Way]:
    as_of = round(END.timestamp() * 1e6)
    made = {
        one.plan.table: arrays(one, plain(history[one.plan.table], CONTRACT[one.plan.table])) for one in ready(plan)
    }
    nothing = np.full(len(plan.application_columns), np.nan)
    return {
        "from arrays": lambda: row_from_arrays(plan, made, as_of, nothing),
        "from dicts": lambda: row_of_plain(plan, usable_history(history, DEFAULT), as_of, {}),
        "from arrow": lambda: compute(plan, events, events.applications, threads=1),
    }


def peer_ways(tables: dict[str, pa.Table]) -> dict[str, Way]:
    return {**_duckdb(tables), **_polars(tables)}


def _duckdb(tables: dict[str, pa.Table]) -> dict[str, Way]:
    by_duckdb = importlib.import_module("by_duckdb")
    connection = by_duckdb.connect(1)
    for name, table in tables.items():
        connection.register("given", table)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        connection.unregister("given")
    for name in ("filtered", "bucketed"):
        sql = getattr(by_duckdb, f"{name}_sql")(*PEER_TABLES)
        connection.execute(f"PREPARE {name} AS {sql}")
    return {
        f"duckdb {name}": lambda name=name: connection.sql(f"EXECUTE {name}").to_arrow_table()
        for name in ("filtered", "bucketed")
    }


def _polars(tables: dict[str, pa.Table]) -> dict[str, Way]:
    """Imported late: it reads the number of its threads then."""
    by_polars, polars = importlib.import_module("by_polars"), importlib.import_module("polars")
    frames = [polars.from_arrow(tables[name]).lazy() for name in PEER_TABLES]
    formulations = {"polars filtered": by_polars.filtered_frame, "polars bucketed": by_polars.bucketed_frame}
    return {name: lambda make=make: make(*frames).collect().to_arrow() for name, make in formulations.items()}


def check(ours: dict[str, Way], theirs: dict[str, pa.Table]) -> None:
    """All of ours to the last bit, all of theirs to rounding."""
    for name in ("catalogue", "sixty"):
        if len({ours[f"{name} from {way}"]().tobytes() for way in ("arrays", "dicts", "arrow")}) > 1:
            raise SystemExit(f"the {name} differs by way")
    names = ["application_id", *make_plan(SIXTY).names]
    row = [["a0000001"], *([value] for value in ours["sixty from dicts"]()[0])]
    made = pa.table([pa.array(column, from_pandas=True) for column in row], names=names)
    for name, table in theirs.items():
        if wrong := disagreements(made, table):
            raise SystemExit(f"creditscore disagrees with {name}:\n  " + "\n  ".join(wrong))


def microseconds(way: Way, calls: int) -> np.ndarray:
    for _ in range(20):
        way()
    gc.collect()
    times = np.empty(calls)
    for i in range(calls):
        began = time.perf_counter_ns()
        way()
        times[i] = (time.perf_counter_ns() - began) / 1_000
    return times


def history(rng: np.random.Generator) -> Rows:
    """One borrower's events of two years, and an application at the end of them."""
    return {
        "transactions": [_transaction(rng, f"t{i}") for i in range(TRANSACTIONS)],
        "trips": [_trip(rng, f"r{i}") for i in range(TRIPS)],
        "obligations": [_obligation(rng, f"o{i}") for i in range(OBLIGATIONS)],
        "applications": [{"application_id": "a0000001", "borrower_id": BORROWER, "as_of": END}],
    }


def _transaction(rng: np.random.Generator, event_id: str) -> dict[str, Any]:
    return {
        **_event(rng, event_id),
        "kind": str(rng.choice(list(KINDS), p=list(KINDS.values()))),
        "amount": _money(rng),
        "merchant_id": f"m{rng.zipf(1.5) % MERCHANTS:05}",
        "category": ORDINARY[rng.integers(CATEGORIES)],
        "status": str(rng.choice(list(STATUSES), p=list(STATUSES.values()))),
    }


def _trip(rng: np.random.Generator, event_id: str) -> dict[str, Any]:
    event = _event(rng, event_id)
    return {
        **event,
        "mode": str(rng.choice(["flight", "rail", "ride", "hotel"])),
        "departs_at": event["time"] + dt.timedelta(days=int(rng.integers(30))),
        "origin": f"place {rng.integers(3)}",
        "destination": f"place {rng.integers(20)}",
        "distance_km": float(rng.integers(5, 2_000)),
        "amount": _money(rng),
    }


def _obligation(rng: np.random.Generator, event_id: str) -> dict[str, Any]:
    event = _event(rng, event_id)
    due = event["time"] + dt.timedelta(days=30)
    paid = due + dt.timedelta(days=int(rng.integers(-20, 20)))
    return {**event, "kind": "instalment", "due_at": due, "paid_at": paid, "amount_due": _money(rng)}


def _event(rng: np.random.Generator, event_id: str) -> dict[str, Any]:
    before = dt.timedelta(microseconds=int(rng.integers(1, 2 * YEAR * DAY)))
    return {"event_id": event_id, "borrower_id": BORROWER, "time": END - before, "platform": "payments"}


def _money(rng: np.random.Generator) -> float:
    return round(float(rng.lognormal(3.5, 1.2)) + 0.5, 2)


if __name__ == "__main__":
    main()
