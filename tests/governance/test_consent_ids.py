"""The ids of consents that hold, against a plain reading of the records."""

import datetime as dt
import json

import numpy as np
import pyarrow as pa

from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES
from creditscore.governance.consent import holding, load_consents, nothing_held
from creditscore.governance.consent_ids import consent_ids

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def test_each_application_has_the_ids_that_hold_then_each_once_and_in_order():
    draw = np.random.default_rng(7)
    records = [
        {"consent_id": draw.choice(['a "1"', "b", "同意", None]), "borrower_id": str(draw.integers(6)),
         "purpose": draw.choice(["credit", "ads"]), "family": draw.choice(EVENT_TABLES), "recipient": "bank",
         "given_at": START + int(draw.integers(50)) * DAY, "expires_at": START + int(draw.integers(40, 90)) * DAY}
        for _ in range(200)
    ]  # fmt: skip
    asked = [{"application_id": str(i), "borrower_id": str(draw.integers(8)),
              "as_of": START + int(draw.integers(100)) * DAY} for i in range(60)]  # fmt: skip
    applications = load_events(applications=asked).applications
    found = consent_ids(holding(load_consents(records), applications, "credit", "bank")).to_pylist()
    for own, application in zip(found, asked, strict=True):
        for family in EVENT_TABLES:
            expected = {one["consent_id"] for one in records
                        if one["borrower_id"] == application["borrower_id"] and one["purpose"] == "credit"
                        and one["family"] == family
                        and one["given_at"] <= application["as_of"] < one["expires_at"]} - {None}  # fmt: skip
            assert (json.loads(own[family]) if own[family] else []) == sorted(expected)
    assert len({tuple(own.values()) for own in found}) > 10


def test_without_records_there_are_none():
    found = consent_ids(nothing_held(2))
    assert found.equals(pa.table({name: pa.nulls(2, pa.string()) for name in EVENT_TABLES}))
