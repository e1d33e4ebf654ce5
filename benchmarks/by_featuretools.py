"""The sixty features by featuretools: its primitives say them all, one window a pass, on one core.

Conditions are yes-or-no features given as `where`, shares are counts or sums divided (what it makes infinite is
missing). Every application is calculated by itself, at its own cut-off time. It has no word for what the catalogue has
beside these: a value that becomes known only later (a secondary time index hides it, but cannot say what was known
before), streaks, gaps and regularity of picked events, windows of unlike length within one pass.
"""

import math
import warnings
from pathlib import Path

import featuretools as ft
import pandas as pd
import pyarrow as pa
from featuretools.primitives import Count, Hour, IsIn, Max, Mean, Min, NumUnique, Std, Sum
from sixty import WINDOWS


def featuretools_frame(transactions: pd.DataFrame, applications: pd.DataFrame) -> pa.Table:
    """The features of each borrower at the instant of each application, window by window."""
    kept = _entities(transactions, applications)
    cutoffs = applications.rename(columns={"as_of": "time"})[["borrower_id", "time", "application_id"]]
    cutoffs["time"] = cutoffs["time"].dt.tz_localize(None)
    out = cutoffs[["application_id"]].set_index("application_id")
    for days in WINDOWS:
        made = ft.calculate_feature_matrix(
            _features(kept),
            kept,
            cutoff_time=cutoffs,
            training_window=f"{days} days",
            include_cutoff_time=False,
            n_jobs=1,
        )
        numbers = made.set_index("application_id").astype(float).replace(math.inf, math.nan)
        out = out.join(numbers.add_suffix(f"_{days}d"))
    return pa.Table.from_pandas(out.reset_index(), preserve_index=False)


def _entities(transactions: pd.DataFrame, applications: pd.DataFrame) -> ft.EntitySet:
    entities = ft.EntitySet("payments")
    events = transactions.assign(time=transactions["time"].dt.tz_localize(None), id=range(len(transactions)))
    entities.add_dataframe(events, "transactions", index="id", time_index="time", logical_types=dict.fromkeys(
        ("kind", "status", "merchant_id", "category"), "Categorical"))  # fmt: skip
    borrowers = applications[["borrower_id"]].drop_duplicates()
    entities.add_dataframe(borrowers, "borrowers", index="borrower_id")
    return entities.add_relationship("borrowers", "borrower_id", "transactions", "borrower_id")


def _features(entities: ft.EntitySet) -> list[ft.FeatureBase]:
    def column(name: str) -> ft.FeatureBase:
        return ft.Feature(entities["transactions"].ww[name])

    def made(primitive: type, of: str, where: ft.FeatureBase) -> ft.FeatureBase:
        return ft.Feature(column(of), parent_dataframe_name="borrowers", primitive=primitive, where=where)

    completed = column("status") == "completed"
    purchases, refunds, withdrawals = (
        (column("kind") == kind) & completed for kind in ("purchase", "refund", "withdrawal")
    )
    paid_out = purchases | withdrawals | ((column("kind") == "transfer_out") & completed)
    hour = ft.Feature(column("time"), primitive=Hour)
    night = purchases & ft.Feature(hour, primitive=IsIn(list_of_outputs=[23, 0, 1, 2, 3, 4]))
    named = {
        "purchases": made(Count, "id", purchases),
        "purchase_total": made(Sum, "amount", purchases),
        "purchase_mean": made(Mean, "amount", purchases),
        "purchase_spread": made(Std, "amount", purchases),
        "purchase_smallest": made(Min, "amount", purchases),
        "purchase_largest": made(Max, "amount", purchases),
        "merchants": made(NumUnique, "merchant_id", purchases),
        "categories": made(NumUnique, "category", purchases),
        "night_share": made(Count, "id", night) / made(Count, "id", purchases),
        "refund_share": made(Count, "id", refunds) / made(Count, "id", purchases),
        "withdrawal_total": made(Sum, "amount", withdrawals),
        "withdrawal_share": made(Sum, "amount", withdrawals) / made(Sum, "amount", paid_out),
    }
    return [feature.rename(name) for name, feature in named.items()]


def _run(folder: Path, _threads: int) -> pa.Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return featuretools_frame(
            *(pd.read_parquet(folder / f"{name}.parquet") for name in ("transactions", "applications"))
        )


CONTENDERS = {"featuretools": _run}
