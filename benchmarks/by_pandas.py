"""The sixty features by pandas, window by window; it uses one core."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
from sixty import DAY, WINDOWS


def pandas_frame(transactions: pd.DataFrame, applications: pd.DataFrame) -> pa.Table:
    """One merge, then each window's events grouped."""
    kept = transactions[(transactions["status"] == "completed") & (transactions["kind"] != "income")]
    joined = kept.merge(applications, on="borrower_id")
    joined["age"] = (joined["as_of"] - joined["time"]) / pd.Timedelta(microseconds=1)
    joined["night"] = ~joined["time"].dt.hour.between(5, 22)
    joined = joined[(joined["age"] > 0) & (joined["age"] <= WINDOWS[-1] * DAY)]
    out = applications[["application_id"]].set_index("application_id")
    for days in WINDOWS:
        out = out.join(_pandas_window(joined[joined["age"] <= days * DAY]).add_suffix(f"_{days}d"))
    return pa.Table.from_pandas(out.reset_index(), preserve_index=False)


def _pandas_window(events: pd.DataFrame) -> pd.DataFrame:
    bought = events[events["kind"] == "purchase"].groupby("application_id")
    out = bought["amount"].agg(["count", "sum", "mean", "std", "min", "max"])
    out.columns = [f"purchase_{name}" for name in ("s", "total", "mean", "spread", "smallest", "largest")]
    out = out.rename(columns={"purchase_s": "purchases"}).assign(
        merchants=bought["merchant_id"].nunique(), categories=bought["category"].nunique(),
        night_share=bought["night"].mean(),
    )  # fmt: skip
    refunds = events[events["kind"] == "refund"].groupby("application_id").size()
    drawn = events[events["kind"] == "withdrawal"].groupby("application_id")["amount"].sum()
    paid_out = events[events["kind"] != "refund"].groupby("application_id")["amount"].sum()
    out = out.reindex(events["application_id"].unique()).assign(withdrawal_total=drawn)
    out["refund_share"] = (refunds.reindex(out.index, fill_value=0) / out["purchases"]).where(out["purchases"] > 0)
    out["withdrawal_share"] = drawn.reindex(out.index, fill_value=0) / paid_out
    return out


def _run(folder: Path, _threads: int) -> pa.Table:
    return pandas_frame(*(pd.read_parquet(folder / f"{name}.parquet") for name in ("transactions", "applications")))


CONTENDERS = {"pandas": _run}
