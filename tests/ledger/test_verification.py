"""Whatever is edited, removed, put in or moved is found, and the first entry that it touches is named."""

import shutil

import numpy as np
import pytest

from creditscore.errors import LedgerError
from creditscore.ledger import erase, head_of, open_ledger, review, verify
from creditscore.ledger.heads import has_hmac, with_hmac
from tests.ledger.conftest import SECRET, told
from tests.ledger.tampering import WAYS, chain_anew, cut, forced


def test_a_ledger_as_it_was_written_verifies(filled, bank):
    ledger = filled
    first = head_of(ledger)
    review(ledger, 1, by="Li", why="asked", old="declined", new="approved")
    erase(ledger, "b2", [SECRET], by="Wang", why="asked")
    bank.record("m", "d", ["b7"], [told(1)])
    heads = [first, head_of(ledger)]
    assert verify(ledger, heads) == (11, 2, 2, None, "")
    assert verify(ledger).sound


def test_an_empty_ledger_verifies_against_its_head(ledger):
    assert verify(ledger, [head_of(ledger)]) == (0, 0, 1, None, "")


@pytest.mark.parametrize(("change", "bad", "why"), [
    ("UPDATE occasions SET fee = 1 WHERE id = 4", 4, "is not as it was written"),
    ("UPDATE occasions SET recipient = 'other' WHERE id = 7", 7, "is not as it was written"),
    ("UPDATE occasions SET fee = 'much' WHERE id = 4", 4, "of another kind"),
    ("UPDATE occasions SET kind = 'gift' WHERE id = 4", 4, "of another kind"),
    ("DELETE FROM occasions WHERE id = 7", 7, "of another kind"),
    ("UPDATE entries SET occasion = 1 WHERE seq = 5", 5, "is not as it was written"),
    ("UPDATE entries SET hash = x'00' WHERE seq = 5", 5, "is not as it was written"),
    ("DELETE FROM entries WHERE seq = 3", 3, "it is missing"),
    ("UPDATE entries SET seq = 99 WHERE seq = 3", 3, "it is missing"),
    ("UPDATE contents SET content = replace(content, '611', '711') WHERE seq = 5", 5, "what it says of the person"),
    ("UPDATE contents SET pseudonym = 'x' WHERE seq = 5", 5, "what it says of the person"),
    ("UPDATE contents SET salt = x'00' WHERE seq = 5", 5, "what it says of the person"),
    ("UPDATE contents SET content = CAST(x'ff' AS TEXT) WHERE seq = 5", 5, "what it says of the person"),
    ("DELETE FROM contents WHERE seq = 6", 6, "gone, and no erasure says so"),
    ("INSERT INTO contents VALUES (9, 'x', x'00', '{}')", 9, "there is content of it, and no such entry"),
    ("INSERT INTO occasions VALUES (9, 1, 'disclosure', 'b', 'p', 'm', 'd', 0, '')", 9, "there is an occasion of it"),
    ("UPDATE ledger SET keeper = 'other'", 1, "is not as it was written"),
])  # fmt: skip
def test_without_a_head_the_first_bad_entry_is_named(filled, change, bad, why):
    with forced(filled.store.path) as connection:
        connection.execute(change)
    verdict = verify(open_ledger(filled.store.path))
    assert verdict.bad == bad
    assert why in verdict.why


def test_only_a_head_shows_a_cut_end_or_a_chain_made_anew(filled, bank):
    ledger = filled
    early = head_of(ledger)
    bank.record("m", "d", ["b7", "b8"], [told(1), told(2)])
    head = head_of(ledger)
    with forced(ledger.store.path) as connection:
        connection.execute("DELETE FROM entries WHERE seq = 10")
        connection.execute("DELETE FROM contents WHERE seq = 10")
    assert verify(ledger).sound
    assert verify(ledger, [early]).sound
    assert verify(ledger, [early, head])[3:] == (
        10,
        "it is missing: the end was cut off, as a head says that there is more",
    )
    with forced(ledger.store.path) as connection:
        connection.execute("UPDATE occasions SET fee = 0 WHERE id = 4")
        chain_anew(connection)
    assert verify(ledger).sound
    found = verify(ledger, [early])
    assert found.bad == 8
    assert "it was rewritten" in found.why


def test_content_that_is_erased_and_there_again_is_found(filled):
    ledger = filled
    with ledger.store.reading() as connection:
        kept = list(connection.rows("SELECT * FROM contents WHERE seq = 3"))
    erase(ledger, "b2", [SECRET], by="Wang", why="asked")
    assert verify(ledger).sound
    with forced(ledger.store.path) as connection:
        connection.executemany("INSERT INTO contents VALUES (?, ?, ?, ?)", kept)
    assert verify(ledger)[3:] == (3, "it is erased by an entry, and yet its content is there")


def test_heads_of_other_ledgers_and_keys_are_refused(filled):
    head = head_of(filled)
    assert "another ledger's" in verify(filled, [with_other_id(head)]).why
    check = has_hmac(SECRET)
    assert "not made with the key" in verify(filled, [head], [check]).why
    signed = with_hmac(head, SECRET)
    assert verify(filled, [signed], [check]).sound
    assert "not made with the key" in verify(filled, [type(head)(**vars(signed) | {"count": 5})], [check]).why


def with_other_id(head):
    return type(head)(**vars(head) | {"ledger": "other"})


def test_a_damaged_file_is_an_error(filled):
    with forced(filled.store.path) as connection:
        connection.execute("DROP TABLE contents")
    with pytest.raises(LedgerError, match="cannot be read"):
        verify(filled)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_random_tampering_is_found_against_a_head(filled, bank, tmp_path, way):
    """A short form of tests/soak/ledger.py."""
    bank.record("m", "d", [f"b{i}" for i in range(8)], [told(i) for i in range(8)])
    erase(filled, "b2", [SECRET], by="Wang", why="asked")
    head, draw = head_of(filled), np.random.default_rng(3)
    for _ in range(10):
        copy = tmp_path / "copy.db"
        copy.unlink(missing_ok=True)
        with filled.store.reading():
            shutil.copy(filled.store.path, copy)
        with forced(copy) as connection:
            what = way(connection, draw)
        assert not verify(open_ledger(copy), [head]).sound, what


def test_tampering_cuts_what_it_says(filled):
    with forced(filled.store.path) as connection:
        cut(connection, np.random.default_rng(1))
        assert connection.execute("SELECT COUNT(*) FROM entries").fetchone()[0] < 8
