"""No score leaves before it is in the ledger, and the ledger says what left."""

import contextlib
import json
import sqlite3
from dataclasses import replace

import pyarrow as pa
import pytest

from creditscore.errors import LedgerError, RequestError
from creditscore.events.load import load_events
from creditscore.events.rows import plain
from creditscore.events.schema import EVENT_TABLES
from creditscore.events.store import open_store
from creditscore.events.storing import store_events
from creditscore.governance import gate
from creditscore.governance.secrets import Secret
from creditscore.ledger import Inquiry, create_ledger, head_of, open_ledger, told_about, verify
from creditscore.ledger.store import WITH_CONTENT, entry_of
from creditscore.scoring import score, seen
from creditscore.scoring.conformance import AS_OF, made_history
from creditscore.scoring.request import one_borrower

APPLICATION = {"amount": 10_000.0, "term_months": 12.0, "instalment": 900.0}
SECRET = Secret(b"only for tests, 32 bytes or more")


@pytest.fixture
def inquiry(tmp_path):
    ledger = create_ledger(tmp_path / "ledger.db", keeper="agency")
    return Inquiry(ledger, "bank", "credit decision", SECRET, fee="0.35", currency="CNY", consent="c-1")


def entries(inquiry):
    with inquiry.ledger.store.reading() as connection:
        return [entry_of(row) for row in connection.rows(f"{WITH_CONTENT} ORDER BY e.seq")]


def coded(reasons):
    return [[reason.code, reason.points] for reason in reasons]


def test_one_score_is_recorded_as_it_is_given_out(card, inquiry):
    history = made_history(60)
    found = score(card, history, as_of=AS_OF, application={**APPLICATION, "borrower_id": "b1"}, ledger=inquiry)
    without = score(card, history, as_of=AS_OF, application=APPLICATION)
    assert found.ledger_entry == 1
    assert {**found.to_dict(), "ledger_entry": None} == without.to_dict()
    (entry,) = entries(inquiry)
    assert (entry.occasion.model_id, entry.occasion.digest) == (card.model_id, card.digest)
    assert entry.content.pseudonym == inquiry.pseudonyms.of("b1")
    assert json.loads(entry.content.text) == {
        "as_of": "2025-06-30 12:00:00.000000Z", "points": found.points, "unrounded": found.unrounded, "pd": found.pd,
        "grade": found.grade, "reasons": coded(found.reasons), "key_factors": coded(found.key_factors),
        "families": ["transactions", "trips", "obligations"], "platforms": ["p0", "p1", "p2"],
        "consent": "c-1", "consents": {}, "withheld": [],
    }  # fmt: skip


def test_many_are_recorded_as_each_one_would_be(card, inquiry, sample_events, tmp_path):
    few = sample_events.applications.slice(0, 60)
    found = score(card, sample_events, applications=few, ledger=inquiry)
    assert found["ledger_entry"].to_pylist() == list(range(1, 61))
    assert found.drop_columns(["ledger_entry"]).equals(score(card, sample_events, applications=few))
    ones = Inquiry(create_ledger(tmp_path / "ones.db", keeper="agency"), "bank", "p", SECRET, consent="c-1")
    for row in few.to_pylist()[:12]:
        own = {name: row[name] / scale for name, scale in (("amount", 100), ("term_months", 1), ("instalment", 100))}
        own["borrower_id"] = row["borrower_id"]
        score(card, sample_events.of(row["borrower_id"]), as_of=row["as_of"], application=own, ledger=ones)
    for many, one in zip(entries(inquiry), entries(ones), strict=False):
        assert many.content.pseudonym == one.content.pseudonym
        alone = json.loads(one.content.text)
        assert not alone.pop("key_factors") or not alone["reasons"]
        assert json.loads(many.content.text) == alone
    assert verify(inquiry.ledger, [head_of(inquiry.ledger)]).sound


