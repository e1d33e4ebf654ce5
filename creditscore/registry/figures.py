"""The pictures that a run keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pandas as pd
from matplotlib.figure import Figure

from creditscore.validation.plots import plot_calibration, plot_ks, plot_roc, plot_score_distribution


def figures_of(scored: pd.DataFrame, found: Mapping[str, Any]) -> dict[str, Figure]:
    """ROC, KS, calibration and score distribution of the sample that a report shows; none where it shows none.

    `scored` and `found` are what `validation.report.findings` takes and gives.
    """
    if found["shown"] is None:
        return {}
    rows = scored[(scored["sample"] == found["shown"]) & scored["pd"].notna()]
    cut_off = found["cut_off"]["points"] if found["cut_off"] else None
    drawn = {
        "roc": plot_roc(rows["outcome"], rows["pd"], label=found["shown"]),
        "ks": plot_ks(rows["outcome"], rows["pd"]),
        "calibration": plot_calibration(pd.DataFrame(found["calibration"])),
        "score_distribution": plot_score_distribution(rows["points"], rows["outcome"], cut_off=cut_off),
    }
    return {name: cast(Figure, ax.figure) for name, ax in drawn.items()}
