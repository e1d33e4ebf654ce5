"""A new month against the day the scorecard was made: drift, who cannot be scored, reasons' mix, and back-testing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas
from scipy.stats import beta, binomtest, false_discovery_control

from creditscore.errors import ScorecardError, TrainingError
from creditscore.model.binned import Bins
from creditscore.scorecard import Scorecard
from creditscore.scorecard.baseline import Baseline
from creditscore.validation.metrics import discrimination, observed_over_expected
from creditscore.validation.plots import plot_bin_shares, plot_vintages
from creditscore.validation.report.drift import drift, shares_table
from creditscore.validation.report.origin import Origin
from creditscore.validation.report.page import rendered, write_both
from creditscore.validation.report.pictures import svg
from creditscore.validation.report.plain import estimate, known, records, scorable
from creditscore.validation.stability import psi
from creditscore.validation.vintages import vintage_table

Floats = npt.NDArray[np.float64]

CHANCE = 0.05


@dataclass(frozen=True)
class Limits:
    """From where a check fails; `psi`, `reasons` and `not_scorable` (above the baseline's share) beyond chance only.

    `csi_worth` is a share of all features' points, `backtest` a p-value.
    """

    psi: float = 0.25
    csi_worth: float = 0.25
    not_scorable: float = 0.05
    reasons: float = 0.25
    backtest: float = 0.05


def monitor(
    card: Scorecard,
    scored: pandas.DataFrame,
    origin: Origin,
    worth: pandas.DataFrame,
    limits: Limits,
    *,
    backtest: bool = False,
) -> dict[str, Any]:
    """What has changed among these applications, and whether it passes a limit, as values that JSON can hold.

    `scored` and `origin` are as `findings` takes them, `worth` as its importance. "checks" has one entry a limit: name,
    figure, rule (where it fails) and passed. With `backtest` outcomes are compared with PDs, vintage by vintage. Raises
    ScorecardError where the scorecard keeps no baseline, TrainingError where nobody can be scored, or a back-test has
    no outcome.
    """
    if card.baseline is None:
        raise ScorecardError("the scorecard keeps no baseline to compare with; train it again")
    rows = scorable(scored)
    if rows.empty:
        raise TrainingError(f"monitoring needs scorable applications: got none of {len(scored)}")
    of = dict(zip(worth["feature"], worth["mean_abs_points"], strict=True))
    X = origin.values(np.ones(len(scored), np.bool_))
    found: dict[str, Any] = {
        "model": {"name": card.name, "model_id": card.model_id, "digest": card.digest},
        "applications": len(scored),
        "first": scored["as_of"].min().date().isoformat(),
        "last": scored["as_of"].max().date().isoformat(),
        "stability": drift(card, rows["points"].to_numpy(np.float64), X, of, "these applications"),
        "not_scorable": _not_scorable(card.baseline, scored),
        "reasons": _reasons(card.baseline, rows),
        "vintages": records(vintage_table(scored)),
        "backtest": _backtest(scored) if backtest else None,
    }
    return found | {"checks": _checks(found, limits)}


def write_monitoring(folder: Path, found: Mapping[str, Any], codes: Mapping[str, str]) -> Path:
    """The page monitor.html and its figures monitor.json in the folder; gives back the page's path."""
    scores = plot_bin_shares(shares_table(found["stability"]["bins"]))
    plots = {"stability": [("Scores, then and now", svg(scores, "Scores, then and now", "stability"))]}
    if found["backtest"] and len(found["backtest"]["vintages"]) > 1:
        floats = dict.fromkeys(("bad_rate", "low", "high", "expected"), np.float64)
        drawn = plot_vintages(pandas.DataFrame(found["backtest"]["vintages"]).astype(floats))
        plots["vintages"] = [("Bad rate and PD by vintage", svg(drawn, "Bad rate and PD by vintage", "vintages"))]
    page = folder / "monitor.html"
    write_both(page, rendered("monitor.html.j2", found=found, codes=dict(codes), plots=plots), found)
    return page


def _not_scorable(baseline: Baseline, scored: pandas.DataFrame) -> dict[str, Any]:
    """The share now and then, and how likely so many are by chance if the share were still the same."""
    count = int(scored["pd"].isna().sum())
    p_value = binomtest(count, len(scored), baseline.not_scorable, alternative="greater").pvalue
    return {"then": baseline.not_scorable, "now": count / len(scored), "count": count, "p_value": float(p_value)}


def _reasons(baseline: Baseline, rows: pandas.DataFrame) -> dict[str, Any]:
    """The mix of first reasons, then and now, and its PSI; who has no reason is one more part of the mix."""
    first = rows["reason_1"]
    codes = sorted({*baseline.reasons, *first.dropna()})
    then = np.array([baseline.reasons.get(code, 0.0) for code in codes])
    shares = np.append(then, max(0.0, 1 - float(then.sum())))
    counts = np.rint(shares * baseline.score.n).astype(np.int64)
    number = first.map({code: float(k) for k, code in enumerate(codes)}).to_numpy(np.float64)
    bins = Bins(tuple(k + 0.5 for k in range(len(codes) - 1)), tuple(counts.tolist()))
    now = first.value_counts().reindex(codes, fill_value=0).to_numpy() / len(rows)
    table = pandas.DataFrame({"code": codes, "then": then, "now": now, "change": now - then})
    ordered = table.sort_values("change", key=np.abs, ascending=False, kind="stable")
    return asdict(psi(bins, number)) | {"codes": records(ordered)}


def _backtest(scored: pandas.DataFrame) -> dict[str, Any]:
    """Outcomes against PDs by vintage: the Jeffreys posterior's two-sided p, adjusted for the number of vintages."""
    judged = known(scored)
    if judged.empty:
        raise TrainingError("back-testing needs outcomes: got none; map the applications' outcome column")
    table = vintage_table(judged)
    table = table[table["known"] > 0].reset_index(drop=True)
    below = beta.cdf(table["expected"], table["bads"] + 0.5, table["known"] - table["bads"] + 0.5)
    p_value = np.minimum(2 * np.minimum(below, 1 - below), 1.0)
    table = table.assign(p_value=p_value, adjusted_p=false_discovery_control(p_value, method="bh"))
    bads = int(judged["outcome"].sum())
    ranked = 0 < bads < len(judged)
    auc = discrimination(judged["outcome"], judged["pd"], judged["borrower_id"]).auc if ranked else None
    return {
        "known": len(judged),
        "bads": bads,
        "observed_over_expected": estimate(observed_over_expected(judged["outcome"], judged["pd"])),
        "auc": None if auc is None else estimate(auc),
        "vintages": records(table),
    }


def _checks(found: Mapping[str, Any], limits: Limits) -> list[dict[str, Any]]:
    score, silent, mix = found["stability"]["score"], found["not_scorable"], found["reasons"]
    worth, more = found["stability"]["worth_shifted"] or 0.0, silent["now"] - silent["then"]
    beyond = f"and by chance in fewer than {CHANCE:.0%} of unchanged months"
    checks = [
        _check("score", score["psi"], limits.psi, f"PSI of the score from {limits.psi:g}, {beyond}", score["p_value"]),
        _check("features", worth, limits.csi_worth, f"shifted features move {limits.csi_worth:.0%} of points or more"),
        _check(
            "not scorable",
            more,
            limits.not_scorable,
            f"share not scorable {limits.not_scorable:.1%} or more above the baseline's, {beyond}",
            silent["p_value"],
        ),
        _check(
            "reasons",
            mix["psi"],
            limits.reasons,
            f"PSI of first reasons from {limits.reasons:g}, {beyond}",
            mix["p_value"],
        ),
    ]
    if found["backtest"]:
        smallest = min(row["adjusted_p"] for row in found["backtest"]["vintages"])
        rule = f"a vintage's bad rate contradicts its PDs: adjusted p below {limits.backtest:g}"
        checks.append({"name": "back-test", "figure": smallest, "rule": rule, "passed": smallest >= limits.backtest})
    return checks


def _check(name: str, figure: float, limit: float, rule: str, p_value: float = 0.0) -> dict[str, Any]:
    return {"name": name, "figure": figure, "rule": rule, "passed": not (figure >= limit and p_value < CHANCE)}
