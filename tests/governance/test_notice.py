"""Negative obligations, and those of which nobody says when their subject was told."""

import datetime as dt

import numpy as np

from creditscore.events.load import load_events
from creditscore.governance.notice import NONE, Notice, notice_of

DUE = dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC)
UNTIL = np.datetime64("2025-06-30T12:00", "us")
SECOND = dt.timedelta(seconds=1)


def counted(**about):
    row = {"borrower_id": "b", "event_id": "o", "platform": "p", "time": DUE - dt.timedelta(days=30), "kind": "bill",
           "due_at": DUE, "amount_due": 10.0, "amount_paid": 10.0, **about}  # fmt: skip
    return notice_of(load_events(obligations=[row]).obligations, UNTIL)


def test_paid_by_its_due_time_it_is_not_negative_and_a_second_later_it_is():
    assert counted(paid_at=DUE) == Notice(0, 0)
    assert counted(paid_at=DUE + SECOND) == Notice(1, 1)
    assert counted(paid_at=DUE + SECOND, notified_at=DUE) == Notice(1, 0)


def test_unpaid_it_is_negative_once_due_whether_it_ended_or_not():
    assert counted() == Notice(1, 1)
    assert counted(ended_at=DUE + 90 * SECOND) == Notice(1, 1)
    assert counted(due_at=UNTIL.astype(object).replace(tzinfo=dt.UTC)) == Notice(0, 0)


def test_paid_in_part_it_is_negative():
    assert counted(paid_at=DUE, amount_paid=9.99) == Notice(1, 1)
    assert counted(paid_at=DUE, amount_paid=None) == Notice(0, 0)


def test_counts_add_up_and_no_table_counts_nothing():
    assert Notice(2, 1) + Notice(1, 1) == Notice(3, 2)
    assert notice_of(None, UNTIL) == NONE
