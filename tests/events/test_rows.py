"""Plain rows are read as `load_events` reads them, and others are left to it."""

import datetime as dt

import numpy as np
import pytest

from creditscore.events.load import load_events
from creditscore.events.rows import MISSING, NotPlainError, plain
from creditscore.events.schema import CONTRACT, OBLIGATIONS, TRANSACTIONS

NOON = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
BILL = {"borrower_id": "b1", "event_id": "e1", "time": NOON, "platform": "p", "kind": "purchase", "amount": 12.5}


def bill(**changes):
    return {**BILL, **changes}


def words(read, column):
    own = read.words[column]
    told = dict(zip(own.given, own.different, strict=True))
    return [told[word] for word in own.rows] if own.rows else [*told.values()] * read.length


def same_as_loaded(rows, name="transactions"):
    """Every number and word in the rows' order, by Arrow."""
    table = load_events(**{name: rows}).table(name)
    read = plain(rows, CONTRACT[name])
    for column, values in read.numbers.items():
        expected = table[column].cast("int64").fill_null(MISSING).to_pylist()
        assert values.tolist() == expected, column
    for column in read.words:
        assert words(read, column) == table[column].to_pylist(), column
    return read


def test_rows_are_read_as_loading_reads_them():
    rows = [
        bill(),
        bill(event_id="e2", time="2024-03-01T08:00:00.123456+08:00", amount=7, status=None, balance=-3.125, city="x"),
        bill(event_id="e3", time="2024-02-29 23:59:59Z", amount=0.575, status="failed", utc_offset_minutes=-330),
        bill(event_id="e4", amount=1.005, recorded_at=NOON + dt.timedelta(days=1), merchant_id="药房", channel=None),
    ]
    read = same_as_loaded(rows)
    assert read.numbers["amount"].tolist() == [1250, 700, 58, 100]
    assert words(read, "status") == ["completed", "completed", "failed", "completed"]


def test_obligations_and_trips_too():
    bills = [{"time": NOON, "platform": "p", "kind": "loan", "due_at": NOON, "paid_at": paid, "amount_due": 10.25}
             for paid in (None, "2024-03-02T00:00:00+08:00")]  # fmt: skip
    assert same_as_loaded([{"borrower_id": 7, "event_id": i, **one} for i, one in enumerate(bills)], "obligations")
    trip = {"borrower_id": 7, "event_id": 1, "time": NOON, "platform": "p", "mode": "rail", "distance_km": 12.3456}
    assert same_as_loaded([trip, {**trip, "event_id": 2, "nights": 3, "distance_km": None}], "trips")


def test_words_are_numbered_as_asked():
    given = ("failed", None, "completed", "cancelled", None)
    status = plain([bill(event_id=f"e{i}", status=one) for i, one in enumerate(given)], TRANSACTIONS).words["status"]
    # what is missing means completed
    assert status.codes({"failed": 0, "completed": 1}).tolist() == [0, 1, 1, 5, 1]
    assert status.codes({"cancelled": 0}).tolist() == [1, 3, 3, 0, 3]
    city = plain([bill(event_id=one, city=one) for one in ("x", "y")] + [bill()], TRANSACTIONS).words["city"]
    assert city.codes({"y": 0}).tolist() == [1, 0, -1]


def test_a_word_that_all_rows_have_is_numbered_once():
    words = plain([bill(), bill(event_id="e2")], TRANSACTIONS).words
    asked = {"kind": {"refund": 0, "purchase": 1}, "platform": {"q": 0}, "status": {"completed": 0}, "city": {}}
    assert [words[column].codes(known) for column, known in asked.items()] == [1, 1, 0, -1]


def test_rows_are_ordered_by_time_and_then_by_id():
    rows = [bill(event_id="b"), bill(event_id="a"), bill(event_id="z", time=NOON - dt.timedelta(days=1))]
    assert plain(rows, TRANSACTIONS).order.tolist() == [2, 1, 0]
    assert plain([bill(event_id=10), bill(event_id=9)], TRANSACTIONS).order.tolist() == [1, 0]
    assert plain(rows[::-1][:2], TRANSACTIONS).order is None


def test_whose_they_are_may_be_left_out():
    row = bill()
    del row["borrower_id"]
    assert plain([row], TRANSACTIONS).borrower is None
    assert plain([bill()], TRANSACTIONS).borrower == "b1"


OTHERS = {
    "no rows of names": [1, 2],
    "two borrowers": [bill(), bill(borrower_id="b2", event_id="e2")],
    "an id twice": [bill(), bill()],
    "ids of two kinds": [bill(), bill(event_id=2)],
    "an id missing": [bill(), bill(event_id=None)],
    "ids like made ones at one instant": [bill(event_id="row:1"), bill(event_id="row:2")],
    "a time without a zone": [bill(time="2024-03-01T12:00:00")],
    "a naive time": [bill(time=dt.datetime(2024, 3, 1))],
    "a time of minutes": [bill(time="2024-03-01T12:00Z")],
    "a time of weeks": [bill(time="2024-W09-5T12:00:00Z")],
    "a time long ago": [bill(time="1899-12-31T23:59:59Z")],
    "a day": [bill(time=dt.date(2024, 3, 1))],
    "no time": [bill(time=None)],
    "no amount": [{name: value for name, value in BILL.items() if name != "amount"}],
    "an amount as text": [bill(amount="12.50")],
    "an amount that is true": [bill(amount=True)],
    "an amount below zero": [bill(amount=-1)],
    "an amount beyond measure": [bill(amount=1e13)],
    "no number": [bill(amount=float("nan"))],
    "an infinite balance": [bill(balance=float("inf"))],
    "half a minute": [bill(utc_offset_minutes=0.5)],
    "an unknown kind": [bill(kind="gift")],
    "an empty kind": [bill(kind="")],
    "a number for a kind": [bill(kind=1)],
    "a list for a kind": [bill(kind=[])],
    "a list for an id": [bill(event_id=[])],
    "a list for a borrower": [bill(borrower_id=[])],
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_not_plain_is_left_to_loading(case):
    with pytest.raises(NotPlainError):
        plain(OTHERS[case], TRANSACTIONS)


def test_numpy_numbers_are_left_to_loading_too():
    with pytest.raises(NotPlainError):
        plain([bill(amount=np.float64(1))], TRANSACTIONS)


def test_a_missing_due_date_is_left_to_loading():
    with pytest.raises(NotPlainError):
        plain([{"time": NOON, "platform": "p", "kind": "loan", "due_at": None, "amount_due": 1}], OBLIGATIONS)
