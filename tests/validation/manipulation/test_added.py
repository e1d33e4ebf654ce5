"""Events added to histories: whole, before the decision, at nobody's real shop, and the real ones as they were."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from creditscore.events.load import load_events
from creditscore.features.build import compute
from creditscore.features.define import count, distinct, total, transactions
from creditscore.features.plan import make_plan
from creditscore.validation.manipulation.added import players, repetitions, spent, with_gaming
from creditscore.validation.manipulation.schemes import Costs, schemes_of

AS_OF = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


def _row(who: str, day: int, kind: str, amount: float, **more: object) -> dict[str, object]:
    time = AS_OF - dt.timedelta(days=day)
    return {"borrower_id": who, "time": time, "platform": "p", "kind": kind, "amount": amount} | more


ROWS = [
    _row("a", 40, "purchase", 10.0, merchant_id="m1"),
    _row("a", 30, "purchase", 30.0, merchant_id="m2"),
    _row("a", 20, "purchase", 90.0, merchant_id="m2"),
    _row("a", -1, "purchase", 5_000.0),
    _row("b", 10, "transfer_in", 70.0, balance=5.0),
    _row("c", -5, "purchase", 1.0),
]
APPLICATIONS = [{"application_id": str(i), "borrower_id": who, "as_of": AS_OF} for i, who in enumerate("abcd")]
SELF, ORDERS, LOOPS = schemes_of(Costs())


@pytest.fixture(params=["made ids", "own ids"])
def events(request):
    own = {"made ids": {}, "own ids": {"event_id": True}}[request.param]
    rows = [row | dict.fromkeys(own, f"e{i}") for i, row in enumerate(ROWS)]
    return load_events(transactions=rows, applications=APPLICATIONS)


def test_players_are_who_has_a_history_before_the_decision(events):
    player, has = players(events, events.applications)
    assert has.tolist() == [True, True, False, False]
    assert player.usual.tolist() == [30.0, 100.0]
    assert [events.transactions["amount"][i].as_py() for i in player.row.tolist()] == [9_000, 7_000]


def test_added_events_are_whole_before_the_decision_and_by_day(events):
    player, _ = players(events, events.applications)
    begun = repetitions(player, np.zeros(2, np.int64), 50, seed=1)
    before = (player.as_of[:, None] - begun) / 86_400e6
    assert before.min() > 3
    assert before.max() <= 91
    hours = begun % 86_400_000_000 / 3_600e6
    assert hours.min() >= 9
    assert hours.max() < 21
    np.testing.assert_array_equal(repetitions(player, np.zeros(2, np.int64), 5, seed=1), begun[:, :5])


def test_features_see_the_gaming_and_nothing_else_changes(events):
    player, has = players(events, events.applications)
    rows = events.applications.filter(pa.array(has))
    begun = repetitions(player, np.zeros(2, np.int64), 20, seed=1)
    bought, back = transactions.where(kind="purchase", status="completed"), transactions.where(kind="refund")
    features = (
        *count(bought, days="all"), *count(back, days="all"), *total(back.amount, days="all"),
        *distinct(bought.merchant_id, days="all"),
    )  # fmt: skip
    gamed = with_gaming(events, player, LOOPS, begun)
    found = compute(make_plan(features), gamed, rows)
    assert found.tolist() == [[23, 20, 600.0, 7], [20, 20, 2_000.0, 5]]
    assert gamed.transactions.slice(0, len(ROWS)).to_pylist() == events.transactions.to_pylist()
    assert gamed.transactions.schema == events.transactions.schema
    ids = gamed.transactions["event_id"].to_pylist()
    assert len(set(ids)) == len(ids) == len(ROWS) + 80
    assert len(players(replace(gamed), events.applications)[0].row) == 2


def test_what_is_spent_is_by_hand(events):
    player, _ = players(events, events.applications)
    assert spent(player, SELF, 10) == pytest.approx([10 * 0.001 * 150, 10 * 0.001 * 500])
    assert spent(player, ORDERS, 10) == pytest.approx([10 * 0.06 * 30, 10 * 0.06 * 100])
    assert spent(player, LOOPS, 10) == pytest.approx([100.0, 100.0])


def test_without_transactions_nobody_plays():
    events = load_events(applications=APPLICATIONS)
    assert not players(events, events.applications)[1].any()
