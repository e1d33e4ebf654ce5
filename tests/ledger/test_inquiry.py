"""Inquiries: what goes into an entry, and what is refused before anything is written."""

import time

import pytest

from creditscore.errors import InputError
from creditscore.ledger import Inquiry, inquiry
from creditscore.ledger.inquiry import in_units
from creditscore.ledger.store import WITH_CONTENT, entry_of
from tests.ledger.conftest import SECRET, told


def entries(ledger):
    with ledger.store.reading() as connection:
        return [entry_of(row) for row in connection.rows(f"{WITH_CONTENT} ORDER BY e.seq")]


def test_an_entry_says_when_who_why_what_and_the_fee(ledger, bank):
    before = time.time_ns() // 1_000
    assert bank.record("m-1", "sha256:1", ["b1"], [told(600)]) == [1]
    (entry,) = entries(ledger)
    assert before <= entry.occasion.at <= time.time_ns() // 1_000
    assert entry.occasion[1:] == ("disclosure", "bank", "credit decision", "m-1", "sha256:1", 3_500, "CNY")
    assert entry.content.text == told(600)
    assert entry.content.pseudonym == bank.pseudonyms.of("b1")


def test_the_borrower_is_in_no_byte_of_the_files(ledger, bank):
    bank.record("m-1", "sha256:1", ["borrower-4711"], [told(600)])
    written = b"".join(path.read_bytes() for path in ledger.store.path.parent.iterdir())
    assert b"credit decision" in written
    assert b"borrower-4711" not in written
    assert SECRET.reveal() not in written


def test_salts_differ_so_that_equal_contents_do_not_show(ledger, bank):
    bank.record("m-1", "sha256:1", ["b1", "b1"], [told(600)] * 2)
    one, other = entries(ledger)
    assert one.content.salt != other.content.salt
    assert one.commitment != other.commitment


def test_many_go_in_one_transaction_a_block(ledger, bank, monkeypatch):
    monkeypatch.setattr(inquiry, "AT_ONCE", 4)
    assert bank.record("m", "d", [f"b{i}" for i in range(10)], [told(i) for i in range(10)]) == list(range(1, 11))
    with ledger.store.reading() as connection:
        assert [row[0] for row in connection.rows("SELECT id FROM occasions ORDER BY id")] == [1, 5, 9]
    assert [entry.content.pseudonym for entry in entries(ledger)] == bank.pseudonyms.of_many(f"b{i}" for i in range(10))


def test_none_leaves_nothing(ledger, bank):
    assert bank.record("m", "d", [], []) == []
    assert entries(ledger) == []


@pytest.mark.parametrize(("changes", "message"), [
    ({"recipient": ""}, "recipient: expected 1 to 200 printable"), ({"purpose": "a\nb"}, "purpose: expected"),
    ({"recipient": "x" * 201}, "recipient"), ({"consent": ""}, "consent"), ({"fee": "much"}, "fee: expected a number"),
    ({"fee": "-1"}, "fee: expected 0 or more"), ({"fee": "0.00001"}, "at most 4 decimals"), ({"fee": "NaN"}, "fee"),
    ({"fee": "0.35"}, "currency: expected three capital letters"), ({"currency": "yuan"}, "currency"),
    ({"fee": None}, "fee: expected a number"),
])  # fmt: skip
def test_what_is_no_inquiry_is_refused(ledger, changes, message):
    given = {"recipient": "bank", "purpose": "credit decision", "secret": SECRET} | changes
    with pytest.raises(InputError, match=message):
        Inquiry(ledger, **given)


@pytest.mark.parametrize(("fee", "whole", "shown"), [("0.35", 3_500, "0.35"), (2, 20_000, "2"), (0, 0, "0"),
                                                     ("1e2", 1_000_000, "100"), ("0.0001", 1, "0.0001")])  # fmt: skip
def test_fees_are_exact(ledger, fee, whole, shown):
    inquiry = Inquiry(ledger, "bank", "p", SECRET, fee=fee, currency="CNY")
    inquiry.record("m", "d", ["b"], [told(1)])
    assert entries(ledger)[0].occasion.fee == whole
    assert in_units(whole) == shown


def test_an_inquiry_shows_no_key(bank):
    assert "only for tests" not in repr(bank)
