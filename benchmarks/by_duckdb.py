"""The sixty features by DuckDB, in two formulations and on the floor that both stand on."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
from sixty import DAY, WINDOWS, by_window

# `a` numbers the applications: grouping by an integer is quicker than by text.
_JOINED = f"""
    asked AS MATERIALIZED (SELECT row_number() OVER () AS a, application_id, borrower_id, epoch_us(as_of) AS as_of
                           FROM {{applications}}),
    known AS (SELECT borrower_id, epoch_us(time) AS time, kind, amount, merchant_id, category FROM {{transactions}}
              WHERE status = 'completed' AND kind IN ('purchase', 'refund', 'withdrawal', 'transfer_out')),
    joined AS (SELECT a, as_of - time AS age, kind, amount, merchant_id, category,
                      CAST(round(amount * 100) AS BIGINT) AS cents, time // 3600000000 % 24 AS hour
               FROM known JOIN asked USING (borrower_id)
               WHERE as_of > time AND as_of - time <= {WINDOWS[-1] * DAY})"""

_FILTERED = [
    "count(*) FILTER (kind = 'purchase' AND age <= {age}) AS purchases_{d}d",
    "sum(amount) FILTER (kind = 'purchase' AND age <= {age}) AS purchase_total_{d}d",
    "avg(amount) FILTER (kind = 'purchase' AND age <= {age}) AS purchase_mean_{d}d",
    "stddev_samp(amount) FILTER (kind = 'purchase' AND age <= {age}) AS purchase_spread_{d}d",
    "min(amount) FILTER (kind = 'purchase' AND age <= {age}) AS purchase_smallest_{d}d",
    "max(amount) FILTER (kind = 'purchase' AND age <= {age}) AS purchase_largest_{d}d",
    "count(DISTINCT merchant_id) FILTER (kind = 'purchase' AND age <= {age}) AS merchants_{d}d",
    "count(DISTINCT category) FILTER (kind = 'purchase' AND age <= {age}) AS categories_{d}d",
    "count(*) FILTER (kind = 'purchase' AND age <= {age} AND (hour >= 23 OR hour < 5))"
    " / nullif(count(*) FILTER (kind = 'purchase' AND age <= {age}), 0) AS night_share_{d}d",
    "count(*) FILTER (kind = 'refund' AND age <= {age})"
    " / nullif(count(*) FILTER (kind = 'purchase' AND age <= {age}), 0) AS refund_share_{d}d",
    "sum(amount) FILTER (kind = 'withdrawal' AND age <= {age}) AS withdrawal_total_{d}d",
    "coalesce(sum(amount) FILTER (kind = 'withdrawal' AND age <= {age}), 0)"
    " / sum(amount) FILTER (kind <> 'refund' AND age <= {age}) AS withdrawal_share_{d}d",
]

_ADDED = [
    "sum(n) FILTER (ring <= {ring}) AS purchases_{d}d",
    "sum(x) FILTER (ring <= {ring}) / 100 AS purchase_total_{d}d",
    "sum(x) FILTER (ring <= {ring}) / sum(n) FILTER (ring <= {ring}) / 100 AS purchase_mean_{d}d",
    "sqrt((sum(n) FILTER (ring <= {ring}) * sum(xx) FILTER (ring <= {ring}) - sum(x) FILTER (ring <= {ring}) ** 2)"
    " / nullif(sum(n) FILTER (ring <= {ring}) * (sum(n) FILTER (ring <= {ring}) - 1), 0)) / 100"
    " AS purchase_spread_{d}d",
    "min(low) FILTER (ring <= {ring}) AS purchase_smallest_{d}d",
    "max(high) FILTER (ring <= {ring}) AS purchase_largest_{d}d",
    "sum(night) FILTER (ring <= {ring}) / sum(n) FILTER (ring <= {ring}) AS night_share_{d}d",
    "sum(refunds) FILTER (ring <= {ring}) / nullif(sum(n) FILTER (ring <= {ring}), 0) AS refund_share_{d}d",
    "sum(withdrawn) FILTER (ring <= {ring}) / 100 AS withdrawal_total_{d}d",
    "sum(withdrawn) FILTER (ring <= {ring}) / nullif(sum(paid_out) FILTER (ring <= {ring}), 0)"
    " AS withdrawal_share_{d}d",
]


def filtered_sql(transactions: str, applications: str) -> str:
    """One join, sixty conditional aggregates."""
    joined = _JOINED.format(transactions=transactions, applications=applications)
    return f"""WITH {joined}, made AS (SELECT a, {_each(_FILTERED)} FROM joined GROUP BY a)
        SELECT application_id, made.* EXCLUDE (a) FROM asked LEFT JOIN made USING (a)"""


def bucketed_sql(transactions: str, applications: str) -> str:
    """An event counts in its ring, a merchant or category in the nearest ring where it was seen; then rings add up."""
    joined = _JOINED.format(transactions=transactions, applications=applications)
    ring = " ".join(by_window("WHEN age <= {age} THEN {ring}"))
    return f"""WITH {joined},
        events AS MATERIALIZED (SELECT *, CAST(CASE {ring} END AS UTINYINT) AS ring FROM joined),
        rings AS (
            SELECT a, ring, count(*) FILTER (kind = 'purchase') AS n,
                   count(*) FILTER (kind = 'purchase' AND (hour >= 23 OR hour < 5)) AS night,
                   CAST(sum(cents) FILTER (kind = 'purchase') AS BIGINT) AS x,
                   CAST(sum(cents * cents) FILTER (kind = 'purchase') AS BIGINT) AS xx,
                   min(amount) FILTER (kind = 'purchase') AS low, max(amount) FILTER (kind = 'purchase') AS high,
                   count(*) FILTER (kind = 'refund') AS refunds,
                   coalesce(CAST(sum(cents) FILTER (kind = 'withdrawal') AS BIGINT), 0) AS withdrawn,
                   CAST(sum(cents) FILTER (kind <> 'refund') AS BIGINT) AS paid_out
            FROM events GROUP BY ALL),
        {_nearest("merchants", "merchant_id")},
        {_nearest("categories", "category")},
        made AS (SELECT a, {_each(_ADDED)} FROM rings GROUP BY a)
        SELECT * EXCLUDE (a, borrower_id, as_of)
        FROM asked LEFT JOIN made USING (a) LEFT JOIN merchants USING (a) LEFT JOIN categories USING (a)"""


def floor_sql(transactions: str, applications: str) -> str:
    """The least that any engine must do: read, join, one sum."""
    return f"SELECT sum(amount) AS total FROM {transactions} JOIN {applications} USING (borrower_id) WHERE time < as_of"


def _each(expressions: list[str]) -> str:
    return ", ".join(one for expression in expressions for one in by_window(expression))


def _nearest(name: str, column: str) -> str:
    counts = ", ".join(by_window(f"count(*) FILTER (ring <= {{ring}}) AS {name}_{{d}}d"))
    nearest = f"SELECT a, {column}, min(ring) AS ring FROM events WHERE kind = 'purchase' GROUP BY ALL"
    return f"{name} AS (SELECT a, {counts} FROM ({nearest}) GROUP BY a)"


def connect(threads: int) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})


def _contender(sql: Callable[[str, str], str]) -> Callable[[Path, int], pa.Table]:
    def run(folder: Path, threads: int) -> pa.Table:
        sources = (f"read_parquet('{folder / name}.parquet')" for name in ("transactions", "applications"))
        with connect(threads) as connection:
            return connection.sql(sql(*sources)).to_arrow_table()

    return run


CONTENDERS = {
    "duckdb filtered": _contender(filtered_sql),
    "duckdb bucketed": _contender(bucketed_sql),
    "duckdb floor": _contender(floor_sql),
}
