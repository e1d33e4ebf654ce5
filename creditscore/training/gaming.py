"""What gaming buys with the scorecard just trained, on the histories of some applicants of the test sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from creditscore.config import ManipulationConfig, TrainConfig
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.scorecard import Scorecard
from creditscore.training.prepared import Prepared
from creditscore.validation.manipulation import Costs, Gaming, drawn, gaming, has_histories, schemes_of
from creditscore.validation.report.plain import records

Players = tuple[Events, pa.Table]

# Mean points below which a code is not listed.
TOLD = 0.05


def players_of(config: TrainConfig, events: Events | Store, prepared: Prepared) -> Players:
    """Applicants of the test sample who allow all of their data, with their events, as many as the config asks for."""
    asked = config.manipulation or ManipulationConfig()
    chosen = prepared.samples == "test"
    if prepared.allowed is not None:
        chosen &= prepared.allowed.everything
    rows = prepared.applications.filter(pa.array(chosen))
    return drawn(events, rows, asked.borrowers, config.seed)


def gaming_of(
    config: TrainConfig, card: Scorecard, players: Players, tell: Callable[[str], None] | None = None
) -> dict[str, Any] | None:
    """What gaming buys these applicants, as plain figures for the report; None where none of them has a transaction."""
    asked = config.manipulation or ManipulationConfig()
    if not has_histories(*players):
        return None
    schemes = schemes_of(Costs(asked.transfer_fee, asked.order_commission, asked.refund_loss))
    found = gaming(card, *players, schemes=schemes, cut_off=config.cut_off, seed=config.seed, tell=tell)
    return gaming_facts(found, config.events.currency)


def gaming_facts(found: Gaming, currency: str) -> dict[str, Any]:
    """As plain figures for the report."""
    return {
        "borrowers": found.borrowers,
        "currency": currency,
        "schemes": [{"name": one.name, "words": one.words, "times": one.times} for one in found.schemes],
        "ways": records(found.ways),
        "features": records(found.best_features()),
        "codes": _codes(found),
    }


def _codes(found: Gaming) -> list[dict[str, Any]]:
    """Each code's points at the most repetitions of each scheme, those that gain most first."""
    most = found.codes[found.codes["repetitions"] == found.codes["repetitions"].max()]
    table = most.pivot(index="code", columns="scheme", values="points")[[one.name for one in found.schemes]]
    table = table[np.abs(table).max(axis=1) >= TOLD]
    table = table.loc[table.max(axis=1).sort_values(ascending=False, kind="stable").index]
    return [{"code": code, "points": row.tolist()} for code, row in zip(table.index, table.to_numpy(), strict=True)]
