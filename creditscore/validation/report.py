"""A training's validation report: one HTML file that needs nothing else, and the same figures as plain values.

The same inputs give the same bytes: no clock, no random ids.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from creditscore.atomic import write_whole
from creditscore.errors import InputError
from creditscore.validation.metrics import (
    Estimate,
    brier,
    calibration_table,
    discrimination,
    grade_table,
    jeffreys,
    observed_over_expected,
)
from creditscore.validation.plots import plot_calibration, plot_ks, plot_roc, plot_score_distribution

Quarantine = Iterable[tuple[str, str, str, int]]

# The samples in the order of a report, and what each can be trusted for.
SAMPLES = {
    "test": "out-of-time: neither the model nor the PDs were fitted on it",
    "calibrate": "the PDs were fitted on it",
    "train": "the model was fitted on it: its figures flatter the model",
    "returning": "borrowers of an earlier sample who applied again; kept apart from the others",
}
FEW_BADS = 200
TOP_FEATURES = 20
_REQUIRED = ("name", "model_id", "digest", "population", "pd_horizon_months")
_OPTIONAL: dict[str, Any] = {
    "intended_use": "For reference in decisions on credit to applicants of the population above, over the horizon "
    "above. It claims nothing about other people, and decides nothing by itself.",
    "cut_off": None,
    "reference": "",
    "samples": {},
    "parameters": {},
    "seed": None,
    "versions": {},
    "codes": {},
    "best_possible_auc": None,
    "consent": "",
    "sensitivities": [],
    "notes": [],
}


def write_report(
    path: str | Path,
    scored: pandas.DataFrame,
    facts: Mapping[str, Any],
    importance: pandas.DataFrame,
    quarantine: Quarantine,
    read: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Write the report to `path`, whole or not at all, and return its figures: `findings` of the same arguments."""
    found = findings(scored, facts, importance, quarantine, read)
    page = _template().render(
        facts=_complete(facts), found=found, summary=_summary(found), samples=SAMPLES, plots=_plots(scored, found)
    )
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page.encode())
    return found


