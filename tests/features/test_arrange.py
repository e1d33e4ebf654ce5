"""Gathered events → columns: when they are known, their clock, sums that cannot overflow."""

import numpy as np
import pytest

from creditscore.errors import InputError
from creditscore.features import count, mean, obligations, total, transactions, trips
from creditscore.features.columns import NEVER, NULL
from tests.features.arranging import arranged, transaction
from tests.features.histories import NOW
from tests.features.oracle import DAY_US

HOUR_US = 3_600_000_000


def test_an_event_is_known_from_its_recording_and_not_before_it_happened():
    rows = [transaction(event_id="1"), transaction(event_id="2", recorded_at=NOW),
            transaction(event_id="3", recorded_at=NOW - 9 * DAY_US)]  # fmt: skip
    columns, _, _ = arranged(rows)
    assert columns.known_at.tolist() == [NOW - DAY_US, NOW, NOW - DAY_US]


def test_a_transactions_status_is_known_from_its_own_time_else_from_the_recording():
    rows = [transaction(event_id="1"), transaction(event_id="2", recorded_at=NOW - 5),
            transaction(event_id="3", recorded_at=NOW - 5, status_at=NOW - 3)]  # fmt: skip
    columns, _, _ = arranged(rows)
    assert columns.status_from.tolist() == [NOW - DAY_US, NOW - 5, NOW - 3]


def test_a_trips_status_is_known_from_its_own_time_else_from_departure_else_never():
    trip = transaction(mode="rail")
    rows = [{**trip, "event_id": "1", "departs_at": NOW, "status_at": NOW - 9},
            {**trip, "event_id": "2", "departs_at": NOW}, {**trip, "event_id": "3"}]  # fmt: skip
    columns, _, _ = arranged(rows, count(trips, days=30), "trips")
    assert columns.status_from.tolist() == [NOW - 9, NOW, NEVER]


def test_hours_and_weekdays_are_the_events_own():
    # 1 January 1970 was a Thursday, weekday 3
    rows = [transaction(event_id="1", time=0), transaction(event_id="2", time=1, utc_offset_minutes=-30),
            transaction(event_id="3", time=2, utc_offset_minutes=14 * 60 + 30)]  # fmt: skip
    columns, _, plan = arranged(rows, [mean(transactions.hour, days=30), mean(transactions.weekday, days=30)])
    assert columns.numbers[plan.numbers.index("hour")].tolist() == [0, 23, 14]
    assert columns.numbers[plan.numbers.index("weekday")].tolist() == [3, 2, 3]


def test_the_night_runs_round_midnight():
    night = count(transactions.where(hour=(23, 5)), days=30)
    rows = [transaction(event_id=f"{hour:02}", time=hour * HOUR_US) for hour in range(24)]
    columns, _, _ = arranged(rows, night)
    assert np.flatnonzero(columns.bits[0]).tolist() == [0, 1, 2, 3, 4, 23]


def test_missing_numbers_and_texts_meet_no_condition():
    features = [count(transactions.where(balance=(None, None)), days=30),
                count(transactions.where(channel=("app", "web")), days=30)]  # fmt: skip
    columns, _, _ = arranged([transaction(event_id="1", balance=5, channel="app"), transaction(event_id="2")], features)
    assert columns.bits[0].tolist() == [0b11, 0b00]


def test_an_end_of_a_range_is_compared_to_the_cent():
    rows = [transaction(event_id=str(cents), amount=cents) for cents in (1_049, 1_050, 1_149, 1_150)]
    columns, _, _ = arranged(rows, count(transactions.where(amount=(10.5, 11.5)), days=30))
    assert columns.bits[0].tolist() == [0, 1, 1, 0]


def test_days_between_booking_and_departure_are_missing_without_a_departure():
    trip = transaction(mode="rail")
    rows = [{**trip, "event_id": "1", "departs_at": NOW}, {**trip, "event_id": "2"}]
    columns, _, plan = arranged(rows, mean(trips.lead_days, days=30), "trips")
    assert columns.numbers[plan.numbers.index("lead_days")].tolist() == [DAY_US, NULL]


def test_sums_too_large_to_be_exact_are_refused():
    rows = [transaction(event_id=str(i), amount=2**62) for i in range(2)]
    with pytest.raises(InputError, match=r"column 'amount'.* cannot be added exactly"):
        arranged(rows, total(transactions.amount, days=30))
    assert arranged(rows[:1], total(transactions.amount, days=30))


def test_large_debts_below_zero_are_refused_too():
    rows = [transaction(event_id=str(i), balance=-(2**62)) for i in range(2)]
    with pytest.raises(InputError, match="column 'balance'"):
        arranged(rows, total(transactions.balance, days=30))


def test_payments_too_large_to_be_added_are_refused_too():
    owed = transaction(kind="loan", due_at=NOW, amount_due=1)
    rows = [{**owed, "event_id": str(i), "paid_at": NOW - 1, "amount_paid": 2**62} for i in range(2)]
    with pytest.raises(InputError, match="column 'amount_paid'"):
        arranged(rows, total(obligations.amount_paid, days=30), "obligations")
