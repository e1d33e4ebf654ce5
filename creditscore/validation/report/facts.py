"""What the report says beside its figures: of the model, its population and its use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.errors import InputError
from creditscore.scorecard import Scorecard

REQUIRED = ("name", "model_id", "digest", "population", "pd_horizon_months")
OPTIONAL: dict[str, Any] = {
    "intended_use": "For reference in decisions on credit to applicants of the population above, over the horizon "
    "above. It claims nothing about other people, and decides nothing by itself.",
    "outcomes_of": "Accepted applicants only: whoever was given no credit has no outcome, and is in no figure of "
    "ranking or calibration. Of applicants who would have been declined these figures say nothing.",
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
    "search": None,
    "minimal": None,
    "manipulation": None,
}


def complete(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with what is not given left empty. Raises InputError where one that must be given is missing."""
    missing = [name for name in REQUIRED if name not in facts]
    if missing:
        raise InputError(f"report: the facts lack {', '.join(missing)}; give all of {', '.join(REQUIRED)}")
    return OPTIONAL | dict(facts)


def facts_of_card(card: Scorecard) -> dict[str, Any]:
    """What a scorecard says of itself, as `findings` takes it."""
    facts = card.facts
    periods = {name: sample for name, sample in facts.get("samples", {}).items() if sample["from"] or sample["until"]}
    return {
        "name": card.name,
        "model_id": card.model_id,
        "digest": card.digest,
        "population": facts.get("population", "not stated in the scorecard"),
        "pd_horizon_months": facts.get("pd_horizon_months", "an unstated number of"),
        "cut_off": facts.get("cut_off"),
        "reference": "; ".join(f"“{one.id}”: {one.rule} ({one.size:,})" for one in card.references),
        "samples": {name: f"{one['from'] or '…'} to {one['until'] or '…'}" for name, one in periods.items()},
        "parameters": dict(facts.get("parameters", {})),
        "versions": dict(facts.get("versions", {})),
        "codes": {code: words.officer_en for code, words in card.codes.items()},
        "seed": facts.get("seed"),
        "minimal": facts.get("minimal"),
        "consent": facts.get("consent", ""),
        "sensitivities": [f"{label}: {count:,}" for label, count in facts.get("sensitivities", {}).items()],
        "notes": [f"Calibrated on {facts['calibrated_on']}."] if "calibrated_on" in facts else [],
    }
