"""Erasure: nothing of the person is left in any byte, the chain verifies, and the accounts stay."""

import json

from creditscore.ledger import erase, head_of, review, statement, told_about, verify
from creditscore.ledger.store import WITH_CONTENT, entry_of
from tests.ledger.conftest import SECRET


def all_bytes(ledger):
    return b"".join(path.read_bytes() for path in ledger.store.path.parent.iterdir() if "key" not in path.name)


def test_content_and_salt_go_and_the_chain_stays(filled):
    before, told = head_of(filled), statement(filled)
    review(filled, 2, by="Li", why="a very telling reason", old="declined", new="approved")
    with filled.store.reading() as connection:
        gone = [entry_of(row).content for row in connection.rows(f"{WITH_CONTENT} WHERE e.seq IN (2, 5, 8, 9)")]
    assert all(part in all_bytes(filled) for one in gone for part in (one.pseudonym.encode(), one.salt))
    assert erase(filled, "b1", [SECRET], by="Wang", why="asked") == [2, 5, 8, 9]
    left = all_bytes(filled)
    assert not any(part in left for one in gone for part in (one.pseudonym.encode(), one.salt, one.text.encode()))
    assert told_about(filled, "b1", [SECRET]) == []
    assert [one.seq for one in told_about(filled, "b0", [SECRET])] == [1, 4, 7]
    assert verify(filled, [before, head_of(filled)]) == (10, 4, 2, None, "")
    assert statement(filled).recipients == told.recipients


def test_the_erasure_is_an_entry_that_names_no_person(filled):
    erase(filled, "b1", [SECRET], by="Wang", why="asked")
    with filled.store.reading() as connection:
        entry = entry_of(next(connection.rows(f"{WITH_CONTENT} WHERE e.seq = 9")))
    assert (entry.occasion.kind, entry.occasion.recipient, entry.content.pseudonym) == ("erasure", "agency", "")
    assert json.loads(entry.content.text) == {"erased": [2, 5, 8], "by": "Wang", "why": "asked"}


def test_where_there_is_nothing_nothing_is_written(filled):
    assert erase(filled, "b9", [SECRET], by="Wang", why="asked") == []
    assert erase(filled, "b1", [SECRET], by="Wang", why="asked") == [2, 5, 8]
    assert erase(filled, "b1", [SECRET], by="Wang", why="asked") == []
    assert verify(filled).entries == 9
