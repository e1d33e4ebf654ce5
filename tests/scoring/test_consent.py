"""A score of what consent allows: that of a borrower without the rest, on every path, and what it tells."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars
import pytest

from creditscore.errors import RequestError
from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES
from creditscore.events.storing import store_events
from creditscore.governance.basis import ConsentRule
from creditscore.governance.consent import load_consents
from creditscore.governance.rules import Rules
from creditscore.scoring import score
from creditscore.scoring.conformance import AS_OF, made_history, replay

APPLICATION = {"amount": 10_000.0, "term_months": 12.0, "instalment": 900.0}
HISTORY = made_history(120)
GIVEN = AS_OF - dt.timedelta(days=30)
TERMS = {"purpose": "credit", "recipient": "bank"}


def consent(family, **change):
    return {"purpose": "credit", "recipient": "bank", "family": family, "separate": True, "written": True,
            "given_at": GIVEN.isoformat(), **change}  # fmt: skip


EVERYTHING = [consent(family) for family in EVENT_TABLES]


def scored(card, history, consents=None, as_of=AS_OF, **more):
    terms = {} if consents is None else {"consents": consents, **TERMS}
    return score(card, history, as_of=as_of, application=APPLICATION, **terms, **more)


def frames(history):
    return {name: polars.DataFrame([{"borrower_id": "b", **row} for row in rows]) for name, rows in history.items()}


def bare(found):
    return replace(found, withheld=())


@pytest.fixture(scope="module")
def lenient(card):
    """A scorecard whose rules let those be scored who withhold obligations."""
    return replace(card, rules=replace(card.rules, consent=replace(card.rules.consent, scorable_without=True)))


def test_with_consent_to_all_it_is_the_score_without_terms(card):
    assert scored(card, HISTORY, EVERYTHING) == scored(card, HISTORY)
    assert scored(card, HISTORY).withheld == ()


@pytest.mark.parametrize("family", EVENT_TABLES)
def test_a_withheld_family_scores_as_one_without_an_event_of_it(lenient, family):
    without = {name: rows for name, rows in HISTORY.items() if name != family}
    consents = [one for one in EVERYTHING if one["family"] != family]
    found = scored(lenient, HISTORY, consents)
    assert bare(found) == scored(lenient, without)
    assert found.withheld == (family,)
    assert scored(lenient, frames(HISTORY), [{**one, "borrower_id": "b"} for one in consents]) == found
    more = {**HISTORY, family: [*HISTORY[family], {**HISTORY[family][0], "event_id": "another"}]}
    assert scored(lenient, more, consents) == found


@pytest.mark.parametrize(
    "change",
    [
        {"separate": False},
        {"expires_at": AS_OF.isoformat()},
        {"withdrawn_at": (AS_OF - dt.timedelta(days=1)).isoformat()},
        {"purpose": "marketing"},
        {"recipient": "another bank"},
    ],
)
def test_trips_without_a_valid_separate_consent_are_withheld(card, change):
    consents = [consent("transactions"), consent("obligations"), consent("trips", **change)]
    found = scored(card, HISTORY, consents)
    assert found.withheld == ("trips",)
    assert bare(found) == scored(card, {name: rows for name, rows in HISTORY.items() if name != "trips"})


def test_without_written_consent_income_and_balance_are_withheld(card):
    consents = [consent("transactions", written=False), consent("trips"), consent("obligations")]
    left = [
        {name: value for name, value in row.items() if name != "balance"}
        for row in HISTORY["transactions"]
        if row["kind"] != "income"
    ]
    found = scored(card, HISTORY, consents)
    assert bare(found) == scored(card, {**HISTORY, "transactions": left})
    assert found.withheld == ("transactions: written consent",)
    assert bare(scored(card, frames(HISTORY), [{**one, "borrower_id": "b"} for one in consents])) == bare(found)


def test_withheld_obligations_are_not_scorable_unless_the_rules_say_so(card, lenient):
    consents = [consent("transactions"), consent("trips")]
    found = scored(card, HISTORY, consents)
    assert (found.scorable, found.points, found.why_not) == (False, None, "data withheld: obligations")
    assert found.withheld == ("obligations",)
    assert scored(lenient, HISTORY, consents).scorable


def test_no_consent_at_all_leaves_nothing(lenient):
    found = scored(lenient, HISTORY, [])
    assert not found.scorable
    assert found.withheld == EVENT_TABLES


def test_absence_is_told_by_the_familys_own_code(card):
    consents = [consent("transactions"), consent("obligations")]
    found = scored(card, HISTORY, consents)
    codes = {reason.code for reason in found.reasons}
    assert not any(code.startswith("T") for code in codes)


def test_many_are_scored_as_each_alone_in_memory_and_from_a_store(card, lenient, sample_events):
    applications = sample_events.applications.slice(0, 40)
    borrowers = applications["borrower_id"].to_pylist()
    draw = np.random.default_rng(1)
    consents = [
        consent(family, borrower_id=who, separate=bool(draw.random() < 0.8), written=bool(draw.random() < 0.5),
                given_at="2020-01-01T00:00:00Z")
        for who in dict.fromkeys(borrowers) for family in EVENT_TABLES if draw.random() < 0.8
    ]  # fmt: skip
    records = load_consents(consents)
    for one in (card, lenient):
        many = score(one, sample_events, applications=applications, consents=records, **TERMS).to_pylist()
        assert {row["scorable"] for row in many} == {True, False} or one is lenient
        for row, application in list(zip(many, applications.to_pylist(), strict=True))[:12]:
            own = {name: application[name] / scale for name, scale in
                   (("amount", 100), ("term_months", 1), ("instalment", 100))}  # fmt: skip
            history = sample_events.of(application["borrower_id"])
            alone = score(one, history, as_of=application["as_of"], application=own, consents=records, **TERMS)
            assert (alone.scorable, alone.unrounded, alone.pd) == (row["scorable"], row["unrounded_points"], row["pd"])
            assert "; ".join(alone.withheld) == (row["withheld"] or "")


def test_a_store_gives_the_same_table(card, tmp_path):
    rows = {
        name: [{"borrower_id": who, **row} for who in ("a", "b", "c") for row in own] for name, own in HISTORY.items()
    }
    applications = [{"application_id": who, "borrower_id": who, "as_of": AS_OF.isoformat()} for who in ("a", "b", "c")]
    consents = [one | {"borrower_id": "a"} for one in EVERYTHING] + [consent("obligations", borrower_id="c")]
    given = {"applications": applications, "consents": consents, **TERMS}
    loaded = score(card, load_events(**rows), **given)
    assert score(card, store_events(tmp_path / "store", **rows), **given).equals(loaded)
    assert loaded["scorable"].to_pylist() == [True, False, True]
    assert loaded["withheld"].to_pylist() == [None, "transactions; trips; obligations", "transactions; trips"]


def test_two_applications_at_either_side_of_a_withdrawal(card):
    consents = [consent("transactions"), consent("obligations"), consent("trips", withdrawn_at=AS_OF.isoformat())]
    before = scored(card, HISTORY, consents, as_of=AS_OF - dt.timedelta(microseconds=1))
    assert before == scored(card, HISTORY, as_of=AS_OF - dt.timedelta(microseconds=1))
    assert scored(card, HISTORY, consents).withheld == ("trips",)


def test_records_behind_a_reason_are_of_what_is_allowed(lenient):
    consents = [one for one in EVERYTHING if one["family"] != "transactions"]
    found = scored(lenient, HISTORY, consents, records=True)
    told = [
        record for reason in (*found.reasons, *found.key_factors) for one in reason.evidence for record in one.records
    ]
    assert all(record.table != "transactions" for record in told)


def test_a_scorecard_of_consent_records_needs_them(card):
    rule = ConsentRule(records=True, purpose="credit")
    strict = replace(card, rules=Rules(consent=rule))
    with pytest.raises(RequestError, match="give the borrowers' consents="):
        score(strict, HISTORY, as_of=AS_OF)
    assert score(strict, HISTORY, as_of=AS_OF, consents=EVERYTHING, recipient="bank").withheld == ()
    assert replay(strict) == []


def test_terms_need_a_purpose_and_a_recipient(card):
    for terms in ({"purpose": "credit"}, {"recipient": "bank"}, {}):
        with pytest.raises(RequestError, match="give purpose= and recipient="):
            score(card, HISTORY, as_of=AS_OF, consents=EVERYTHING, **terms)


def test_somebody_elses_consents_do_not_count(lenient):
    named = {name: [{"borrower_id": "b", **row} for row in rows] for name, rows in HISTORY.items()}
    others = [one | {"borrower_id": "c"} for one in EVERYTHING]
    assert scored(lenient, named, others).withheld == EVENT_TABLES
    assert scored(lenient, named, [*others, *(one | {"borrower_id": "b"} for one in EVERYTHING)]).withheld == ()
    with pytest.raises(RequestError, match="they name a borrower and the history does not"):
        scored(lenient, HISTORY, others)
