"""The words that the kernel knows, by number."""

from __future__ import annotations

# Of sums over events in any order.
UNORDERED = ("count", "total", "mean", "spread", "smallest", "largest", "recency", "tenure", "distinct", "radius")
COUNT, TOTAL, MEAN, SPREAD, SMALLEST, LARGEST, RECENCY, TENURE, DISTINCT, RADIUS = range(len(UNORDERED))
# Of the events in the order of time.
ORDERED = (
    "quantile",
    "trend",
    "mean_gap",
    "gap_spread",
    "longest_gap",
    "burstiness",
    "streak",
    "longest_streak",
    "entropy",
    "concentration",
    "top_share",
    "regularity",
    "first",
    "last",
)
(
    QUANTILE,
    TREND,
    MEAN_GAP,
    GAP_SPREAD,
    LONGEST_GAP,
    BURSTINESS,
    STREAK,
    LONGEST_STREAK,
    ENTROPY,
    CONCENTRATION,
    TOP_SHARE,
    REGULARITY,
    FIRST,
    LAST,
) = range(len(UNORDERED), len(UNORDERED) + len(ORDERED))
WORDS = UNORDERED + ORDERED
OF_EXTREMES = ("smallest", "largest", "recency", "tenure")
OF_SQUARES = ("spread", "radius")
# These give days, whatever they read.
OF_DAYS = ("recency", "tenure", "mean_gap", "gap_spread", "longest_gap")
