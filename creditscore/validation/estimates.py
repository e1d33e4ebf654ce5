"""Estimates as a table's columns: value, low end, high end."""

from __future__ import annotations

import math
from collections.abc import Mapping

from creditscore.validation.metrics import Estimate

UNKNOWN = Estimate(math.nan, math.nan, math.nan)


def as_columns(figures: Mapping[str, Estimate]) -> dict[str, float]:
    """Each figure under its name, and its interval's ends under name_low and name_high.

    >>> as_columns({"auc": Estimate(0.7, 0.6, 0.8)})
    {'auc': 0.7, 'auc_low': 0.6, 'auc_high': 0.8}
    """
    return {
        name + end: value
        for name, one in figures.items()
        for end, value in (("", one.value), ("_low", one.low), ("_high", one.high))
    }
