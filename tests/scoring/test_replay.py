"""Disputes: a replay is the score of a history without the record, or with it put right, and names what it rests on."""

import datetime as dt

import pytest

from creditscore.errors import RequestError
from creditscore.events.load import load_events
from creditscore.governance.secrets import Secret
from creditscore.ledger import Inquiry, create_ledger, recipients_to_tell, told_about
from creditscore.scoring import score
from creditscore.scoring.conformance import AS_OF, made_history
from creditscore.scoring.replay import replay
from creditscore.scoring.result import Record

APPLICATION = {"amount": 10_000.0, "term_months": 12.0, "instalment": 900.0}
ASKED = {"as_of": AS_OF, "application": APPLICATION}


@pytest.fixture(scope="module")
def history():
    return made_history(60)


def rows_but(history, table, *numbers):
    return {**history, table: [row for i, row in enumerate(history[table]) if i not in numbers]}


def name_of(row):
    return (row["platform"], row["event_id"])


def test_without_records_is_the_score_of_a_history_without_them(card, history):
    late, fee = history["obligations"][2], history["transactions"][7]
    found = replay(card, history, without=[name_of(late), name_of(fee)], **ASKED)
    assert found.before == score(card, history, **ASKED)
    assert found.after == score(card, rows_but(rows_but(history, "obligations", 2), "transactions", 7), **ASKED)
    assert found.change != 0
    assert abs(sum(reason.change for reason in found.reasons) - found.change) < 1e-9


def test_corrected_is_the_score_of_a_history_with_it_right(card, history):
    row = history["obligations"][2]
    paid = {"paid_at": row["time"], "amount_paid": row["amount_due"]}
    right = {**history, "obligations": [{**one, **paid} if one is row else one for one in history["obligations"]]}
    found = replay(card, history, corrected={name_of(row): paid}, **ASKED)
    assert found.after == score(card, right, **ASKED)
    assert found.before != found.after


def test_every_record_corrected_to_what_it_is_changes_nothing(card, history):
    for table, column in (("transactions", "amount"), ("trips", "mode"), ("obligations", "amount_due")):
        same = {name_of(row): {column: row[column]} for row in history[table]}
        found = replay(card, history, corrected=same, **ASKED)
        assert found.after == found.before
        assert found.change == 0


def test_reasons_name_the_disputed_records_that_they_rest_on(card, history):
    row = history["obligations"][1]
    record = Record("obligations", *name_of(row))
    found = replay(card, history, without=[record], **ASKED)
    moved = {reason.code: reason.moves for reason in found.reasons if any(reason.moves)}
    assert moved
    assert all(moves == ((), (record,), (), ()) for moves in moved.values())
    assert found.reasons[0].code in moved


def test_events_and_lists_of_dicts_are_replayed_alike(card, history):
    rows = {name: [{**row, "borrower_id": "b"} for row in rows] for name, rows in history.items()}
    name = name_of(history["transactions"][3])
    for dispute in ({"without": [name]}, {"corrected": {name: {"amount": "12.34", "category": None}}}):
        assert replay(card, load_events(**rows), **dispute, **ASKED) == replay(card, history, **dispute, **ASKED)


def test_all_versions_go_and_the_one_of_then_is_corrected(card, history):
    row = history["transactions"][3]
    later = {**row, "amount": 9_999.0, "recorded_at": (AS_OF + dt.timedelta(days=3)).isoformat()}
    versions = {**history, "transactions": [*history["transactions"], later]}
    gone = replay(card, versions, without=[name_of(row)], **ASKED)
    assert gone.after == score(card, rows_but(history, "transactions", 3), **ASKED)
    mended = replay(card, versions, corrected={name_of(row): {"category": "other"}}, **ASKED)
    right = [{**one, "category": "other"} if one is row else one for one in history["transactions"]]
    assert mended.after == score(card, {**history, "transactions": right}, **ASKED)


def test_records_without_ids_are_named_as_evidence_names_them(card, history):
    bare = {name: [{k: v for k, v in row.items() if k != "event_id"} for row in rows] for name, rows in history.items()}
    record = Record("obligations", history["obligations"][2]["platform"], "row:2")
    found = replay(card, bare, without=[record], **ASKED)
    assert found.after == score(card, rows_but(bare, "obligations", 2), **ASKED)


@pytest.mark.parametrize(("dispute", "message"), [
    ({}, "nothing is disputed"),
    ({"without": [("p0", "secret-id")]}, "without: record 1 of those given is not in the history"),
    ({"corrected": {("nowhere", "t1"): {"amount": 1}}}, "corrected: record 1 of those given is not in the history"),
    ({"without": ["t1"]}, "expected \\(platform, event_id\\) or a Record, got str"),
])  # fmt: skip
def test_what_cannot_be_disputed_is_refused_without_its_id(card, history, dispute, message):
    with pytest.raises(RequestError, match=message) as refused:
        replay(card, history, **dispute, **ASKED)
    assert "secret-id" not in str(refused.value)


@pytest.mark.parametrize(("changes", "message"), [
    ({"amuont": 1}, "transactions has no column 'amuont' to correct; it has time"),
    ({"event_id": "x"}, "has no column 'event_id' to correct"), ({"borrower_id": "x"}, "no column 'borrower_id'"),
    ({"kind": "gift"}, "1 rows cannot be read"), ({"amount": -5}, "1 rows cannot be read"),
    ({"time": None}, "time"),
])  # fmt: skip
def test_a_correction_must_fit_the_contract(card, history, changes, message):
    with pytest.raises(ValueError, match=message):
        replay(card, history, corrected={name_of(history["transactions"][3]): changes}, **ASKED)


def test_a_record_is_named_once(card, history):
    name = name_of(history["transactions"][3])
    for dispute in ({"without": [name, name]}, {"without": [name], "corrected": {name: {"amount": 1}}}):
        with pytest.raises(RequestError, match="named twice"):
            replay(card, history, **dispute, **ASKED)


def test_a_platforms_id_in_two_tables_needs_the_table(card, history):
    row, platform = history["transactions"][3], history["trips"][0]["platform"]
    both = {**history, "transactions": [*history["transactions"], {**row, "event_id": "same", "platform": platform}],
            "trips": [*history["trips"], {**history["trips"][0], "event_id": "same"}]}  # fmt: skip
    with pytest.raises(RequestError, match="is in 2 tables; give a Record"):
        replay(card, both, without=[(platform, "same")], **ASKED)
    assert replay(card, both, without=[Record("trips", platform, "same")], **ASKED).before.scorable


def test_the_ledger_lists_whom_to_tell(card, history, tmp_path):
    secret = Secret(b"only for tests, 32 bytes or more")
    ledger = create_ledger(tmp_path / "ledger.db", keeper="agency")
    for recipient, who in (("bank", "b1"), ("other bank", "b2"), ("third bank", "b1")):
        inquiry = Inquiry(ledger, recipient, "credit decision", secret)
        score(card, history, as_of=AS_OF, application={**APPLICATION, "borrower_id": who}, ledger=inquiry)
    assert recipients_to_tell(told_about(ledger, "b1", [secret])) == {"bank": [1], "third bank": [3]}
