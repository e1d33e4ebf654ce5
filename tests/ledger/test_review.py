"""A review is an entry about the same person, for the same recipient."""

import pytest

from creditscore.errors import InputError
from creditscore.ledger import erase, review, told_about, verify
from tests.ledger.conftest import SECRET

DECISION = {"by": "李伟", "why": "the instalment was paid", "old": "declined", "new": "approved"}


def test_a_review_says_who_why_and_both_decisions(filled):
    assert review(filled, 5, **DECISION) == 9
    found = told_about(filled, "b1", [SECRET])[-1]
    assert found.content == {"of": 5, **DECISION}
    assert (found.occasion.kind, found.occasion.recipient, found.occasion.fee) == ("review", "other bank", 0)
    assert found.occasion.digest == "sha256:1"
    assert verify(filled).sound


@pytest.mark.parametrize("seq", [0, 9, -1])
def test_what_is_no_disclosure_cannot_be_reviewed(filled, seq):
    with pytest.raises(InputError, match="no disclosure of a score has this number"):
        review(filled, seq, **DECISION)
    assert verify(filled).entries == 8


def test_neither_a_review_nor_what_is_erased_can_be_reviewed(filled):
    made = review(filled, 5, **DECISION)
    with pytest.raises(InputError, match="no disclosure"):
        review(filled, made, **DECISION)
    erase(filled, "b1", [SECRET], by="Wang", why="asked")
    with pytest.raises(InputError, match="its content is erased"):
        review(filled, 5, **DECISION)


@pytest.mark.parametrize("field", ["by", "why", "old", "new"])
def test_a_review_without_a_name_or_a_reason_is_refused(filled, field):
    with pytest.raises(InputError, match=f"{field}: expected"):
        review(filled, 5, **DECISION | {field: " "})
