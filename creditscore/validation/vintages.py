"""Applications by when they were made: does the bad rate drift, and do PDs follow it?"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas

from creditscore.errors import TrainingError
from creditscore.validation.metrics import jeffreys

COLUMNS = ("vintage", "n", "not_scorable", "mean_pd", "known", "bads", "bad_rate", "low", "high", "expected")


def vintage_table(scored: pandas.DataFrame, by: Literal["month", "quarter"] = "month") -> pandas.DataFrame:
    """Counts, bad rate and mean PD of each vintage: the calendar month or quarter (UTC) of as_of, oldest first.

    `scored` has as_of, pd (NaN: not scorable) and outcome (0, 1, NaN). Columns: vintage (as 2024-03, 2024Q1), n,
    not_scorable, mean_pd (of the scorable), known (outcome and pd known), bads, bad_rate, low, high (`jeffreys`) and
    expected (mean PD of the known). Vintages without an application are in between, with a count of 0.

    A bad rate that leaves its own interval from vintage to vintage says that times change; `expected` outside it, that
    PDs do not follow; a share of known outcomes that falls, that the youngest vintages are not yet ripe. Raises
    TrainingError without a row, or where as_of is missing.
    """
    if scored.empty or scored["as_of"].isna().any():
        raise TrainingError(
            f"vintages need as_of in every row: got {len(scored)} rows, {int(scored['as_of'].isna().sum())} without it"
        )
    period = _utc(scored["as_of"]).dt.to_period({"month": "M", "quarter": "Q"}[by])
    rows = _rows(scored).groupby(period)
    every = pandas.period_range(period.min(), period.max())
    counts = rows[["n", "not_scorable", "known", "bads"]].sum().reindex(every, fill_value=0).astype(np.int64)
    low, high = jeffreys(counts["bads"], counts["known"])
    table = counts.join(rows[["mean_pd", "expected"]].mean())
    table = table.assign(vintage=every.astype(str), bad_rate=counts["bads"] / counts["known"], low=low, high=high)
    return table.reset_index(drop=True)[list(COLUMNS)]


def _rows(scored: pandas.DataFrame) -> pandas.DataFrame:
    """What each application adds to its vintage's sums and means."""
    known = scored["outcome"].notna() & scored["pd"].notna()
    return pandas.DataFrame(
        {
            "n": 1,
            "not_scorable": scored["pd"].isna(),
            "mean_pd": scored["pd"],
            "known": known,
            "bads": scored["outcome"].where(known).fillna(0),
            "expected": scored["pd"].where(known),
        }
    )


def _utc(as_of: pandas.Series) -> pandas.Series:
    """Times without a zone are UTC already."""
    return as_of if as_of.dt.tz is None else as_of.dt.tz_convert("UTC").dt.tz_localize(None)
