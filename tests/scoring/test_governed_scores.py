"""Scores apply the scorecard's own rules, in one call, in a table and from a store."""

from dataclasses import replace

import pyarrow as pa
import pytest

from creditscore.errors import ScorecardError
from creditscore.events.load import load_events
from creditscore.events.storing import store_events
from creditscore.governance.rules import rules_with
from creditscore.scorecard import load, save
from creditscore.scorecard.content import CONTENT, from_parts, to_parts
from creditscore.scoring import compare_dates, score
from tests.governance.test_gate import AS_OF, CLEAN, TAINTED, UNKNOWN, purchase
from tests.scorecard.small import small_card

WHO = [{"application_id": "a1", "borrower_id": "b1", "as_of": AS_OF}]


def one(card, history, **asked):
    return score(card, history, as_of=AS_OF, **asked)


def many(card, history, tmp_path):
    """The table's row, from events in memory and from a store, which must agree."""
    in_memory = score(card, load_events(**history), applications=WHO)
    stored = score(card, store_events(tmp_path / "store", **history), applications=WHO)
    assert in_memory.equals(stored)
    return in_memory.to_pylist()[0]


@pytest.mark.parametrize("as_frames", [False, True])
def test_prohibited_rows_change_nothing_of_a_score(as_frames, tmp_path):
    card = small_card()
    clean = one(card, CLEAN)
    tainted = {name: pa.Table.from_pylist(rows) for name, rows in TAINTED.items()} if as_frames else TAINTED
    assert clean.scorable
    assert one(card, tainted) == clean
    assert many(card, TAINTED, tmp_path)["unrounded_points"] == clean.unrounded


def test_records_behind_reasons_name_no_prohibited_row():
    card = small_card()
    found, clean = one(card, TAINTED, records=True), one(card, CLEAN, records=True)
    assert found == clean
    assert any(evidence.records for reason in clean.reasons for evidence in reason.evidence)


def test_dates_compare_as_without_them():
    card, earlier = small_card(), "2025-06-20T12:00:00Z"
    changes = [compare_dates(card, history, before=earlier, after=AS_OF) for history in (CLEAN, TAINTED)]
    assert changes[0] == changes[1]


def test_unknown_categories_are_left_out_and_their_number_told_in_every_way(tmp_path):
    card, unknown = small_card(), {**CLEAN, "transactions": UNKNOWN}
    found = one(card, unknown)
    assert found == replace(one(card, CLEAN), unknown_categories=3)
    row = many(card, unknown, tmp_path)
    assert (row["unknown_categories"], row["unrounded_points"]) == (3, found.unrounded)


def test_of_prohibited_rows_no_number_is_told():
    assert one(small_card(), TAINTED).unknown_categories == 0


def test_a_scorecard_applies_the_words_that_it_was_made_with(tmp_path):
    words = {"gadgets": "ordinary", 'a "b"\n盒': "ordinary", "tea": "prohibited"}
    card = replace(small_card(), rules=rules_with(words))
    again = load(save(card, tmp_path / "own.scorecard") and tmp_path / "own.scorecard")
    assert again.rules == card.rules
    history = {**CLEAN, "transactions": [*UNKNOWN, purchase(40, "tea", amount=9_000.0)]}
    as_ordinary = {**CLEAN, "transactions": [{**row, "category": "grocery"} for row in UNKNOWN]}
    found = one(again, history)
    assert found.unknown_categories == 0
    assert found.unrounded == one(small_card(), as_ordinary).unrounded


def test_a_file_with_malformed_rules_is_refused():
    parts = to_parts(small_card())
    spoilt = parts[CONTENT].replace(b'"prohibited": [', b'"forbidden": [')
    assert spoilt != parts[CONTENT]
    with pytest.raises(ScorecardError, match=r"malformed.*listed by class"):
        from_parts({**parts, CONTENT: spoilt}, "")