CONSENT = {"purpose": "credit decision", "recipient": "bank", "separate": True, "written": True,
           "given_at": "2024-01-01T00:00:00Z"}  # fmt: skip


def agreed(who):
    """Consents to all families, that to trips withdrawn before as_of; one has no id, one is of another purpose."""
    own = [{**CONSENT, "borrower_id": who, "family": name, "consent_id": f"c-{name}"} for name in EVENT_TABLES]
    own[1]["withdrawn_at"] = "2024-06-01T00:00:00Z"
    return [
        *own,
        {**own[0], "consent_id": 'b "again"'},
        {**own[0], "consent_id": None},
        {**own[2], "purpose": "marketing", "consent_id": "c-other"},
    ]


@pytest.mark.parametrize("as_frames", [False, True])
@pytest.mark.parametrize("records", [False, True])
def test_an_entry_says_under_which_consents_and_that_one_was_withdrawn(card, inquiry, as_frames, records):
    history = {name: [{**row, "borrower_id": "b1", "platform": f"p-{name}"} for row in rows]
               for name, rows in made_history(60).items()}  # fmt: skip
    given = {name: pa.Table.from_pylist(rows) for name, rows in history.items()} if as_frames else history
    found = score(card, given, as_of=AS_OF, application=APPLICATION, consents=agreed("b1"), records=records,
                  ledger=inquiry)  # fmt: skip
    assert found.withheld == ("trips",)
    (told,) = told_about(inquiry.ledger, "b1", [SECRET])
    assert told.content["withheld"] == ["trips"]
    assert told.content["families"] == ["transactions", "obligations"]
    assert told.content["platforms"] == ["p-obligations", "p-transactions"]
    assert told.content["consents"] == {
        "transactions": ['b "again"', "c-transactions"],
        "obligations": ["c-obligations"],
    }


def test_of_many_each_entry_names_its_own_consents(card, inquiry, sample_events, tmp_path):
    few = sample_events.applications.slice(0, 40)
    people = few["borrower_id"].to_pylist()
    consents = [one for who in people[::2] for one in agreed(who)]
    consents += [{**CONSENT, "borrower_id": who, "family": "transactions", "consent_id": who} for who in people[1::4]]
    found = score(card, sample_events, applications=few, consents=consents, ledger=inquiry)
    ones = Inquiry(create_ledger(tmp_path / "ones.db", keeper="agency"), "bank", "credit decision", SECRET)
    kinds = set()
    for row, many, withheld in zip(few.to_pylist(), entries(inquiry), found["withheld"].to_pylist(), strict=True):
        own = {name: row[name] / scale for name, scale in (("amount", 100), ("term_months", 1), ("instalment", 100))}
        own["borrower_id"], history = row["borrower_id"], sample_events.of(row["borrower_id"])
        asked = {"consents": consents, "recipient": "bank", "ledger": ones}
        score(card, history, as_of=row["as_of"], application=own, **asked)
        told = json.loads(many.content.text)
        alone = json.loads(entries(ones)[-1].content.text)
        for name in ("families", "platforms", "consents", "withheld", "points"):
            assert told[name] == alone[name]
        assert told["withheld"] == (withheld.split("; ") if withheld else [])
        kinds.add((*told["consents"], *told["withheld"]))
    assert len(kinds) > 2


def test_consents_may_name_whom_the_application_names(card, inquiry):
    application = {**APPLICATION, "borrower_id": "b1"}
    found = score(card, made_history(60), as_of=AS_OF, application=application, consents=agreed("b1"), ledger=inquiry)
    assert found.withheld == ("trips",)


def test_where_there_is_no_score_nothing_was_used(card, inquiry):
    consents = [one for one in agreed("b1") if one["family"] != "obligations"]
    history = {name: [{**row, "borrower_id": "b1"} for row in rows] for name, rows in made_history(60).items()}
    assert not score(card, history, as_of=AS_OF, consents=consents, ledger=inquiry).scorable
    many = load_events(**history, applications=[{"application_id": "a", "borrower_id": "b1", "as_of": AS_OF}])
    score(card, many, applications=many.applications, consents=consents, ledger=inquiry)
    for told in told_about(inquiry.ledger, "b1", [SECRET]):
        assert (told.content["families"], told.content["platforms"], told.content["consents"]) == ([], [], {})
        assert told.content["withheld"] == ["trips", "obligations"]


