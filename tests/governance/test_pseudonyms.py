"""Pseudonyms: stable for a pair of parties, of no use between pairs, and what they are made by stands in them."""

import hashlib
import hmac
import itertools

import pytest

from creditscore.errors import InputError
from creditscore.governance.pseudonyms import Pseudonyms, is_pseudonym, preferred_hash
from creditscore.governance.secrets import Secret

SECRET = Secret(b"only for tests, 32 bytes or more")
HASHES = [
    "sha256",
    pytest.param("sm3", marks=pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="no SM3 here")),
]
IDS = [f"b{i}" for i in range(500)]


@pytest.mark.parametrize("hash_name", HASHES)
def test_they_are_hmac_under_a_key_of_the_pair(hash_name):
    parts = (b"creditscore pseudonyms 1", b"key", "机构".encode(), b"bank")
    pair = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    key = _hmac(SECRET.reveal(), pair, hash_name)
    expected = [_hmac(key, one.encode(), hash_name).hex()[:32] for one in IDS]
    found = Pseudonyms(SECRET, "机构", "bank", hash_name).of_many(IDS)
    assert [one.rpartition(":")[2] for one in found] == expected
    assert all(one.startswith(f"hmac-{hash_name}:") and is_pseudonym(one) for one in found)


def _hmac(key, message, name):
    """HMAC by its definition, RFC 2104."""
    block = key.ljust(64, b"\0") if len(key) <= 64 else hashlib.new(name, key).digest().ljust(64, b"\0")
    inner = hashlib.new(name, bytes(byte ^ 0x36 for byte in block) + message).digest()
    made = hashlib.new(name, bytes(byte ^ 0x5C for byte in block) + inner).digest()
    assert made == hmac.new(key, message, name).digest()
    return made


def test_two_recipients_tables_do_not_join():
    pairs = [("agency", "bank a"), ("agency", "bank b"), ("other agency", "bank a"), ("agencyb", "ank a")]
    tables = [set(Pseudonyms(SECRET, *pair).of_many(IDS)) for pair in pairs]
    assert all(len(table) == len(IDS) for table in tables)
    assert not any(one & other for one, other in itertools.combinations(tables, 2))
    ends = [{one.rpartition(":")[2] for one in table} for table in tables]
    assert not any(one & other for one, other in itertools.combinations(ends, 2))


def test_the_same_borrower_has_the_same_pseudonym_before_one_recipient():
    one, again = (Pseudonyms(Secret(SECRET.reveal()), "agency", "bank") for _ in range(2))
    assert one.of("b1") == again.of("b1")
    assert one.of(17) == one.of("17") == one.of_many(["17"])[0]
    assert one.of("b1") != one.of("b2")


def test_another_key_or_hash_shows_in_the_pseudonym():
    other = Secret(b"another one for tests, of 32 bytes")
    begins = {
        Pseudonyms(secret, "agency", "bank", "sha256").of(one).rpartition(":")[0]
        for secret in (SECRET, other)
        for one in ("b1", "b2")
    }
    assert len(begins) == 2
    assert Pseudonyms(SECRET, "agency", "bank").hash == preferred_hash()


@pytest.mark.parametrize(("party", "recipient", "hash_name", "message"), [
    ("", "bank", "", "party: expected a name"), ("agency", " ", "", "recipient: expected a name"),
    ("agency", "bank", "md5", "expected sm3 or sha256"),
])  # fmt: skip
def test_what_is_no_pair_or_hash_is_refused(party, recipient, hash_name, message):
    with pytest.raises(InputError, match=message):
        Pseudonyms(SECRET, party, recipient, hash_name)


def test_the_key_shows_in_no_repr():
    pseudonyms = Pseudonyms(SECRET, "agency", "bank")
    pseudonyms.of("b1")
    assert "only for tests" not in repr(pseudonyms) + str(vars(pseudonyms))
