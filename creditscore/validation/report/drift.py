"""PSI of the score and CSI of the features against the scorecard's own baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.scorecard import Scorecard
from creditscore.validation.report.plain import records
from creditscore.validation.stability import bin_shares, csi_table, psi

Floats = npt.NDArray[np.float64]

TOP = 25
VERDICTS = ("stable", "moved", "shifted", "too few")


def drift(card: Scorecard, points: Floats, X: Floats, worth: Mapping[str, float], recent: str) -> dict[str, Any] | None:
    """How far scores and features of the sample `recent` are from the baseline; None where the card keeps none.

    `points` are unrounded and of the scorable rows, X is float64[rows, features]. `worth` maps a feature to its mean
    absolute points: `worth_shifted` is the share of them all that features called shifted carry.
    """
    baseline = card.baseline
    if baseline is None or not len(points) or not len(X):
        return None
    features = {feature.name: bins for feature, bins in zip(card.features, baseline.features, strict=True)}
    table = csi_table(features, X)
    shifted = table.loc[table["verdict"] == "shifted", "feature"]
    whole = sum(worth.values())
    return {
        "baseline": baseline.sample,
        "recent": recent,
        "score": asdict(psi(baseline.score, points)),
        "bins": records(bin_shares(baseline.score, points)),
        "features": records(table.head(TOP).assign(worth=lambda rows: rows["feature"].map(dict(worth)))),
        "verdicts": {name: int((table["verdict"] == name).sum()) for name in VERDICTS},
        "worth_shifted": sum(worth.get(name, 0.0) for name in shifted) / whole if whole else None,
    }


def shares_table(bins: list[dict[str, Any]]) -> pandas.DataFrame:
    """`bin_shares` again, of the plain values that findings hold."""
    table = pandas.DataFrame(bins).astype(dict.fromkeys(("above", "up_to", "then", "now"), np.float64))
    table.loc[0, "above"] = -np.inf
    table.loc[len(table) - 2, "up_to"] = np.inf
    return table
