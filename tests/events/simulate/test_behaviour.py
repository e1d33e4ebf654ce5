from __future__ import annotations

import numpy as np

from creditscore.events.simulate.behaviour import Histories, aggregates
from creditscore.events.simulate.clock import DAY, NEVER
from creditscore.events.simulate.outcome import true_pd
from creditscore.events.simulate.rows import KIND, Rows, picked, stacked

LATER = ("status_at", "amended_at", "paid_at", "ended_at")


def _first_applications(applications: Rows) -> Rows:
    _, first = np.unique(applications["borrower"], return_index=True)
    return picked(applications, first)


def _as_of(applications: Rows, rows: Rows) -> np.ndarray:
    """Each row's borrower's (one) decision."""
    return applications["time"][np.searchsorted(applications["borrower"], rows["borrower"])]


def _without_the_future(rows: Rows, applications: Rows) -> Rows:
    as_of = _as_of(applications, rows)
    rows = rows | {name: np.where(rows[name] < as_of, rows[name], NEVER) for name in LATER if name in rows}
    return picked(rows, (rows["time"] < as_of) & (rows.get("recorded_at", rows["time"]) < as_of))


def _with_another_future(rows: Rows, applications: Rows) -> Rows:
    """What is known only at or after as of is otherwise: when and how much, how it ended, what was recorded late."""
    as_of, rng = _as_of(applications, rows), np.random.default_rng(3)
    future = {name: as_of + rng.integers(0, 90 * DAY, len(as_of)) for name in ("time", *LATER)}
    changed = rows | {name: np.where(rows[name] < as_of, rows[name], future[name]) for name in future if name in rows}
    changed["amount"] = np.where(rows["time"] < as_of, rows["amount"], rows["amount"] * 7)
    if "status" in rows:
        changed["status"] = np.where(rows["status_at"] < as_of, rows["status"], 1)
    if "recorded_at" not in rows:
        return changed
    changed["amended"] = np.where(rows["amended_at"] < as_of, rows["amended"], rows["amended"] * 7)
    recorded_late = changed | {"recorded_at": as_of + rng.integers(0, DAY, len(as_of))}
    return stacked([changed, recorded_late])


def test_nothing_at_or_after_the_decision_moves_the_true_pd(histories: Histories, tables: dict[str, Rows]) -> None:
    applications = _first_applications(tables["applications"])
    pd = true_pd(aggregates(histories, applications))
    assert np.unique(pd).size > 300
    for changed in (_without_the_future, _with_another_future):
        other = Histories(
            changed(histories.transactions, applications),
            changed(histories.trips, applications),
            changed(histories.obligations, applications),
        )
        assert np.array_equal(true_pd(aggregates(other, applications)), pd), changed.__name__


def test_what_came_before_does_move_it(histories: Histories, tables: dict[str, Rows]) -> None:
    applications = tables["applications"]
    spent = histories.transactions
    without_income = picked(spent, spent["kind"] != KIND["income"])
    other = Histories(without_income, histories.trips, histories.obligations)
    before, after = (true_pd(aggregates(one, applications)) for one in (histories, other))
    assert (before != after).mean() > 0.5


def test_a_payment_after_the_decision_leaves_the_bill_unpaid() -> None:
    as_of = 1_000 * DAY
    bill = {"borrower": 0, "time": as_of - 60 * DAY, "due_at": as_of - 30 * DAY, "ended_at": NEVER, "amount": 100}
    applications = {"borrower": np.array([0]), "time": np.array([as_of]), "instalment": np.array([100])}

    def worst(paid_at: int) -> float:
        owed = {name: np.array([value]) for name, value in (bill | {"paid_at": paid_at}).items()}
        return float(aggregates(_nothing_but(owed), applications)["worst_days_past_due"][0])

    assert worst(as_of - 25 * DAY) == 5
    assert worst(as_of) == worst(as_of + DAY) == worst(NEVER) == 30


def _nothing_but(obligations: Rows) -> Histories:
    nothing = np.array([], np.int64)
    names = ("borrower", "time", "kind", "amount", "merchant", "balance", "status", "status_at")
    empty = dict.fromkeys((*names, "amended", "amended_at"), nothing)
    return Histories(empty, empty, obligations)