def test_one_score_reads_its_history_once(card, inquiry, monkeypatch):
    read = []
    monkeypatch.setattr(seen, "one_borrower", lambda *given: read.append(given) or one_borrower(*given))
    monkeypatch.setattr(gate, "plain", lambda *given: read.append(given) or plain(*given))
    history = {name: [{**row, "borrower_id": "b1"} for row in rows] for name, rows in made_history(30).items()}
    asked = {"as_of": AS_OF, "ledger": inquiry, "consents": agreed("b1")}
    score(card, history, **asked)
    assert len(read) == 2  # a table each, trips withheld
    score(card, history, **asked, records=True)
    assert len(read) == 3


def test_from_a_store_all_are_recorded_too(card, inquiry, sample_config, sample_events, tmp_path):
    from creditscore.training import sources_of
    from tests.conftest import SAMPLE

    store_events(tmp_path / "store", **sources_of(sample_config, SAMPLE))
    few = sample_events.applications.slice(0, 40)
    found = score(card, open_store(tmp_path / "store"), applications=few, ledger=inquiry)
    recorded = {entry.seq: entry for entry in entries(inquiry)}
    people = inquiry.pseudonyms.of_many(few["borrower_id"].to_pylist())
    for seq, person, points in zip(found["ledger_entry"].to_pylist(), people, found["points"].to_pylist(), strict=True):
        assert recorded[seq].content.pseudonym == person
        assert json.loads(recorded[seq].content.text)["points"] == points
    assert len(recorded) == 40


def test_not_scorable_is_told_and_recorded_too(card, inquiry, sample_events):
    found = score(card, {}, as_of=AS_OF, application={"borrower_id": "b1"}, ledger=inquiry)
    assert not found.scorable
    nobody = sample_events.applications.slice(0, 1).set_column(1, "borrower_id", [["nobody"]])
    score(card, sample_events, applications=nobody, ledger=inquiry)
    for who in ("b1", "nobody"):
        (told,) = told_about(inquiry.ledger, who, [SECRET])
        assert told.content["points"] is None
        assert (told.content["reasons"], told.content["families"], told.content["platforms"]) == ([], [], [])


def test_whose_score_it_is_must_be_said(card, inquiry):
    history = made_history(3)
    named = {name: [{**row, "borrower_id": "b1"} for row in rows] for name, rows in history.items()}
    assert score(card, named, as_of=AS_OF, ledger=inquiry).ledger_entry == 1
    with pytest.raises(RequestError, match="nothing says whose score it is; give borrower_id"):
        score(card, history, as_of=AS_OF, ledger=inquiry)
    with pytest.raises(RequestError, match="do not agree"):
        score(card, named, as_of=AS_OF, application={"borrower_id": "b2"}, ledger=inquiry)
    assert len(entries(inquiry)) == 1


def test_where_nothing_can_be_recorded_no_score_leaves(card, inquiry, sample_events):
    hasty = replace(inquiry, ledger=open_ledger(inquiry.ledger.store.path, timeout=0.05))
    few = sample_events.applications.slice(0, 5)
    with contextlib.closing(sqlite3.connect(hasty.ledger.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"locked for 0\.05 s"):
            score(card, made_history(3), as_of=AS_OF, application={"borrower_id": "b"}, ledger=hasty)
        with pytest.raises(LedgerError, match=r"locked for 0\.05 s"):
            score(card, sample_events, applications=few, ledger=hasty)
    assert entries(inquiry) == []
    assert score(card, sample_events, applications=few, ledger=hasty).num_rows == 5
