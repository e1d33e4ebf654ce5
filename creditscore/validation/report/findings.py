"""All figures of the report, section by section, as values that JSON can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.validation.metrics import grade_table
from creditscore.validation.report.calibration import by_bin, by_sample, master_scale, tests
from creditscore.validation.report.challenge import challenge, paired
from creditscore.validation.report.cut_offs import at_cut_off, cut_offs
from creditscore.validation.report.cut_offs import by_segment as cut_offs_by_segment
from creditscore.validation.report.drift import drift
from creditscore.validation.report.facts import REQUIRED, complete
from creditscore.validation.report.fairness import fairness_of
from creditscore.validation.report.families import families_of
from creditscore.validation.report.leaks import leaks
from creditscore.validation.report.lights import lights
from creditscore.validation.report.neutrality import neutrality
from creditscore.validation.report.origin import Origin
from creditscore.validation.report.plain import records, scorable
from creditscore.validation.report.promises import monotone
from creditscore.validation.report.ranking import by_segment, captures, ways_of
from creditscore.validation.report.reasons import reasons_of
from creditscore.validation.report.samples import OUT_OF_TIME, samples_of, shown_of
from creditscore.validation.report.studies import NONE, Studies
from creditscore.validation.report.withholding import withholding
from creditscore.validation.vintages import vintage_table

Quarantine = Iterable[tuple[str, str, str, int]]
Bools = npt.NDArray[np.bool_]

TOP_FEATURES = 20
MOST_MONTHS = 18


def findings(
    scored: pandas.DataFrame,
    facts: Mapping[str, Any],
    importance: pandas.DataFrame,
    quarantine: Quarantine,
    read: Mapping[str, int] | None = None,
    origin: Origin | None = None,
    studies: Studies = NONE,
) -> dict[str, Any]:
    """The report's figures as values that JSON can hold; what the data cannot tell is None.

    - `scored`: a row an application: application_id, borrower_id, as_of, sample (new, train, calibrate, test,
      returning), outcome (0, 1, NaN), pd, points, grade, reason_1 … reason_4, reason_1_points … reason_4_points. Who
      cannot be scored has a pd of NaN, and is counted but is in no figure.
    - `facts`: name, model_id, digest, population, pd_horizon_months; and, where there are any, cut_off (points),
      reference, intended_use, outcomes_of, consent (texts), samples (a sample to the dates set for it), notes,
      sensitivities (lists of texts), parameters, versions (mappings), seed, codes (a code to its words),
      best_possible_auc; and what training found where its config asked: search, minimal, manipulation.
    - `importance`: feature, description, reason, mean_abs_points.
    - `quarantine`: (table, source, reason, rows set aside); `read`: a table to its rows read.
    - `origin`: the scorecard and its features' values; without it nothing is said of drift, files, directions, leaks
      and challengers.
    - `studies`: what was looked into beyond the scores.

    The tables by bin, grade, cut-off and reason are of the sample named by `shown`: the first of new, test, calibrate,
    train, returning that holds goods and bads (of all rows, without bins, where none does), new and test with ten bads
    before those with fewer. There are ten bins, fewer where there are not ten bads for each. Raises InputError where a
    fact is missing.
    """
    facts = complete(facts)
    samples = samples_of(scored)
    shown = shown_of(samples)
    chosen = (scored["sample"] == shown).to_numpy() if shown else np.ones(len(scored), np.bool_)
    rows, bads = scorable(scored[chosen]), samples[shown]["bads"] if shown else 0
    ranked = [name for name in samples if samples[name]["auc"] and name != "returning"]
    found = {
        "model": {name: facts[name] for name in REQUIRED},
        "best_possible_auc": facts["best_possible_auc"],
        "samples": samples,
        "shown": shown,
        "vintages": _vintages(scored),
        "capture": captures(scored, ranked),
        "segments": by_segment(scored[chosen], origin and origin.only(chosen)) if shown else [],
        "calibration": by_bin(rows, bads) if shown else [],
        "calibration_tests": tests(rows, bads, shown not in OUT_OF_TIME) if shown else None,
        "calibration_by_sample": by_sample(scored),
        "grades": records(grade_table(rows)),
        "cut_off": at_cut_off(rows, facts["cut_off"]),
        "cut_offs": cut_offs(rows, facts["cut_off"], _amounts(origin, chosen, scored)),
        "cut_offs_by_segment": _cut_offs_by_segment(scored, chosen, facts["cut_off"], origin) if shown else [],
        "reasons": reasons_of(rows, facts["codes"]),
        "features": records(importance.sort_values("mean_abs_points", ascending=False).head(TOP_FEATURES)),
        "data": _data(read or {}, quarantine),
        "fairness": fairness_of(scored, chosen, origin, facts),
        "minimal": facts["minimal"],
        "manipulation": facts["manipulation"],
        "families": families_of(studies.families),
        "reason_stability": studies.reasons,
        "neutrality": _neutrality(scored, chosen, origin, facts["cut_off"]),
    } | _of_origin(scored, importance, origin, studies)
    return found | {"lights": lights(found)}


def run_metrics(found: Mapping[str, Any]) -> dict[str, float]:
    """The samples' figures of `findings` under flat names, as test_auc, test_auc_low, train_bad_rate, score_psi."""
    flat: dict[str, float] = {}
    for name, sample in found["samples"].items():
        for figure, value in sample.items():
            if isinstance(value, dict):
                flat[f"{name}_{figure}"] = value["value"]
                flat |= {f"{name}_{figure}_{end}": value[end] for end in ("low", "high")}
            else:
                flat[f"{name}_{figure}"] = value
    if found.get("stability"):
        flat["score_psi"] = found["stability"]["score"]["psi"]
    return {name: float(value) for name, value in flat.items() if isinstance(value, int | float)}


