"""The report's pictures, as inline SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import pandas
from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from creditscore.scorecard import Scorecard
from creditscore.validation.plots import (
    plot_bin_shares,
    plot_calibration,
    plot_cut_offs,
    plot_frontier,
    plot_gains,
    plot_gaming,
    plot_ks,
    plot_roc,
    plot_score_distribution,
    plot_vintages,
)
from creditscore.validation.report.challenge import ROLES, Pair, paired
from creditscore.validation.report.drift import shares_table
from creditscore.validation.report.plain import scorable
from creditscore.validation.report.rival import Rival

Picture = tuple[str, Markup]


def pictures(
    scored: pandas.DataFrame, found: Mapping[str, Any], card: Scorecard | None = None, rival: Rival | None = None
) -> dict[str, list[Picture]]:
    """Captions and pictures by section; none where no sample can be ranked."""
    shown = found["shown"]
    if shown is None:
        return {}
    rows = scorable(scored[scored["sample"] == shown])
    cut_off = found["cut_off"]["points"] if found["cut_off"] else None
    drawn: dict[str, dict[str, Axes]] = {
        "ranking": {
            "ROC": _laid(plot_roc, scored, found, "auc"),
            "Gains": _laid(plot_gains, scored, found),
            f"Separation (KS), {shown}": plot_ks(rows["outcome"], rows["pd"]),
            f"Scores of goods and bads, {shown}": plot_score_distribution(
                rows["points"], rows["outcome"], cut_off=cut_off
            ),
        },
        "calibration": {f"Calibration, {shown}": plot_calibration(pandas.DataFrame(found["calibration"]))},
    } | _where_measured(found)
    if card is not None and rival is not None and found["challenger"]["comparison"]:
        drawn["challenger"] = {"ROC of both": _both(paired(scored, card, rival), found["challenger"]["comparison"])}
    return {
        section: [(name, svg(ax, name, f"{section}{place}")) for place, (name, ax) in enumerate(own.items())]
        for section, own in drawn.items()
    }


def _where_measured(found: Mapping[str, Any]) -> dict[str, dict[str, Axes]]:
    drawn: dict[str, dict[str, Axes]] = {}
    vintages = pandas.DataFrame(found["vintages"]).replace({None: np.nan})
    if len(vintages) > 1:
        floats = dict.fromkeys(("bad_rate", "low", "high", "expected"), np.float64)
        drawn["vintages"] = {"Bad rate and PD by vintage": plot_vintages(vintages.astype(floats))}
    if len(found["cut_offs"]) > 1:
        table = pandas.DataFrame(found["cut_offs"]).dropna(subset=["bad_rate"])
        drawn["cut_offs"] = {"Approval and bad rate by cut-off": plot_cut_offs(table)}
    if found["stability"]:
        shares = shares_table(found["stability"]["bins"])
        drawn["stability"] = {"Scores, then and now": plot_bin_shares(shares)}
    if found["fairness"] and found["fairness"]["search"]:
        table = pandas.DataFrame(found["fairness"]["search"]["alternatives"])
        drawn["fairness"] = {"AUC and gap of each alternative": plot_frontier(table)}
    if found["manipulation"]:
        ways = pandas.DataFrame(found["manipulation"]["ways"])
        drawn["manipulation"] = {"Points gained for money spent": plot_gaming(ways)}
    return drawn


def _both(pair: Pair, comparison: Mapping[str, Any]) -> Axes:
    """Champion and challenger on the same applications."""
    ax: Axes | None = None
    for role in ROLES:
        ax = plot_roc(pair.rows["outcome"], pair.rows[role], label=f"{role}: AUC {comparison[role]:.3f}", ax=ax)
    return cast(Axes, ax)


def _laid(
    plot: Callable[..., Axes], scored: pandas.DataFrame, found: Mapping[str, Any], figure: str | None = None
) -> Axes:
    """The samples that can be ranked, laid over each other, the one shown first."""
    ax: Axes | None = None
    ranked = [name for name, sample in found["samples"].items() if sample["auc"]]
    for name in sorted(ranked, key=lambda name: name != found["shown"])[:4]:
        rows = scorable(scored[scored["sample"] == name])
        label = f"{name}: AUC {found['samples'][name][figure]['value']:.3f}" if figure else name
        ax = plot(rows["outcome"], rows["pd"], label=label, ax=ax)
    return cast(Axes, ax)


def svg(ax: Axes, caption: str, key: str) -> Markup:
    """The picture as inline SVG, whose ids are of its own in the page and the same at every run."""
    text, unsaid = io.StringIO(), dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with rc_context({"svg.hashsalt": key, "svg.fonttype": "path"}):
        cast(Figure, ax.figure).savefig(text, format="svg", metadata=unsaid, transparent=True)
    drawing = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{key}-", text.getvalue())
    named = f'<svg role="img" aria-label="{escape(caption)}"'
    return Markup(drawing[drawing.index("<svg") :].replace("<svg", named, 1))
