"""What the report and the registry say of a training beside its figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditscore.config import TrainConfig
from creditscore.scorecard import Scorecard
from creditscore.training.prepared import Prepared, periods
from creditscore.training.trained import Trained


def facts_of(config: TrainConfig, trained: Trained, prepared: Prepared) -> dict[str, Any]:
    """What the report says of the training beside its figures."""
    facts = trained.card.facts
    return {
        "name": config.name,
        "model_id": trained.card.model_id,
        "digest": trained.card.digest,
        "population": config.population,
        "pd_horizon_months": config.pd_horizon_months,
        "cut_off": facts["cut_off"],
        "reference": "; ".join(_told(trained.card, population.id) for population in trained.card.references),
        "samples": {name: f"{start or '…'} to {until or '…'}" for name, (start, until) in periods(config).items()},
        "parameters": dict(trained.parameters),
        "versions": facts["versions"],
        "codes": {code: words.officer_en for code, words in trained.card.codes.items()},
        "seed": config.seed,
        "sensitivities": [f"{count} features: {label}" for label, count in facts["sensitivities"].items()],
        "notes": [
            f"Calibrated on {facts['calibrated_on']}.",
            f"{len(prepared.left_out)} features were left out: missing throughout the train sample.",
            "Labels of the train sample may not yet have been known on the first day of the test sample, unless the "
            "config leaves a performance window between them.",
        ],
    }  # fmt: skip


def store_in(output: Path, config: TrainConfig) -> str:
    """MLflow's store, a relative SQLite file taken from the output folder."""
    return f"sqlite:///{(output / config.registry.store.removeprefix('sqlite:///')).resolve()}"


def _told(card: Scorecard, name: str) -> str:
    population = card.reference(name)
    return f"“{name}”: {population.rule} ({population.size:,}), mean {card.mean_points(name):.1f} points"
