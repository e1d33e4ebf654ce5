"""A made market for the whole catalogue: transactions, trips, obligations and applications, in the order of time.

Four events in five are transactions, one in twelve a trip, the rest obligations. One row in twenty is recorded late;
a status, a payment or an end becomes known after the event, as often as not after the application.
"""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from feature_data import (
    FIRST_DAY,
    ROWS_AT_ONCE,
    YEAR,
    applications_of,
    cumulated,
    draw,
    of_borrowers,
    pick,
    times,
    words,
)
from sixty import DAY

SHARES = {"transactions": 0.80, "trips": 0.08, "obligations": 0.12}
PLATFORMS = {"alder": 0.55, "birch": 0.25, "cedar": 0.15, "dill": 0.05}
KINDS = {"purchase": 0.52, "payment": 0.14, "transfer_out": 0.07, "transfer_in": 0.06, "withdrawal": 0.06,
         "income": 0.05, "refund": 0.04, "top_up": 0.04, "fee": 0.02}  # fmt: skip
STATUSES = {"completed": 0.93, "cancelled": 0.04, "failed": 0.03}
CHANNELS = {"app": 0.6, "web": 0.2, "shop": 0.15, "phone": 0.05}
MODES = {"rail": 0.35, "ride": 0.25, "flight": 0.2, "hotel": 0.12, "coach": 0.05, "tour": 0.03}
SCOPES = {"domestic": 0.9, "international": 0.1}
TRIP_STATUSES = {"completed": 0.88, "cancelled": 0.1, "no_show": 0.02}
DEBTS = {"instalment": 0.45, "pay_later": 0.3, "bill": 0.2, "loan": 0.05}
MERCHANTS, CATEGORIES, CITIES = 50_000, 30, 300
OFFSETS = (480, 540, 330)

Draw = np.random.Generator
Columns = dict[str, pa.Array]


