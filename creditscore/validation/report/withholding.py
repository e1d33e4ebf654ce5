"""Who gains by withholding which data family: the report's figures, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas

from creditscore.validation.report.origin import Origin
from creditscore.validation.report.plain import records
from creditscore.validation.withholding import gains


def withholding(scored: pandas.DataFrame, origin: Origin, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> list[Any]:
    """`gains` of the scorable rows chosen, family by family."""
    own = chosen & scored["pd"].notna().to_numpy()
    if not own.any():
        return []
    told = scored[own]
    X = origin.values(own, most=int(own.sum()))
    table = gains(origin.card, X, told["outcome"].to_numpy(np.float64), told["borrower_id"].to_numpy())
    refused = () if origin.card.rules.consent.scorable_without else ("obligations",)
    return [
        {"family": family, "not_scorable": family in refused, "groups": records(rows.drop(columns="family"))}
        for family, rows in table.groupby("family", sort=False)
    ]


def said(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where those who went bad would gain by withholding, in a sentence each."""
    sentences = []
    for one in found:
        bads = next(row for row in one["groups"] if row["group"] == "bads")
        if bads["low"] is not None and bads["low"] > 0:
            sentences.append(
                f"Those who went bad would gain {bads['gain']:.1f} points (95% interval {bads['low']:.1f} to "
                f"{bads['high']:.1f}) by withholding their {one['family']}"
                + ("; but whoever does is not scored." if one["not_scorable"] else ".")
            )
    return sentences
