"""Outcomes of later applications, by the scorecard's own definition or as their column gives them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import InputError
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.model.outcome import OutcomeDefinition, outcomes_in
from creditscore.model.outcome_by_bucket import outcomes_from
from creditscore.scorecard import Scorecard

Floats = npt.NDArray[np.float64]


def later_outcomes(
    card: Scorecard, events: Events | Store, rows: pa.Table, observed_until: str | None = None
) -> tuple[Floats, str]:
    """0 good, 1 bad, NaN neither or unknown, and in words what made them so.

    Where the scorecard's outcomes were made from obligations, these are too, from obligations complete until the day
    `observed_until` (as 2026-01-31; that of the scorecard without it); otherwise they are the applications' column.
    """
    definition = _definition(card, events, rows, observed_until)
    if definition is None:
        return outcomes_in(rows).outcome, "Outcomes: the applications' own column."
    made = outcomes_from(definition, events, rows)
    return made.outcome, (
        f"Outcomes: made from obligations by the scorecard's definition, bad from {definition.days_past_due} days past "
        f"due within {definition.months} months; obligations complete until {definition.observed_until}."
    )


def _definition(
    card: Scorecard, events: Events | Store, rows: pa.Table, observed_until: str | None
) -> OutcomeDefinition | None:
    """The scorecard's own; None where its outcomes come from the column, or there is no obligation to make any from."""
    asked: dict[str, Any] = dict(card.facts.get("outcome") or {})
    has_column = rows["outcome"].null_count < rows.num_rows
    prefers = asked.pop("prefer", None)
    if not asked or (prefers == "column" and has_column):
        _refuse(observed_until)
        return None
    if not events.rows.get("obligations"):
        return None
    until = _day(observed_until or asked["observed_until"])
    return OutcomeDefinition(**asked | {"observed_until": until})


def _refuse(observed_until: str | None) -> None:
    if observed_until is not None:
        raise InputError(
            "--observed-until: this scorecard's outcomes are the applications' column, not made from obligations; "
            "leave it out"
        )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--observed-until: expected a day like 2026-01-31, got {text!r:.40}") from None
