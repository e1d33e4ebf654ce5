"""One borrower's features from lists of dicts: the bits that the table of all gives."""

import datetime as dt

import numpy as np
import pytest

from creditscore.events.load import load_events
from creditscore.events.rows import NotPlainError
from creditscore.features import CATALOGUE, count, distinct, feature, obligations, total, transactions, trips, value
from creditscore.features.build import compute
from creditscore.features.define import applications
from creditscore.features.one import row_of
from creditscore.features.plan import make_plan
from tests.features.every_word import EVERY_WORD
from tests.features.histories import generate

PLAN = make_plan((*CATALOGUE, *EVERY_WORD))
# Of whose words most are asked for by no feature.
SMALL = make_plan(
    [count(transactions.where(status="failed"), days="all"), count(~transactions.where(kind="fee"), days="all"),
     distinct(transactions.category, days="all"), count(trips.where(mode="rail", status="no_show"), days="all")]
)  # fmt: skip
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
TIMES = ("time", "recorded_at", "status_at", "departs_at", "due_at", "paid_at", "ended_at", "notified_at")
UNITS = {"amount": 100, "balance": 100, "amount_due": 100, "amount_paid": 100, "distance_km": 1_000}


def in_units(row):
    """A generated row as a platform would send it: times with a zone, money in units, nothing for NaN."""
    known = {name: None if number != number else number for name, number in row.items()}
    money = {name: known[name] / unit for name, unit in UNITS.items() if known.get(name) is not None}
    times = {name: EPOCH + dt.timedelta(microseconds=row[name]) for name in TIMES if row.get(name) is not None}
    return known | money | times


def without_versions(rows):
    """Of rows with one id the first; ids are one platform's here."""
    return list({row["event_id"]: {**in_units(row), "borrower_id": "b0"} for row in reversed(rows)}.values())


@pytest.mark.parametrize("seed", range(20))
def test_a_borrower_from_dicts_gives_the_bits_of_the_table(seed):
    histories, asked = generate(seed, borrowers=1)
    history = {name: without_versions(rows) for name, rows in histories["b0"].items()}
    events = load_events(**{name: rows for name, rows in history.items() if rows}, quarantine_limit=0)
    for application in asked:
        row = in_units(application)
        as_of = EPOCH + dt.timedelta(microseconds=application["as_of"])
        table = load_events(applications=[{**row, "borrower_id": "b0", "as_of": as_of}]).applications
        for plan in (PLAN, SMALL):
            expected = compute(plan, events, table, threads=1)
            found = row_of(plan, history, application["as_of"], row)
            assert found.tobytes() == expected.tobytes()


def test_no_history_at_all_is_missing_throughout():
    assert np.isnan(row_of(make_plan(total(transactions.amount, days=30)), {}, 0, {})).all()


def test_an_applications_own_columns_are_read():
    plan = make_plan([value(applications.amount), value(applications.age, name="age")])
    assert row_of(plan, {}, 0, {"amount": 1234.565, "age": 30}).tolist() == [[1234.56, 30.0]]
    assert np.isnan(row_of(plan, {}, 0, {"amount": None})).all()


@pytest.mark.parametrize("amount", ["5", True, -1, float("nan"), float("inf"), 1e13])
def test_an_application_that_is_not_plain_is_left_to_loading(amount):
    with pytest.raises(NotPlainError):
        row_of(make_plan([value(applications.amount)]), {}, 0, {"amount": amount})


def test_functions_unknown_tables_and_two_borrowers_are_left_to_the_table():
    (mine,) = feature(transactions, days=30, name="mine")(lambda events: float(len(events)))
    plain = make_plan([total(transactions.amount, days=30), total(obligations.amount_due, days=30)])
    bill = {"borrower_id": "b1", "time": "2024-03-01T12:00:00Z", "platform": "p", "kind": "fee", "amount": 1}
    owed = {**bill, "borrower_id": "b2", "kind": "bill", "amount_due": 1, "due_at": "2024-03-01T12:00:00Z"}
    for plan, history in [(make_plan([mine]), {}), (plain, {"bills": []}),
                          (plain, {"transactions": [bill], "obligations": [owed]})]:  # fmt: skip
        with pytest.raises(NotPlainError):
            row_of(plan, history, 0, {})
