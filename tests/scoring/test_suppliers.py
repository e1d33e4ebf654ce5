"""Which platforms' records stand behind a score, against a plain reading of the rows."""

import datetime as dt

import numpy as np
import pyarrow as pa

from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.scoring.suppliers import suppliers_of

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def made(draw, platforms, borrowers, ids=str):
    """Rows of three tables; some are recorded later than they happened."""
    rows = {name: [] for name in EVENT_TABLES}
    extra = {"transactions": {"kind": "fee", "amount": 1}, "trips": {"mode": "rail"},
             "obligations": {"kind": "bill", "amount_due": 1, "due_at": START}}  # fmt: skip
    for name in EVENT_TABLES:
        for i in range(60):
            time = START + int(draw.integers(100)) * DAY
            late = time + int(draw.integers(0, 40)) * DAY if draw.integers(2) else None
            rows[name].append({"event_id": str(i), "borrower_id": ids(draw.integers(borrowers)), "time": time,
                               "recorded_at": late, "platform": f"p{draw.integers(platforms):02}",
                               **extra[name]})  # fmt: skip
    return rows


def read(rows, tables, borrower, as_of):
    found = {row["platform"] for name in tables for row in rows[name] if row["borrower_id"] == borrower
             and row["time"] < as_of and (row["recorded_at"] is None or row["recorded_at"] < as_of)}  # fmt: skip
    return tuple(sorted(found))


def test_they_are_those_with_a_record_known_before_as_of():
    draw = np.random.default_rng(4)
    for platforms, ids in ((3, str), (20, int)):
        rows = made(draw, platforms, 12, ids)
        asked = [{"application_id": str(i), "borrower_id": ids(draw.integers(14)),
                  "as_of": START + int(draw.integers(120)) * DAY} for i in range(80)]  # fmt: skip
        events = load_events(**rows, applications=asked)
        for tables in (EVENT_TABLES, ("trips",)):
            found = suppliers_of(events, tables, events.applications)
            expected = [read(rows, tables, one["borrower_id"], one["as_of"]) for one in asked]
            assert [found.sets[which] for which in found.which] == expected
            assert len(set(found.sets)) == len(found.sets)


def test_without_events_there_are_none():
    asked = pa.table({"application_id": ["1"], "borrower_id": ["b"], "as_of": pa.array([START])})
    found = suppliers_of(Events(), EVENT_TABLES, asked)
    assert [found.sets[which] for which in found.which] == [()]
