"""Outcomes of later applications: made as the scorecard's own were, or taken from their column."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from creditscore.errors import InputError
from creditscore.events.load import load_events
from creditscore.events.storing import store_events
from creditscore.validation.report.later_outcomes import later_outcomes

DAY = dt.timedelta(days=1)
AS_OF = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
DEFINITION = {"days_past_due": 90, "months": 12, "observed_until": "2024-06-01", "indeterminate_days": None}
DEFINITION |= {"tolerance": 0.0, "ended_unpaid": "bad", "without_obligations": "indeterminate", "prefer": None}
# Paid ten days late, never, and no loan at all.
LOANS = {"a": 10, "b": None}


def _sources(column: bool = False) -> dict[str, Any]:
    applications = [{"application_id": name, "borrower_id": name, "as_of": AS_OF} for name in "abc"]
    if column:
        applications = [one | {"outcome": int(one["borrower_id"] == "a")} for one in applications]
    obligations = [
        {
            "borrower_id": name,
            "application_id": name,
            "time": AS_OF,
            "platform": "p",
            "kind": "loan",
            "amount_due": 100,
            "due_at": AS_OF + 30 * DAY,
            "paid_at": None if late is None else AS_OF + (30 + late) * DAY,
            "amount_paid": None if late is None else 100,
        }
        for name, late in LOANS.items()
    ]
    return {"applications": applications, "obligations": obligations}


def _card(**changes: Any) -> Any:
    return SimpleNamespace(facts={"outcome": DEFINITION | changes})


def _outcomes(card: Any, events: Any, until: str | None = None) -> list[float]:
    return later_outcomes(card, events, events.applications, until)[0].tolist()


def test_the_scorecard_s_definition_makes_them_once_the_window_is_over(tmp_path: Any) -> None:
    events = load_events(**_sources())
    assert np.isnan(_outcomes(_card(), events)).all()  # its own observed_until lies before the windows' end
    assert _outcomes(_card(), events, "2025-04-01") == pytest.approx([0, 1, np.nan], nan_ok=True)
    store_events(tmp_path / "store", **_sources())
    from creditscore.events.store import open_store

    store = open_store(tmp_path / "store")
    given = dict(
        zip(store.applications["application_id"].to_pylist(), _outcomes(_card(), store, "2025-04-01"), strict=True)
    )
    assert [given[name] for name in "abc"] == pytest.approx([0, 1, np.nan], nan_ok=True)


def test_what_made_them_is_said() -> None:
    events = load_events(**_sources())
    said = later_outcomes(_card(), events, events.applications, "2025-04-01")[1]
    assert "90 days past due within 12 months" in said
    assert "complete until 2025-04-01" in said
    assert "column" in later_outcomes(SimpleNamespace(facts={}), events, events.applications)[1]  # type: ignore[arg-type]


def test_the_column_is_taken_where_the_scorecard_says_so_or_has_no_definition() -> None:
    events = load_events(**_sources(column=True))
    assert _outcomes(_card(prefer="column"), events) == [1, 0, 0]
    assert _outcomes(SimpleNamespace(facts={}), events) == [1, 0, 0]
    assert _outcomes(_card(prefer="definition"), events, "2025-04-01")[:2] == [0, 1]
    without = load_events(applications=_sources(column=True)["applications"])
    assert _outcomes(_card(), without) == [1, 0, 0]


def test_a_day_that_cannot_be_used_is_refused() -> None:
    events = load_events(**_sources(column=True))
    with pytest.raises(InputError, match="leave it out"):
        _outcomes(SimpleNamespace(facts={}), events, "2025-04-01")
    with pytest.raises(InputError, match="expected a day"):
        _outcomes(_card(), events, "soon")
