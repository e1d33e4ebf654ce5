"""How often each reason is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas

from creditscore.validation.report.plain import records


def reasons_of(rows: pandas.DataFrame, texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """How often each code is given, as the first reason and among all, and the mean points that it then costs."""
    ranks = [rank for rank in range(1, 5) if f"reason_{rank}" in rows]
    given = pandas.DataFrame(
        {
            "code": rows[[f"reason_{rank}" for rank in ranks]].to_numpy(object).ravel(),
            "points": rows[[f"reason_{rank}_points" for rank in ranks]].to_numpy(np.float64).ravel(),
            "first": np.tile(np.asarray(ranks) == 1, len(rows)),
        }
    ).dropna(subset=["code"])
    table = given.groupby("code", as_index=False).agg(
        first=("first", "sum"), given=("code", "size"), mean_points=("points", "mean")
    )
    table = table.sort_values(["given", "code"], ascending=[False, True])
    shares = {"first_share": table["first"] / len(rows), "given_share": table["given"] / len(rows)}
    return records(table.assign(text=table["code"].map(dict(texts)), **shares))
