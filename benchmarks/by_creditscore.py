"""The sixty features by creditscore."""

from pathlib import Path

import pyarrow as pa
from feature_data import CLASSES
from sixty import WINDOWS

from creditscore.events.load import Source, load_events
from creditscore.events.schema import Events
from creditscore.features import (
    build_features,
    count,
    distinct,
    largest,
    mean,
    share,
    smallest,
    spread,
    total,
    transactions,
)

completed = transactions.where(status="completed")
purchases = completed.where(kind="purchase")
refunds = completed.where(kind="refund")
withdrawals = completed.where(kind="withdrawal")
money_out = completed.where(kind=("purchase", "withdrawal", "transfer_out"))

SIXTY = [
    count(purchases, days=WINDOWS, name="purchases"),
    total(purchases.amount, days=WINDOWS, name="purchase_total"),
    mean(purchases.amount, days=WINDOWS, name="purchase_mean"),
    spread(purchases.amount, days=WINDOWS, name="purchase_spread"),
    smallest(purchases.amount, days=WINDOWS, name="purchase_smallest"),
    largest(purchases.amount, days=WINDOWS, name="purchase_largest"),
    distinct(purchases.merchant_id, days=WINDOWS, name="merchants"),
    distinct(purchases.category, days=WINDOWS, name="categories"),
    share(purchases.where(hour=(23, 5)), of=purchases, days=WINDOWS, name="night_share"),
    share(refunds, of=purchases, days=WINDOWS, name="refund_share"),
    total(withdrawals.amount, days=WINDOWS, name="withdrawal_total"),
    share(withdrawals.amount, of=money_out.amount, days=WINDOWS, name="withdrawal_share"),
]


def load(folder: Path) -> Events:
    """Both files as Events; the transactions' file says nothing of its platform, so that its name is given."""
    payments = Source(folder / "transactions.parquet", platform="payments")
    return load_events(transactions=payments, applications=folder / "applications.parquet")


def build(events: Events, threads: int) -> pa.Table:
    return build_features(events, features=SIXTY, threads=threads, categories=CLASSES)


def _run(folder: Path, threads: int) -> pa.Table:
    return build(load(folder), threads)


CONTENDERS = {"creditscore": _run}
