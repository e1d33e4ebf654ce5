"""What the figures say, in sentences that claim no more than the data hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.validation.report.samples import OUT_OF_TIME, SAMPLES
from creditscore.validation.report.withholding import said as on_withholding
from creditscore.validation.report.words import interval, percent

FEW_BADS = 200


def summary(found: Mapping[str, Any]) -> list[str]:
    """What the figures say, in sentences that claim no more than the data hold."""
    shown = found["shown"]
    if shown is None:
        return ["No sample holds both goods and bads: ranking cannot be measured on these data."]
    sample, train = found["samples"][shown], found["samples"].get("train")
    said = [_on_ranking(shown, sample), _on_calibration(sample)]
    if shown not in OUT_OF_TIME:
        said.insert(0, f"Nothing is measured out of time. All figures below are of {shown}: {SAMPLES[shown]}.")
    elif train and train["auc"]:
        said.append(_on_fit(sample["auc"]["value"], train["auc"]["value"]))
    if found["best_possible_auc"] is not None:
        said.append(f"The best possible AUC on these data is {found['best_possible_auc']:.3f}.")
    if min(sample["bads"], sample["goods"]) < FEW_BADS:
        said.append(f"{sample['bads']:,} bads and {sample['goods']:,} goods are few: read the intervals.")
    if found["cut_off"]:
        said.append(_on_cut_off(found["cut_off"]))
    return said + on_withholding(found.get("withholding", []))


def _on_ranking(shown: str, sample: Mapping[str, Any]) -> str:
    auc, known = sample["auc"], sample["goods"] + sample["bads"]
    where = "Out of time" if shown in OUT_OF_TIME else f"On {shown}"
    start = f"{where}, {known:,} applications have a known outcome and {sample['bads']:,} of them are bad; the AUC is"
    if auc["low"] is None:
        return f"{start} {auc['value']:.3f}, from too few bads or goods for an interval: it says next to nothing."
    said = f"{start} {auc['value']:.3f} (95% interval {interval(auc)})."
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
    above, below = (percent(cut_off[f"bad_rate_{side}"]) for side in ("above", "below"))
    passing = f"{cut_off['pass']:.1%} would pass a cut-off of {cut_off['points']:g} points"
    return f"{passing}; where the outcome is known, {above} of those passing were bad, and {below} of the others."
