"""The kernel over a table: what no window can see is left out, and nothing changes by it."""

import datetime as dt

import numpy as np
import pytest

from creditscore.events.load import load_events
from creditscore.events.schema import ids_are_made
from creditscore.features import build, build_features, count, distinct, mean, median, total, transactions
from creditscore.features.columns import NEVER, NULL

EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
FEATURES = [
    total(transactions.amount, days=(7, 30)),
    median(transactions.amount, days=30),
    distinct(transactions.category, days=(7, 30)),
    mean(transactions.where(kind="refund").amount, days=7),
]


def made_market(seed, recorded):
    """Events without ids of their own over 120 days, some of them recorded later, and several applications each."""
    draw = np.random.default_rng(seed)

    def day(most):
        return EPOCH + dt.timedelta(seconds=int(draw.integers(0, most * 86_400)))

    bills = [{"borrower_id": f"b{draw.integers(12)}", "time": day(120), "platform": "p", "kind": kind,
              "amount": int(draw.integers(99)), "category": ("food", "home", "tea", "toys", "books")[draw.integers(5)]}
             for kind in draw.choice(["purchase", "refund"], 400).tolist()]  # fmt: skip
    if recorded:
        bills = [{**bill, "recorded_at": bill["time"] + dt.timedelta(days=int(draw.integers(9)))} for bill in bills]
    asked = [{"application_id": i, "borrower_id": f"b{draw.integers(15)}", "as_of": day(140)} for i in range(40)]
    return load_events(transactions=bills, applications=asked)


def everything(_plan, _source, _as_of, first):
    return np.full(len(first) - 1, NULL), np.full(len(first) - 1, NEVER)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_events_that_no_window_can_see_are_left_out_without_a_change(seed, recorded, monkeypatch):
    events = made_market(seed, recorded)
    assert ids_are_made(events.transactions)
    fewer = build_features(events, features=FEATURES)
    monkeypatch.setattr(build, "_span", everything)
    assert build_features(events, features=FEATURES).equals(fewer)


def test_an_old_event_shows_that_there_is_a_history():
    """Out of every window, it makes counts 0 instead of missing."""
    old = {"borrower_id": "b", "time": EPOCH, "platform": "p", "kind": "fee", "amount": 1}
    asked = [
        {"application_id": i, "borrower_id": who, "as_of": EPOCH + dt.timedelta(days=99)} for i, who in enumerate("bc")
    ]
    found = build_features(load_events(transactions=[old], applications=asked), features=count(transactions, days=7))
    assert found["transactions_count_7d"].to_pylist() == [0.0, None]


@pytest.mark.parametrize("block", [1, 7, 100_000])
def test_blocks_of_any_size_give_the_same_bits(block, monkeypatch):
    events = made_market(1, recorded=True)
    expected = build_features(events, features=FEATURES)
    monkeypatch.setattr(build, "_BLOCK", block)
    assert build_features(events, features=FEATURES, threads=3).equals(expected)


def test_no_applications_make_a_table_without_rows():
    events = made_market(1, recorded=False)
    none = events.applications.slice(0, 0)
    assert build_features(events, none, features=FEATURES).num_rows == 0