def _of_origin(
    scored: pandas.DataFrame, importance: pandas.DataFrame, origin: Origin | None, studies: Studies
) -> dict[str, Any]:
    """What only the scorecard and its features' values tell: of the latest sample, and of leaks and rivals."""
    if origin is None:
        nothing: dict[str, Any] = dict.fromkeys(("stability", "monotonicity", "leaks", "challenger"))
        return nothing | {"master_scale": [], "withholding": []}
    recent = next((name for name in OUT_OF_TIME if (scored["sample"] == name).any()), "returning")
    latest = (scored["sample"] == recent).to_numpy()
    X, worth = origin.values(latest), dict(zip(importance["feature"], importance["mean_abs_points"], strict=True))
    points = scorable(scored[latest])["points"].to_numpy(np.float64)
    rival = studies.rival
    return {
        "stability": drift(origin.card, points, X, worth, recent),
        "monotonicity": monotone(origin.card, X),
        "withholding": withholding(scored, origin, latest),
        "master_scale": master_scale(scored, scored[latest], origin.card),
        "leaks": leaks(origin, scored["outcome"].to_numpy(np.float64), studies.day_earlier),
        "challenger": None if rival is None else challenge(paired(scored, origin.card, rival)),
    }


def _cut_offs_by_segment(
    scored: pandas.DataFrame, chosen: Bools, cut_off: float | None, origin: Origin | None
) -> list[dict[str, Any]]:
    """Of the scorable rows chosen."""
    own = chosen & scored["pd"].notna().to_numpy()
    ways = ways_of(scored[own], origin and origin.only(own))
    return cut_offs_by_segment(scored[own], cut_off, _amounts(origin, chosen, scored), ways)


def _neutrality(
    scored: pandas.DataFrame, chosen: Bools, origin: Origin | None, cut_off: float | None
) -> dict[str, Any] | None:
    if origin is None or origin.platforms is None or not origin.platforms.members.platforms:
        return None
    return neutrality(origin.platforms, scored, chosen, origin.card, origin.values_at, cut_off)


def _amounts(origin: Origin | None, chosen: Any, scored: pandas.DataFrame) -> Any:
    if origin is None or origin.amount is None:
        return None
    return origin.amount[chosen & scored["pd"].notna().to_numpy()]


def _vintages(scored: pandas.DataFrame) -> list[dict[str, Any]]:
    """By month; by quarter where there would be many."""
    months = vintage_table(scored)
    return records(months if len(months) <= MOST_MONTHS else vintage_table(scored, by="quarter"))


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
