"""The sixty features by Polars' streaming engine, in two formulations."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
from sixty import DAY, WINDOWS

_amount, _cents, _age = pl.col("amount"), pl.col("cents"), pl.col("age")
_purchase, _night = pl.col("kind") == "purchase", pl.col("night")
_refund, _withdrawal = pl.col("kind") == "refund", pl.col("kind") == "withdrawal"


def filtered_frame(transactions: pl.LazyFrame, applications: pl.LazyFrame) -> pl.LazyFrame:
    """One join, sixty filtered expressions."""
    asked = _asked(applications)
    made = _joined(transactions, asked).group_by("a").agg(x for days in WINDOWS for x in _filtered(days))
    return asked.select("a", "application_id").join(made, on="a", how="left").drop("a")


def bucketed_frame(transactions: pl.LazyFrame, applications: pl.LazyFrame) -> pl.LazyFrame:
    """As DuckDB's: each event in its ring, each merchant and category in its nearest one, then rings added up."""
    asked = _asked(applications)
    ring = sum((days * DAY < _age).cast(pl.UInt8) for days in WINDOWS[:-1])
    events = _joined(transactions, asked).with_columns(ring=ring)
    made = events.group_by("a", "ring").agg(_RING).group_by("a").agg(x for r in range(len(WINDOWS)) for x in _added(r))
    out = asked.select("a", "application_id").join(made, on="a", how="left")
    for name, column in (("merchants", "merchant_id"), ("categories", "category")):
        nearest = events.filter(_purchase).group_by("a", column).agg(pl.col("ring").min())
        counts = [(pl.col("ring") <= r).sum().alias(f"{name}_{days}d") for r, days in enumerate(WINDOWS)]
        out = out.join(nearest.group_by("a").agg(counts), on="a", how="left")
    return out.drop("a")


def _asked(applications: pl.LazyFrame) -> pl.LazyFrame:
    return applications.with_row_index("a").select("a", "application_id", "borrower_id", pl.col("as_of").dt.epoch("us"))


def _joined(transactions: pl.LazyFrame, asked: pl.LazyFrame) -> pl.LazyFrame:
    time = pl.col("time").dt.epoch("us")
    known = transactions.filter(
        pl.col("status") == "completed", pl.col("kind").is_in(["purchase", "refund", "withdrawal", "transfer_out"])
    ).select("borrower_id", "kind", "amount", "merchant_id", "category", time=time)
    joined = known.join(asked.drop("application_id"), on="borrower_id")
    hour = pl.col("time") // 3_600_000_000 % 24
    return (
        joined.with_columns(age=pl.col("as_of") - pl.col("time"))
        .filter(_age > 0, WINDOWS[-1] * DAY >= _age)
        .select("a", "kind", "amount", "merchant_id", "category", "age",
                cents=(_amount * 100).round().cast(pl.Int64), night=(hour >= 23) | (hour < 5))
    )  # fmt: skip


def _filtered(days: int) -> list[pl.Expr]:
    within = days * DAY >= _age
    bought, spent = _purchase & within, _amount.filter(_purchase & within)
    drawn = _amount.filter(_withdrawal & within).sum()
    named = {
        "purchases": bought.sum(),
        "purchase_total": spent.sum(),
        "purchase_mean": spent.mean(),
        "purchase_spread": spent.std(),
        "purchase_smallest": spent.min(),
        "purchase_largest": spent.max(),
        "merchants": pl.col("merchant_id").filter(bought).n_unique(),
        "categories": pl.col("category").filter(bought).n_unique(),
        "night_share": _over((bought & _night).sum(), bought.sum()),
        "refund_share": _over((_refund & within).sum(), bought.sum()),
        "withdrawal_total": drawn,
        "withdrawal_share": _over(drawn, _amount.filter(~_refund & within).sum()),
    }
    return [expression.alias(f"{name}_{days}d") for name, expression in named.items()]


_RING = [
    _purchase.sum().cast(pl.Int64).alias("n"),
    (_purchase & _night).sum().cast(pl.Int64).alias("night"),
    _cents.filter(_purchase).sum().alias("x"),
    (_cents * _cents).filter(_purchase).sum().alias("xx"),
    _amount.filter(_purchase).min().alias("low"),
    _amount.filter(_purchase).max().alias("high"),
    _refund.sum().cast(pl.Int64).alias("refunds"),
    _cents.filter(_withdrawal).sum().alias("withdrawn"),
    _cents.filter(~_refund).sum().alias("paid_out"),
]


def _added(ring: int) -> list[pl.Expr]:
    n, night, x, xx, low, high, refunds, withdrawn, paid_out = (
        pl.col(name).filter(pl.col("ring") <= ring)
        for name in ("n", "night", "x", "xx", "low", "high", "refunds", "withdrawn", "paid_out")
    )
    n, x, withdrawn = n.sum(), x.sum(), withdrawn.sum()
    named = {
        "purchases": n,
        "purchase_total": x / 100,
        "purchase_mean": _over(x, n) / 100,
        "purchase_spread": _over(n * xx.sum() - x * x, n * (n - 1)).sqrt() / 100,
        "purchase_smallest": low.min(),
        "purchase_largest": high.max(),
        "night_share": _over(night.sum(), n),
        "refund_share": _over(refunds.sum(), n),
        "withdrawal_total": withdrawn / 100,
        "withdrawal_share": _over(withdrawn, paid_out.sum()),
    }
    return [expression.alias(f"{name}_{WINDOWS[ring]}d") for name, expression in named.items()]


def _over(top: pl.Expr, bottom: pl.Expr) -> pl.Expr:
    return pl.when(bottom != 0).then(top / bottom)


def _contender(features: Callable[[pl.LazyFrame, pl.LazyFrame], pl.LazyFrame]) -> Callable[[Path, int], pa.Table]:
    def run(folder: Path, threads: int) -> pa.Table:
        if pl.thread_pool_size() != threads:
            raise RuntimeError(f"Polars has {pl.thread_pool_size()} threads; set POLARS_MAX_THREADS={threads}")
        sources = (pl.scan_parquet(folder / f"{name}.parquet") for name in ("transactions", "applications"))
        return features(*sources).collect(engine="streaming").to_arrow()

    return run


CONTENDERS = {"polars filtered": _contender(filtered_frame), "polars bucketed": _contender(bucketed_frame)}