def findings(
    scored: pandas.DataFrame,
    facts: Mapping[str, Any],
    importance: pandas.DataFrame,
    quarantine: Quarantine,
    read: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The report's figures as values that JSON can hold; what the data cannot tell is None.

    - `scored`: a row an application: application_id, borrower_id, as_of, sample (train, calibrate, test, returning),
      outcome (0, 1, NaN), pd, points, grade, reason_1 … reason_4, reason_1_points … reason_4_points. Who cannot be
      scored has a pd of NaN, and is counted but is in no figure.
    - `facts`: name, model_id, digest, population, pd_horizon_months; and, where there are any, cut_off (points),
      reference, intended_use, consent (texts), samples (a sample to the dates set for it), notes, sensitivities
      (lists of texts), parameters, versions (mappings), seed, codes (a code to its words), best_possible_auc.
    - `importance`: feature, description, reason, mean_abs_points.
    - `quarantine`: (table, source, reason, rows set aside); `read`: a table to its rows read.

    The tables by bin, grade, cut-off and reason are of the sample named by `shown`: the first of test, calibrate,
    train, returning that holds goods and bads (of all rows, without bins, where none does). There are ten bins, fewer
    where there are not ten bads for each. Raises InputError where a fact is missing.
    """
    facts = _complete(facts)
    samples = {name: _sample(scored[scored["sample"] == name]) for name in SAMPLES if (scored["sample"] == name).any()}
    shown = next((name for name, sample in samples.items() if sample["auc"]), None)
    rows = _scorable(scored[scored["sample"] == shown] if shown else scored)
    return {
        "model": {name: facts[name] for name in _REQUIRED},
        "best_possible_auc": facts["best_possible_auc"],
        "samples": samples,
        "shown": shown,
        "calibration": _bins(rows, samples[shown]["bads"]) if shown else [],
        "grades": _records(grade_table(rows)),
        "cut_off": _at_cut_off(rows, facts["cut_off"]),
        "reasons": _reasons(rows, facts["codes"]),
        "features": _records(importance.sort_values("mean_abs_points", ascending=False).head(TOP_FEATURES)),
        "data": _data(read or {}, quarantine),
    }


def run_metrics(found: Mapping[str, Any]) -> dict[str, float]:
    """The samples' figures of `findings` under flat names, as test_auc, test_auc_low, train_bad_rate."""
    flat: dict[str, float] = {}
    for name, sample in found["samples"].items():
        for figure, value in sample.items():
            if isinstance(value, dict):
                flat[f"{name}_{figure}"] = value["value"]
                flat |= {f"{name}_{figure}_{end}": value[end] for end in ("low", "high")}
            else:
                flat[f"{name}_{figure}"] = value
    return {name: float(value) for name, value in flat.items() if isinstance(value, int | float)}


def _complete(facts: Mapping[str, Any]) -> dict[str, Any]:
    missing = [name for name in _REQUIRED if name not in facts]
    if missing:
        raise InputError(f"report: the facts lack {', '.join(missing)}; give all of {', '.join(_REQUIRED)}")
    return _OPTIONAL | dict(facts)


def _sample(rows: pandas.DataFrame) -> dict[str, Any]:
    """One sample's counts, dates and figures."""
    scorable = _scorable(rows)
    known = scorable[scorable["outcome"].notna()]
    bads = int(known["outcome"].sum())
    counts = {
        "applications": len(rows),
        "borrowers": int(rows["borrower_id"].nunique()),
        "not_scorable": len(rows) - len(scorable),
        "indeterminate": len(scorable) - len(known),
        "goods": len(known) - bads,
        "bads": bads,
        "first": rows["as_of"].min().date().isoformat(),
        "last": rows["as_of"].max().date().isoformat(),
    }
    return counts | _calibration(known, bads) | _ranking(known, bads)


def _scorable(rows: pandas.DataFrame) -> pandas.DataFrame:
    return rows[rows["pd"].notna()]


def _calibration(known: pandas.DataFrame, bads: int) -> dict[str, Any]:
    if known.empty:
        return dict.fromkeys(("expected", "bad_rate", "observed_over_expected", "brier"))
    low, high = jeffreys(bads, len(known))
    return {
        "expected": float(known["pd"].mean()),
        "bad_rate": _estimate(Estimate(bads / len(known), float(low), float(high))),
        "observed_over_expected": _estimate(observed_over_expected(known["outcome"], known["pd"])),
        "brier": brier(known["outcome"], known["pd"]),
    }


def _ranking(known: pandas.DataFrame, bads: int) -> dict[str, Any]:
    if not 0 < bads < len(known):
        return dict.fromkeys(("auc", "gini", "ks"))
    found = discrimination(known["outcome"], known["pd"], known["borrower_id"])
    return {"auc": _estimate(found.auc), "gini": _estimate(found.gini), "ks": _estimate(found.ks)}


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    ends = {"low": estimate.low, "high": estimate.high}
    return {"value": estimate.value} | {end: None if math.isnan(value) else value for end, value in ends.items()}


def _bins(rows: pandas.DataFrame, bads: int) -> list[dict[str, Any]]:
    return _records(calibration_table(rows["outcome"], rows["pd"], bins=min(10, max(2, bads // 10))))


def _at_cut_off(rows: pandas.DataFrame, cut_off: float | None) -> dict[str, Any] | None:
    """Who would pass: unrounded points at or above the cut-off."""
    if cut_off is None:
        return None
    passes = rows["points"] >= cut_off
    bad_rates = [rows.loc[side, "outcome"].mean() for side in (passes, ~passes)]
    above, below = (None if math.isnan(rate) else float(rate) for rate in bad_rates)
    return {"points": cut_off, "pass": float(passes.mean()), "bad_rate_above": above, "bad_rate_below": below}


def _reasons(rows: pandas.DataFrame, texts: Mapping[str, str]) -> list[dict[str, Any]]:
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
    return _records(table.assign(text=table["code"].map(dict(texts)), **shares))


def _data(read: Mapping[str, int], quarantine: Quarantine) -> dict[str, Any]:
    aside = [
        {"table": table, "source": source, "reason": reason, "rows": int(count)}
        for table, source, reason, count in quarantine
    ]
    return {
        "read": {table: int(rows) for table, rows in read.items()},
        "quarantined": sorted(aside, key=lambda item: (-item["rows"], item["table"], item["source"], item["reason"])),
        "rows_read": sum(int(rows) for rows in read.values()),
        "rows_quarantined": sum(item["rows"] for item in aside),
    }


def _records(table: pandas.DataFrame) -> list[dict[str, Any]]:
    """A table as plain rows, with None where a value is missing."""
    plain = table.astype(object)
    return cast(list[dict[str, Any]], plain.where(plain.notna(), None).to_dict("records"))


def _summary(found: Mapping[str, Any]) -> list[str]:
    """What the figures say, in sentences that claim no more than the data hold."""
    shown = found["shown"]
    if shown is None:
        return ["No sample holds both goods and bads: ranking cannot be measured on these data."]
    sample, train = found["samples"][shown], found["samples"].get("train")
    said = [_on_ranking(shown, sample), _on_calibration(sample)]
    if shown != "test":
        said.insert(0, f"Nothing is measured out of time. All figures below are of {shown}: {SAMPLES[shown]}.")
    elif train and train["auc"]:
        said.append(_on_fit(sample["auc"]["value"], train["auc"]["value"]))
    if found["best_possible_auc"] is not None:
        said.append(f"The best possible AUC on these data is {found['best_possible_auc']:.3f}.")
    if min(sample["bads"], sample["goods"]) < FEW_BADS:
        said.append(f"{sample['bads']:,} bads and {sample['goods']:,} goods are few: read the intervals.")
    if found["cut_off"]:
        said.append(_on_cut_off(found["cut_off"]))
    return said


def _on_ranking(shown: str, sample: Mapping[str, Any]) -> str:
    auc, known = sample["auc"], sample["goods"] + sample["bads"]
    where = "Out of time" if shown == "test" else f"On {shown}"
    start = f"{where}, {known:,} applications have a known outcome and {sample['bads']:,} of them are bad; the AUC is"
    if auc["low"] is None:
        return f"{start} {auc['value']:.3f}, from too few bads or goods for an interval: it says next to nothing."
    said = f"{start} {auc['value']:.3f} (95% interval {_interval(auc)})."
    return said if auc["low"] > 0.5 else f"{said} That does not show a ranking better than chance, which is 0.5."


def _on_calibration(sample: Mapping[str, Any]) -> str:
    rate, expected = sample["bad_rate"], sample["expected"]
    verdict = "inside it"
    if expected < rate["low"]:
        verdict = "below it: PDs were too low here"
    if expected > rate["high"]:
        verdict = "above it: PDs were too high here"
    interval = f"95% interval {rate['low']:.1%} to {rate['high']:.1%}"
    return f"{rate['value']:.1%} were bad ({interval}). The model expected {expected:.1%}, {verdict}."


def _on_fit(test: float, train: float) -> str:
    side = "above" if train >= test else "below"
    return (
        f"On train, which the model was fitted on, the AUC is {train:.3f}: {abs(train - test):.3f} {side} out-of-time."
    )


def _on_cut_off(cut_off: Mapping[str, Any]) -> str:
    above, below = (_percent(cut_off[f"bad_rate_{side}"]) for side in ("above", "below"))
    passing = f"{cut_off['pass']:.1%} would pass a cut-off of {cut_off['points']:g} points"
    return f"{passing}; where the outcome is known, {above} of those passing were bad, and {below} of the others."


def _plots(scored: pandas.DataFrame, found: Mapping[str, Any]) -> list[tuple[str, Markup]]:
    """The captions and pictures of the sample shown."""
    if found["shown"] is None:
        return []
    rows = _scorable(scored[scored["sample"] == found["shown"]])
    cut_off = found["cut_off"]["points"] if found["cut_off"] else None
    drawn = {
        "Ranking (ROC)": _roc(scored, found),
        "Separation (KS)": plot_ks(rows["outcome"], rows["pd"]),
        "Calibration": plot_calibration(pandas.DataFrame(found["calibration"])),
        "Scores of goods and bads": plot_score_distribution(rows["points"], rows["outcome"], cut_off=cut_off),
    }
    return [(caption, _svg(ax, caption, f"plot{place}")) for place, (caption, ax) in enumerate(drawn.items(), start=1)]


def _roc(scored: pandas.DataFrame, found: Mapping[str, Any]) -> Axes:
    """The samples that can be ranked, laid over each other, the one shown first."""
    ax: Axes | None = None
    ranked = [name for name, sample in found["samples"].items() if sample["auc"]]
    for name in ranked:
        rows, auc = _scorable(scored[scored["sample"] == name]), found["samples"][name]["auc"]["value"]
        ax = plot_roc(rows["outcome"], rows["pd"], label=f"{name}: AUC {auc:.3f}", ax=ax)
    return cast(Axes, ax)


def _svg(ax: Axes, caption: str, key: str) -> Markup:
    """The picture as inline SVG, whose ids are of its own in the page and the same at every run."""
    text, unsaid = io.StringIO(), dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with rc_context({"svg.hashsalt": key, "svg.fonttype": "path"}):
        cast(Figure, ax.figure).savefig(text, format="svg", metadata=unsaid, transparent=True)
    drawing = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{key}-", text.getvalue())
    return Markup(
        drawing[drawing.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(caption)}"', 1)
    )


def _template() -> Any:
    page = resources.files("creditscore.validation").joinpath("report.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"percent": _percent, "figure": _figure, "interval": _interval, "count": _count}
    return environment.from_string(page)


def _percent(value: float | None, decimals: int = 1) -> str:
    return "–" if value is None else f"{value:.{decimals}%}"


def _figure(value: float | None, decimals: int = 3) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _interval(estimate: Mapping[str, float | None] | None) -> str:
    if estimate is None:
        return ""
    return "no interval" if estimate["low"] is None else f"{_figure(estimate['low'])} to {_figure(estimate['high'])}"
