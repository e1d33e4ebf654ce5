"""A shift that is planted trips the limits and the lights; months in which nothing was changed trip none."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from creditscore.validation.monitoring import Limits, monitor
from creditscore.validation.report import findings
from creditscore.validation.report.facts import facts_of_card
from creditscore.validation.report.later import between, score_later, worth_of

MONTHS = [f"2025-{month:02}-01" for month in range(3, 13)] + ["2026-01-01"]
JULY = ("2025-07-01", "2025-08-01")
CHECKS = ["score", "features", "not scorable", "reasons", "back-test"]


def _monitored(card: Any, later: Any, days: tuple[str, str], **limits: float) -> dict[str, bool]:
    scored, origin = between(*later, *days)
    worth = worth_of(card, origin.values(np.ones(len(scored), np.bool_)))
    found = monitor(card, scored, origin, worth, Limits(**limits), backtest=True)
    return {check["name"]: check["passed"] for check in found["checks"]}


def _lights(card: Any, later: Any, days: tuple[str, str | None]) -> dict[str, str]:
    scored, origin = between(*later, *days)
    worth = worth_of(card, origin.values(np.ones(len(scored), np.bool_)))
    found = findings(scored, facts_of_card(card), worth, [], origin=origin)
    return {light["question"].split(": ")[1]: light["colour"] for light in found["lights"]}


@pytest.fixture(scope="module")
def later(card: Any, sample_events: Any) -> Any:
    return score_later(card, sample_events)


@pytest.fixture(scope="module")
def poorer(card: Any, sample_events: Any) -> Any:
    """The same market, had its platforms reported a tenth of every income, and ten times every refund."""
    table = sample_events.transactions
    kind = table["kind"].cast(pa.string())
    factor = pc.case_when(
        pc.make_struct(pc.equal(kind, "income"), pc.equal(kind, "refund")),
        pa.scalar(0.1),
        pa.scalar(10.0),
        pa.scalar(1.0),
    )
    field = table.schema.field("amount")
    amount = pc.multiply(table["amount"].cast(pa.float64()), factor).cast(pa.int64(), safe=False)
    moved = table.set_column(table.column_names.index("amount"), field, amount)
    return score_later(card, replace(sample_events, transactions=moved))


def test_months_without_a_shift_trip_no_limit_of_drift(card: Any, later: Any) -> None:
    for days in pairwise(MONTHS):
        passed = _monitored(card, later, days)
        assert [name for name in CHECKS[:4] if not passed[name]] == []
    # of the months' back-tests one in twenty fails by chance; that of the first month out of time does not
    assert list(_monitored(card, later, JULY).values()) == [True] * 5


def test_moved_amounts_trip_psi_and_the_reasons_mix(card: Any, poorer: Any) -> None:
    passed = _monitored(card, poorer, JULY)
    assert [name for name in CHECKS if not passed[name]][:1] == ["score"]
    assert not passed["reasons"]


def test_more_bads_trip_the_calibration_limit_alone(card: Any, later: Any) -> None:
    passed = _monitored(card, (_worse(later[0]), later[1]), JULY)
    assert [name for name in CHECKS if not passed[name]] == ["back-test"]


def test_lights_follow(card: Any, later: Any, poorer: Any) -> None:
    asked = ("are scores as on the day it was made?", "is the level of PD right?")
    plain = _lights(card, later, ("2025-07-01", None))
    assert [plain[one] for one in asked] == ["green", "green"]
    shifted = _lights(card, (_worse(poorer[0]), poorer[1]), ("2025-07-01", None))
    assert [shifted[one] for one in asked] == ["red", "red"]


def _worse(scored: Any) -> Any:
    """Every tenth good is bad."""
    return scored.assign(outcome=scored["outcome"].mask(np.arange(len(scored)) % 10 == 0, 1.0))