def make_catalogue_data(
    folder: Path, events: int, applications: int, slice_share: float, part: int | None = None
) -> None:
    """The four files, and in slice/ those of the first borrowers alone; of a numbered part, with ids of its own."""
    rng = np.random.default_rng(2 if part is None else (2, part))
    borrowers = max(1, applications * 10 // 11)
    own = "" if part is None else f"{part:03}-"
    ids = words(f"b{own}", borrowers, 7)
    few = ids[: max(1, int(borrowers * slice_share))]
    (folder / "slice").mkdir(parents=True)
    asks = _asked(rng, applications_of(rng, ids, applications, f"a{own}"))
    pq.write_table(asks, folder / "applications.parquet")
    pq.write_table(of_borrowers(asks, few), folder / "slice/applications.parquet")
    activity = cumulated(rng.lognormal(sigma=0.6, size=borrowers))
    for name, share in SHARES.items():
        _write(rng, folder, name, round(events * share), (ids, activity, few))


def _asked(rng: Draw, asks: pa.Table) -> pa.Table:
    """What is applied for: an amount, a term, and the instalment that both amount to."""
    amount = np.round(rng.lognormal(8.5, 0.6, asks.num_rows), 2)
    months = rng.choice([6.0, 12.0, 24.0, 36.0], asks.num_rows)
    asked = {"amount": amount, "term_months": months, "instalment": np.round(amount * 1.1 / months, 2)}
    for name, values in asked.items():
        asks = asks.append_column(name, pa.array(values))
    return asks


def _write(rng: Draw, folder: Path, name: str, n: int, people: tuple[pa.Array, np.ndarray, pa.Array]) -> None:
    ids, activity, few = people
    ends = np.linspace(0, n, -(-n // ROWS_AT_ONCE) + 1).astype(int)
    parts = (_part(rng, name, ids.take(draw(rng, activity, last - first)), first / n, last / n)
             for first, last in pairwise(ends))  # fmt: skip
    first = next(parts)
    with (
        pq.ParquetWriter(folder / f"{name}.parquet", first.schema) as everyone,
        pq.ParquetWriter(folder / f"slice/{name}.parquet", first.schema) as some,
    ):
        for part in (first, *parts):
            everyone.write_table(part, row_group_size=250_000)
            some.write_table(of_borrowers(part, few))


def _part(rng: Draw, name: str, who: pa.Array, begin: float, end: float) -> pa.Table:
    """Events within this part of the two years, oldest first."""
    n = len(who)
    time = np.sort(rng.integers(int(begin * 2 * YEAR * DAY), int(end * 2 * YEAR * DAY), n)) + FIRST_DAY * DAY
    shared = {
        "borrower_id": who,
        "time": times(time),
        "recorded_at": _later(rng, time, 0.05, 3),
        "utc_offset_minutes": pa.array(rng.choice(OFFSETS, n, p=(0.9, 0.06, 0.04)).astype(np.int16)),
        "platform": pick(rng, PLATFORMS, n),
    }
    return pa.table(shared | _OWN[name](rng, time))


def _transactions(rng: Draw, time: np.ndarray) -> Columns:
    n = len(time)
    popular = cumulated(1 / np.arange(1, MERCHANTS + 1))
    return {
        "kind": pick(rng, KINDS, n),
        "amount": _money(rng, n, 3.5, 1.2),
        "category": words("category ", CATEGORIES, 2).take(draw(rng, cumulated(1 / np.arange(1, CATEGORIES + 1)), n)),
        "merchant_id": words("m", MERCHANTS, 5).take(draw(rng, popular, n)),
        "channel": pick(rng, CHANNELS, n),
        "status": pick(rng, STATUSES, n),
        "status_at": _later(rng, time, 0.1, 20),
        "balance": pa.array(np.round(rng.normal(2_000, 1_500, n), 2), mask=rng.random(n) < 0.3),
        "city": words("city ", CITIES, 3).take(draw(rng, cumulated(1 / np.arange(1, CITIES + 1) ** 2), n)),
    }


def _trips(rng: Draw, time: np.ndarray) -> Columns:
    n = len(time)
    departs = time + rng.exponential(12 * DAY, n).astype(np.int64)
    cities = words("city ", CITIES, 3)
    popular = cumulated(1 / np.arange(1, CITIES + 1))
    return {
        "mode": pick(rng, MODES, n),
        "departs_at": times(departs, mask=rng.random(n) < 0.05),
        "scope": pick(rng, SCOPES, n),
        "origin": cities.take(draw(rng, popular, n)),
        "destination": cities.take(draw(rng, popular, n)),
        "distance_km": pa.array(np.round(rng.lognormal(5.5, 1, n), 3), mask=rng.random(n) < 0.2),
        "nights": pa.array(rng.poisson(1.5, n), mask=rng.random(n) < 0.2),
        "amount": _money(rng, n, 5.5, 0.8),
        "status": pick(rng, TRIP_STATUSES, n),
        "status_at": _later(rng, departs, 0.3, 5),
    }


def _obligations(rng: Draw, time: np.ndarray) -> Columns:
    """Most are paid around the day when they fall due, some late, some in part, few ended otherwise, a few neither."""
    n = len(time)
    due = time + 30 * DAY
    paid = due + (rng.normal(-2, 3, n) + (rng.random(n) < 0.15) * rng.exponential(25, n)) * DAY
    paid_at, ended = np.maximum(paid.astype(np.int64), time), rng.random(n)
    amount = np.round(np.clip(rng.lognormal(4.5, 0.8, n), 1, 20_000), 2)
    return {
        "kind": pick(rng, DEBTS, n),
        "due_at": times(due),
        "paid_at": times(paid_at, mask=ended < 0.06),
        "ended_at": times(due + 120 * DAY, mask=ended >= 0.03),
        "amount_due": pa.array(amount),
        "amount_paid": pa.array(np.round(amount * 0.5, 2), mask=rng.random(n) < 0.9),
    }


_OWN: dict[str, Callable[[Draw, np.ndarray], Columns]] = {
    "transactions": _transactions,
    "trips": _trips,
    "obligations": _obligations,
}


def _money(rng: Draw, n: int, log_mean: float, log_spread: float) -> pa.Array:
    return pa.array(np.round(np.clip(rng.lognormal(log_mean, log_spread, n), 0.5, 10_000), 2))


def _later(rng: Draw, time: np.ndarray, share: float, days: int) -> pa.Array:
    """For that share of rows an instant up to so many days after, for the others none."""
    n = len(time)
    return times(time + rng.integers(1, days * DAY, n), mask=rng.random(n) >= share)
