"""What the report and the registry say of a training beside its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from creditscore.config import TrainConfig
from creditscore.events.schema import EVENT_TABLES
from creditscore.governance.consent import Grants
from creditscore.governance.visible import allows_family
from creditscore.model.outcome import counts
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
        "minimal": facts.get("minimal"),
        "sensitivities": [f"{label}: {count:,}" for label, count in facts["sensitivities"].items()],
        "consent": facts["consent"],
        "notes": [
            f"Calibrated on {facts['calibrated_on']}.",
            *_on_engine(facts),
            f"{len(prepared.left_out)} features were left out: missing throughout the train sample.",
            *_on_rules(prepared),
            *_on_labels(config, prepared),
            *_on_governance(config, prepared),
        ],
    }  # fmt: skip


def _on_engine(facts: Mapping[str, Any]) -> list[str]:
    """That trees came of a cluster, which would not give the same ones again."""
    if "engine" not in facts:
        return []
    return [
        f"Trees were trained on {facts['engine']['workers']} workers of a Dask cluster, data-parallel: they are not "
        f"reproducible bit for bit. Models fitted again for this report were fitted on one machine."
    ]


def _on_rules(prepared: Prepared) -> list[str]:
    """What was left out before any feature was made, and negative information without prior notice."""
    negative, without = prepared.notice
    return [
        *(f"{rows:,} rows of {table} from {platform} were left out: {why}."
          for table, platform, why, rows in prepared.rows_left_out),
        *([] if prepared.rows_left_out else ["No row was left out as of a prohibited category."]),
        f"Of {without:,} of {negative:,} negative obligations nobody says when their subject was told beforehand "
        f"(notified_at; Regulation on the Credit Reporting Industry, article 15).",
    ]  # fmt: skip


def _on_governance(config: TrainConfig, prepared: Prepared) -> list[str]:
    """How long negative information counts, what was withheld, and what was hidden in training."""
    rules, told = config.rules, []
    if prepared.allowed is not None:
        grants = prepared.allowed.grants
        lacking = [f"{name} {share:.1%}" for name, share in zip(EVENT_TABLES, _withheld(grants), strict=True)]
        told.append(f"Applications whose borrowers' consents do not allow a family: {', '.join(lacking)}.")
    if rules.consent.masking:
        told.append(f"In training each family that may be withheld was hidden from {rules.consent.masking:.0%}.")
    return [f"Retention: {rules.retention.text}. Outcomes are made from all obligations.", *told]


def _withheld(grants: Grants) -> list[float]:
    """The share of applications from which each family is withheld whole."""
    return [
        float(np.mean([not allows_family(name, grant) for grant in grants[:, i].tolist()]))
        for i, name in enumerate(EVENT_TABLES)
    ]


def _on_labels(config: TrainConfig, prepared: Prepared) -> list[str]:
    """What outcomes there are, and whether the train sample's were known when the test sample began."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts(prepared.outcome_kind).items())
    known = prepared.known_at[prepared.known("train")]
    if np.isnat(known).any():
        return [
            f"Outcomes: {kinds}.",
            "When the train sample's labels were known is not said; unless the config leaves a performance window "
            "before the test sample, they may not have been on its first day.",
        ]
    late = int((known >= np.datetime64(config.samples.test.start, "us")).sum())
    return [
        f"Outcomes: {kinds}; obligations known until {prepared.obligations_until.astype('datetime64[D]')}.",
        f"{late:,} of {len(known):,} labels of the train sample were not yet known when the test sample began.",
    ]


def _told(card: Scorecard, name: str) -> str:
    population = card.reference(name)
    return f"“{name}”: {population.rule} ({population.size:,}), mean {card.mean_points(name):.1f} points"
