"""All that was told about one person, under whichever key, and who is to be told of a correction."""

import pytest

from creditscore.errors import LedgerError
from creditscore.governance.secrets import Secret
from creditscore.ledger import Inquiry, recipients_to_tell, review, told_about
from tests.ledger.conftest import SECRET, told
from tests.ledger.tampering import forced

NEW = Secret(b"another one for tests, of 32 bytes")


def test_all_that_was_told_about_a_person_is_found(filled):
    found = told_about(filled, "b1", [SECRET])
    assert [one.seq for one in found] == [2, 5, 8]
    assert [one.content["points"] for one in found] == [610, 611, 612]
    assert recipients_to_tell(found) == {"bank": [2, 8], "other bank": [5]}
    assert told_about(filled, "b9", [SECRET]) == []
    assert told_about(filled, "b1", [NEW]) == []


def test_entries_of_before_a_rotation_are_found_with_the_old_key(filled):
    Inquiry(filled, "bank", "credit decision", NEW).record("m", "d", ["b1"], [told(699)])
    assert [one.seq for one in told_about(filled, "b1", [NEW])] == [9]
    assert [one.seq for one in told_about(filled, "b1", [NEW, SECRET])] == [2, 5, 8, 9]


def test_a_review_is_told_but_makes_nobody_a_recipient(filled):
    review(filled, 5, by="Li", why="asked", old="declined", new="approved")
    found = told_about(filled, "b1", [SECRET])
    assert [one.occasion.kind for one in found] == ["disclosure"] * 3 + ["review"]
    assert recipients_to_tell(found[-1:]) == {}


def test_content_that_was_changed_to_no_json_is_an_error(filled):
    with forced(filled.store.path) as connection:
        connection.execute("UPDATE contents SET content = '[' WHERE seq = 5")
    with pytest.raises(LedgerError, match="entry 5: what it says cannot be read"):
        told_about(filled, "b1", [SECRET])
