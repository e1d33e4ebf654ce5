"""A made payments platform: transactions in the order of time, as platforms export them, and applications."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sixty import DAY

KINDS = {"purchase": 0.72, "transfer_out": 0.08, "withdrawal": 0.07, "income": 0.07, "refund": 0.06}
STATUSES = {"completed": 0.94, "cancelled": 0.04, "failed": 0.02}
MERCHANTS, CATEGORIES = 50_000, 30
# What the shipped table would not know.
CLASSES = {f"category {i:02}": "ordinary" for i in range(CATEGORIES)}
FIRST_DAY, YEAR = 19_358, 365  # 1 January 2023, in days since 1970; two years of events, applications in the second
ROWS_AT_ONCE = 1_000_000
TIME = pa.timestamp("us", tz="UTC")


def make_data(folder: Path, events: int, applications: int, slice_share: float) -> None:
    """transactions.parquet and applications.parquet, and in slice/ those of the first borrowers alone."""
    rng = np.random.default_rng(1)
    borrowers = max(1, applications * 10 // 11)
    ids = words("b", borrowers, 7)
    asks = applications_of(rng, ids, applications)
    pq.write_table(asks, folder / "applications.parquet")
    (folder / "slice").mkdir()
    few = ids[: max(1, int(borrowers * slice_share))]
    pq.write_table(of_borrowers(asks, few), folder / "slice/applications.parquet")
    activity = cumulated(rng.lognormal(sigma=0.6, size=borrowers))
    ends = np.linspace(0, events, -(-events // ROWS_AT_ONCE) + 1).astype(int)
    with (
        pq.ParquetWriter(folder / "transactions.parquet", _SCHEMA) as everyone,
        pq.ParquetWriter(folder / "slice/transactions.parquet", _SCHEMA) as some,
    ):
        for first, last in pairwise(ends):
            part = _transactions(rng, ids, activity, first / events, last / events, last - first)
            everyone.write_table(part, row_group_size=250_000)
            some.write_table(of_borrowers(part, few))


def applications_of(rng: np.random.Generator, ids: pa.Array, n: int, prefix: str = "a") -> pa.Table:
    """Everyone applies once, the first tenth of them again."""
    as_of = (FIRST_DAY + YEAR) * DAY + rng.integers(0, YEAR * DAY, n)
    who = pa.array(np.arange(n) % len(ids))
    return pa.table({"application_id": words(prefix, n, 7), "borrower_id": ids.take(who), "as_of": times(as_of)})


_SCHEMA = pa.schema(
    [("borrower_id", pa.string()), ("time", TIME), ("kind", pa.string()), ("amount", pa.float64()),
     ("merchant_id", pa.string()), ("category", pa.string()), ("status", pa.string())]
)  # fmt: skip


def _transactions(
    rng: np.random.Generator, ids: pa.Array, activity: np.ndarray, begin: float, end: float, n: int
) -> pa.Table:
    """n transactions within this part of the two years; amounts from 0.50 to 10,000.00."""
    time = np.sort(rng.integers(int(begin * 2 * YEAR * DAY), int(end * 2 * YEAR * DAY), n)) + FIRST_DAY * DAY
    popular = cumulated(1 / np.arange(1, MERCHANTS + 1))
    columns = {
        "borrower_id": ids.take(draw(rng, activity, n)),
        "time": times(time),
        "kind": pick(rng, KINDS, n),
        "amount": np.round(np.clip(rng.lognormal(3.5, 1.2, n), 0.5, 10_000), 2),
        "merchant_id": words("m", MERCHANTS, 5).take(draw(rng, popular, n)),
        "category": words("category ", CATEGORIES, 2).take(pa.array(rng.integers(0, CATEGORIES, n))),
        "status": pick(rng, STATUSES, n),
    }
    return pa.table(columns, schema=_SCHEMA)


def times(microseconds: np.ndarray, mask: np.ndarray | None = None) -> pa.Array:
    """Instants, missing where the mask says so."""
    return pa.array(microseconds, mask=mask).cast(TIME)


def words(prefix: str, n: int, digits: int) -> pa.Array:
    """n different words: the prefix, then a number of so many digits."""
    return pa.array([f"{prefix}{i:0{digits}}" for i in range(n)])


def pick(rng: np.random.Generator, shares: dict[str, float], n: int) -> pa.Array:
    """n of these words, each as often as its share says."""
    return pa.array(list(shares)).take(draw(rng, cumulated(np.array([*shares.values()])), n))


def cumulated(weights: np.ndarray) -> np.ndarray:
    """Cumulative shares, for `draw`."""
    return np.cumsum(weights) / weights.sum()


def draw(rng: np.random.Generator, shares: np.ndarray, n: int) -> pa.Array:
    """n places, drawn by their cumulative shares."""
    return pa.array(np.minimum(np.searchsorted(shares, rng.random(n)), len(shares) - 1))


def of_borrowers(table: pa.Table, borrowers: pa.Array) -> pa.Table:
    """The rows of these borrowers."""
    return table.filter(pc.is_in(table["borrower_id"], value_set=borrowers))


def keep_few(whole: Path, part: Path, tables: Iterable[str], borrowers: int) -> None:
    """The tables of so many of the borrowers who applied, from one folder into another."""
    part.mkdir(exist_ok=True)
    few = pq.read_table(whole / "applications.parquet")["borrower_id"].unique()[:borrowers]
    for name in tables:
        pq.write_table(of_borrowers(pq.read_table(whole / f"{name}.parquet"), few), part / f"{name}.parquet")
