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
    change,
    concentration,
    count,
    difference,
    distinct,
    entropy,
    largest,
    mean,
    median,
    obligations,
    quantile,
    radius,
    ratio,
    recency,
    share,
    smallest,
    spread,
    tenure,
    top_share,
    total,
    transactions,
    trips,
    value,
)
from creditscore.features.formula import Feature
from creditscore.features.timeline import (
    burstiness,
    first,
    gap_spread,
    last,
    longest_gap,
    longest_streak,
    mean_gap,
    regularity,
    streak,
    trend,
)

__all__ = [
    "CATALOGUE",
    "DAY",
    "FAMILIES",
    "Feature",
    "applications",
    "build_features",
    "burstiness",
    "change",
    "concentration",
    "count",
    "difference",
    "distinct",
    "entropy",
    "feature",
    "first",
    "gap_spread",
    "largest",
    "last",
    "longest_gap",
    "longest_streak",
    "mean",
    "mean_gap",
    "median",
    "obligations",
    "quantile",
    "radius",
    "ratio",
    "recency",
    "regularity",
    "share",
    "smallest",
    "spread",
    "streak",
    "tenure",
    "top_share",
    "total",
    "transactions",
    "trend",
    "trips",
    "value",
]
