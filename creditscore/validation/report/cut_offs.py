"""Who would pass, at the lender's cut-off and at others beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.validation.cut_offs import cut_off_table, cut_offs_by_segment
from creditscore.validation.report.plain import records
from creditscore.validation.resampling import Floats

STEP, BESIDE = 20, 4


def at_cut_off(rows: pandas.DataFrame, cut_off: float | None) -> dict[str, Any] | None:
    """Who would pass: unrounded points at or above the cut-off."""
    if cut_off is None or rows.empty:
        return None
    passes = rows["points"] >= cut_off
    bad_rates = [rows.loc[side, "outcome"].mean() for side in (passes, ~passes)]
    above, below = (None if math.isnan(rate) else float(rate) for rate in bad_rates)
    return {"points": cut_off, "pass": float(passes.mean()), "bad_rate_above": above, "bad_rate_below": below}


def cut_offs(rows: pandas.DataFrame, cut_off: float | None, amount: Floats | None) -> list[dict[str, Any]]:
    """Approval, bad rate and loss around the cut-off; around the median where there is none.

    The loss takes that nothing is recovered: PD times the amount applied for.
    """
    if rows.empty:
        return []
    at = _middle(rows, cut_off) + STEP * np.arange(-BESIDE, BESIDE + 1)
    reached = [float(one) for one in at if (rows["points"] >= one).any()]
    table = cut_off_table(rows, reached, amount=amount)
    if amount is not None:
        whole = float(np.sum(rows["pd"].to_numpy() * amount))
        table = table.assign(loss_avoided=1 - table["expected_loss"] / whole)
    return records(table)


def by_segment(
    rows: pandas.DataFrame, cut_off: float | None, amount: Floats | None, ways: Mapping[str, npt.ArrayLike]
) -> list[dict[str, Any]]:
    """The same at the cut-off and a step beside it, within each segment of each way to part the rows."""
    if rows.empty:
        return []
    at = (_middle(rows, cut_off) + STEP * np.arange(-1, 2)).tolist()
    tables = {name: cut_offs_by_segment(rows, label, at, amount=amount) for name, label in ways.items()}
    return [{"by": name, "rows": records(table)} for name, table in tables.items() if table["segment"].nunique() > 1]


def _middle(rows: pandas.DataFrame, cut_off: float | None) -> float:
    return cut_off if cut_off is not None else STEP * round(float(rows["points"].median()) / STEP)
