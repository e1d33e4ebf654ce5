"""The records behind reasons: of the borrower, known at `as_of`, and what the features behind were made of."""

import datetime as dt
import json

import pytest

from creditscore.scoring import score
from creditscore.scoring.conformance import AS_OF, made_history

APPLICATION = {"amount": 10_000.0, "term_months": 12.0, "instalment": 900.0}


@pytest.fixture(scope="module")
def history():
    return made_history(120)


@pytest.fixture(scope="module")
def found(card, history):
    return score(card, history, as_of=AS_OF, application=APPLICATION, records=True)


def test_only_records_are_added(card, history, found):
    plain = score(card, history, as_of=AS_OF, application=APPLICATION)
    assert (plain.points, plain.unrounded) == (found.points, found.unrounded)
    assert [reason.code for reason in plain.reasons] == [reason.code for reason in found.reasons]
    assert not any(one.records for reason in plain.reasons for one in reason.evidence)


def test_records_are_the_borrowers_own_and_before_as_of(history, found):
    times = {(name, event["event_id"]): event["time"] for name, rows in history.items() for event in rows}
    records = [record for reason in found.reasons for one in reason.evidence for record in one.records]
    assert records
    assert all(dt.datetime.fromisoformat(times[record.table, record.event_id]) < AS_OF for record in records)


def test_a_count_has_as_many_records(card, found):
    counts = {
        feature.name for feature in card.features if feature.name.startswith(("transactions_count", "trips_count"))
    }
    for reason in found.reasons:
        for one in reason.evidence:
            if one.feature in counts:
                assert len(one.records) == one.value


def test_what_is_not_behind_a_reason_changes_none_of_its_features(card, history, found):
    reason = found.reasons[0]
    behind = {(record.table, record.event_id) for one in reason.evidence for record in one.records}
    tables = {table for table, _ in behind}
    kept = {
        name: [event for event in rows if name not in tables or (name, event["event_id"]) in behind]
        for name, rows in history.items()
    }
    again = {one.feature: one.value for other in score(card, kept, as_of=AS_OF, application=APPLICATION).reasons
             if other.code == reason.code for one in other.evidence}  # fmt: skip
    for one in reason.evidence:
        assert again.get(one.feature, one.value) == one.value


def test_records_are_plain_as_json(found):
    told = json.loads(json.dumps(found.to_dict()))
    records = [record for one in told["reasons"][0]["evidence"] for record in one["records"]]
    assert set(records[0]) == {"table", "platform", "event_id"}
