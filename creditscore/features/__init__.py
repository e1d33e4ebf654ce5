"""Histories → borrower features: the vocabulary, the catalogue, and the one kernel that computes both.

>>> purchases = transactions.where(kind="purchase", status="completed")
>>> [feature.name for feature in share(purchases.where(hour=(23, 5)), of=purchases, days=(90,), name="night_share")]
['night_share_90d']
"""

from creditscore.features.build import build_features
from creditscore.features.catalogue import CATALOGUE, FAMILIES
from creditscore.features.columns import DAY
from creditscore.features.custom import feature
from creditscore.features.define import (
    applications,
    count,
    distinct,
    largest,
    mean,
    obligations,
    ratio,
    recency,
    share,
    smallest,
    spread,
    tenure,
    total,
    transactions,
    trips,
    value,
)
from creditscore.features.formula import Feature

__all__ = [
    "CATALOGUE",
    "DAY",
    "FAMILIES",
    "Feature",
    "applications",
    "build_features",
    "count",
    "distinct",
    "feature",
    "largest",
    "mean",
    "obligations",
    "ratio",
    "recency",
    "share",
    "smallest",
    "spread",
    "tenure",
    "total",
    "transactions",
    "trips",
    "value",
]
