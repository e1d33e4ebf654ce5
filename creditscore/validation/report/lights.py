"""The traffic lights of the first page: each with its figure and its rule in words.

The limits are this report's own, chosen so that a colour is never chance alone; no regulator has set them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.validation.leaks import LATE, TOO_GOOD
from creditscore.validation.report.samples import OUT_OF_TIME

GREEN, AMBER, RED, GREY = "green", "amber", "red", "grey"
# Bads, and goods, below which a colour would be chance.
FEW = 30
GOOD_AUC, OVERFIT, FAR = 0.65, 0.10, (0.8, 1.25)
FEW_SAID = f"Not measurable with fewer than {FEW} bads or goods."
VERDICTS = {"stable": GREEN, "moved": AMBER, "shifted": RED, "too few": GREY}


def lights(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """The questions a committee asks first, in their order."""
    shown, samples = found["shown"], found["samples"]
    sample = samples[shown] if shown else None
    enough = sample is not None and min(sample["bads"], sample["goods"]) >= FEW
    return [
        _ranks(sample, enough, shown),
        _keeps(sample, samples.get("train"), enough, shown),
        _level(sample, enough),
        _slope(found, enough),
        _segments(found["segments"]),
        _score(found["stability"]),
        _features(found["stability"]),
        _promises(found["monotonicity"]),
        _leaks(found["leaks"]),
        _neutral(found.get("neutrality")),
        _fair(found.get("fairness")),
        _data(found["data"]),
    ]


def _light(question: str, colour: str, figure: str, rule: str) -> dict[str, str]:
    return {"question": question, "colour": colour, "figure": figure, "rule": rule}


def _ranks(sample: Any, enough: bool, shown: str | None) -> dict[str, str]:
    question = "Good: does it rank?"
    rule = f"Green: the AUC's 95% interval begins at {GOOD_AUC} or above. Amber: above 0.5. Red: it does not. Out of "
    rule += f"time only. {FEW_SAID}"
    if not enough or shown not in OUT_OF_TIME:
        return _light(question, GREY, "too few bads or goods, or none out of time", rule)
    auc = sample["auc"]
    colour = GREEN if auc["low"] >= GOOD_AUC else AMBER if auc["low"] > 0.5 else RED
    return _light(question, colour, f"AUC {auc['value']:.3f}, 95% {auc['low']:.3f} to {auc['high']:.3f}", rule)


def _keeps(sample: Any, train: Any, enough: bool, shown: str | None) -> dict[str, str]:
    question = "Good: does it keep its ranking out of time?"
    rule = (
        f"Green: on the train sample, which flatters, the AUC is at most {OVERFIT:.2f} above. Amber: more; the model "
    )
    rule += f"may be overfitted, or times have changed. {FEW_SAID}"
    if not enough or shown not in OUT_OF_TIME or not train or not train["auc"]:
        return _light(question, GREY, "no two samples to compare", rule)
    excess = train["auc"]["value"] - sample["auc"]["value"]
    figure = f"train {train['auc']['value']:.3f}, out of time {sample['auc']['value']:.3f}"
    return _light(question, GREEN if excess <= OVERFIT else AMBER, figure, rule)


def _within(value: float, low: float, high: float) -> str:
    """Green where the interval holds 1, amber where the figure is still near it."""
    if low <= 1 <= high:
        return GREEN
    return AMBER if FAR[0] <= value <= FAR[1] else RED


def _level(sample: Any, enough: bool) -> dict[str, str]:
    question = "Calibrated: is the level of PD right?"
    rule = "Bads observed over expected. Green: the 95% interval holds 1. Amber: it does not, and the ratio is within "
    rule += f"{FAR[0]} to {FAR[1]}. Red: further away. {FEW_SAID}"
    if not enough:
        return _light(question, GREY, "too few bads or goods", rule)
    ratio = sample["observed_over_expected"]
    figure = f"{ratio['value']:.2f}, 95% {ratio['low']:.2f} to {ratio['high']:.2f}"
    return _light(question, _within(ratio["value"], ratio["low"], ratio["high"]), figure, rule)


def _slope(found: Mapping[str, Any], enough: bool) -> dict[str, str]:
    question = "Calibrated: are low and high PDs right?"
    rule = "Cox's calibration slope. Green: the 95% interval holds 1. Amber: it does not, and the slope is within "
    rule += f"{FAR[0]} to {FAR[1]}. Red: further away. {FEW_SAID}"
    row = next((one for one in found["calibration_by_sample"] if one["sample"] == found["shown"]), None)
    if not enough or row is None or row["slope"] is None:
        return _light(question, GREY, "too few bads or goods", rule)
    figure = f"slope {row['slope']:.2f}, 95% {row['slope_low']:.2f} to {row['slope_high']:.2f}"
    return _light(question, _within(row["slope"], row["slope_low"], row["slope_high"]), figure, rule)


def _segments(ways: list[dict[str, Any]]) -> dict[str, str]:
    question = "Good everywhere: does it rank in every segment?"
    rule = f"Of the segments with {FEW} bads and goods. Green: each AUC's 95% interval is above 0.5. Amber: one's is "
    rule += "not. Red: more are not. Not measurable where fewer than half of the segments have so many."
    measured = [one for way in ways for one in way["segments"] if not one["few"] and one["auc_low"] is not None]
    of = sum(len(way["segments"]) for way in ways)
    if 2 * len(measured) < max(of, 1):
        return _light(question, GREY, f"{len(measured)} of {of} segments have enough bads and goods", rule)
    wrong = sum(one["auc_low"] <= 0.5 for one in measured)
    colour = (GREEN, AMBER, RED)[min(wrong, 2)]
    return _light(question, colour, f"{len(measured) - wrong} of {len(measured)} measurable ({of} in all)", rule)


def _score(stability: Any) -> dict[str, str]:
    question = "Stable: are scores as on the day it was made?"
    rule = "PSI against the scorecard's baseline. Green: below 0.1. Amber: from 0.1. Red: from 0.25; both only where "
    rule += "chance does so in fewer than 5% of unchanged samples, otherwise not measurable."
    if not stability:
        return _light(question, GREY, "no baseline to compare with", rule)
    score = stability["score"]
    figure = f"PSI {score['psi']:.3f}; by chance up to {score['limit']:.3f}"
    return _light(question, VERDICTS[score["verdict"]], figure, rule)


def _features(stability: Any) -> dict[str, str]:
    question = "Stable: are the features as they were?"
    rule = "By the points that features with a CSI from 0.25 move (beyond chance, Benjamini–Hochberg over all). Green: "
    rule += "under 5% of all features' points. Amber: under 25%. Red: more."
    if not stability or stability["worth_shifted"] is None:
        return _light(question, GREY, "no baseline to compare with", rule)
    worth, verdicts = stability["worth_shifted"], stability["verdicts"]
    colour = GREEN if worth < 0.05 else AMBER if worth < 0.25 else RED
    figure = f"{verdicts['shifted']} of {sum(verdicts.values())} shifted: {worth:.1%} of points"
    return _light(question, colour, figure, rule)


def _promises(monotonicity: Any) -> dict[str, str]:
    question = "Sound: does risk grow the way the catalogue says?"
    rule = "Features with a direction, raised step by step in real applications. Green: no wrong step. Red: any."
    if not monotonicity or not monotonicity["features"]:
        return _light(question, GREY, "not measured: no feature has a direction, or none was given", rule)
    wrong = monotonicity["violations"]
    figure = f"{wrong:,} wrong of {monotonicity['steps']:,} steps, {monotonicity['features']} features"
    return _light(question, RED if wrong else GREEN, figure, rule)


def _leaks(found: Any) -> dict[str, str]:
    question = "Sound: does any feature know too much?"
    rule = f"Red: a feature alone reaches an AUC of {TOO_GOOD:.2f} (with {FEW} bads and goods), or whether it is there "
    rule += f"tells bads from goods. Amber: one gains {LATE:.2f} of AUC by the last day before the application. Green: "
    rule += f"none of these. {FEW_SAID}"
    if not found or min(found["bads"], found["rows"] - found["bads"]) < FEW:
        return _light(question, GREY, "not measured, or too few bads or goods", rule)
    day = found["day"]
    late = day["late"] if day else 0
    colour = RED if found["too_good"] or found["telling"] else AMBER if late else GREEN
    figure = f"{found['too_good']} too good alone, {found['telling']} by presence"
    return _light(question, colour, figure + (f", {late} by the last day" if day else "; last day not measured"), rule)


def _neutral(neutrality: Any) -> dict[str, str]:
    question = "Neutral: are platforms' borrowers scored alike at equal risk?"
    rule = "Green: no platform's gap is beyond 0.1 log-odds with Holm's p below 0.05. Red: one is. Biased labels "
    rule += "cannot be found this way."
    tested = [one for one in neutrality["bias"] if not one["why"]] if neutrality else []
    if not tested:
        return _light(question, GREY, "no platform could be tested", rule)
    flagged = sum(one["flagged"] for one in tested)
    widest = max(tested, key=lambda one: abs(one["gap"]))
    figure = f"{flagged} of {len(tested)} flagged; the widest gap is {widest['gap']:+.2f}".replace("-", "−")
    return _light(question, RED if flagged else GREEN, figure, rule)


def _fair(fairness: Any) -> dict[str, str]:
    question = "Fair: does it treat groups alike?"
    rule = "Approval, approval of goods and calibration of each group over the largest one's. Green: no ratio differs "
    rule += (
        f"from 1 by more than chance (Holm, 5% over all). Amber: one does, within {FAR[0]} to {FAR[1]}. Red: further "
    )
    rule += "away. Not measurable without a protected attribute, which the score never reads, or with small groups."
    if not fairness or not fairness["attributes"]:
        return _light(question, GREY, "not measured: no protected attribute is given", rule)
    verdicts = [one["verdict"] for attribute in fairness["attributes"] for one in attribute["gaps"]]
    tested = sum(one in ("alike", "differs", "far") for one in verdicts)
    if not tested:
        return _light(question, GREY, "no two groups are large enough to compare", rule)
    far, near = verdicts.count("far"), verdicts.count("differs")
    colour = RED if far else AMBER if near else GREEN
    return _light(question, colour, f"{far} of {tested} ratios far from 1, {near} nearer, beyond chance", rule)


def _data(data: Mapping[str, Any]) -> dict[str, str]:
    question = "Sound: are the data whole?"
    rule = "Rows set aside as bad. Green: under 1%. Amber: under 5%. Red: more."
    if not data["rows_read"]:
        return _light(question, GREY, "rows read are not known", rule)
    share = data["rows_quarantined"] / data["rows_read"]
    colour = GREEN if share < 0.01 else AMBER if share < 0.05 else RED
    return _light(question, colour, f"{share:.2%} of {data['rows_read']:,} rows", rule)
