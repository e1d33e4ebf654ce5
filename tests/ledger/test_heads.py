"""Heads: written, read, and signed in two ways."""

import json

import pytest

from creditscore.errors import InputError
from creditscore.governance.secrets import Secret
from creditscore.ledger import head_of, read_heads
from creditscore.ledger.heads import Head, has_hmac, has_signature, with_hmac, with_signature
from tests.ledger.conftest import SECRET

OTHER = Secret(b"another one for tests, of 32 bytes")


def test_a_head_counts_entries_and_goes_through_a_file(filled, tmp_path):
    heads = [head_of(filled), with_hmac(head_of(filled), SECRET)]
    assert heads[0].count == 8
    assert set(json.loads(heads[0].to_json())) == {"ledger", "count", "hash", "at"}
    path = tmp_path / "heads.jsonl"
    path.write_text("".join(f"{head.to_json()}\n" for head in heads))
    assert read_heads(path) == heads


@pytest.mark.parametrize("text", ["", "\n", "{}", "[]", "no json",
                                  '{"ledger": "x", "count": "8", "hash": "", "at": ""}',
                                  '{"ledger": "x", "count": -1, "hash": "", "at": ""}',
                                  '{"ledger": "x", "count": 8, "hash": "", "at": "", "more": 1}'])  # fmt: skip
def test_what_is_no_head_is_refused(tmp_path, text):
    path = tmp_path / "heads"
    path.write_text(text)
    with pytest.raises(InputError, match=r"line 1 is no head|no head in it"):
        read_heads(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_heads(tmp_path / "none")


def changed(head):
    """Heads that differ in one field of what is signed."""
    for name in ("ledger", "count", "hash", "at"):
        value = getattr(head, name)
        yield Head(**vars(head) | {name: value + 1 if name == "count" else f"{value}0"})


def test_an_hmac_is_of_its_key_and_of_every_field(filled):
    head = with_hmac(head_of(filled), SECRET)
    assert has_hmac(SECRET)(head)
    assert not has_hmac(OTHER)(head)
    assert not has_hmac(SECRET)(head_of(filled))
    assert not any(has_hmac(SECRET)(other) for other in changed(head))


@pytest.fixture
def keys(tmp_path):
    """Two pairs of PEM files, as openssl makes them."""
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519", reason="needs the sign extra")
    from cryptography.hazmat.primitives import serialization as s

    found = []
    for name in ("one", "other"):
        key = ed25519.Ed25519PrivateKey.generate()
        private, public = tmp_path / f"{name}.pem", tmp_path / f"{name}.pub"
        private.write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
        public.write_bytes(key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo))
        found.append((private, public))
    return found


def test_a_signature_is_of_its_key_and_of_every_field(filled, keys):
    (private, public), (_, other) = keys
    head = with_signature(head_of(filled), private)
    assert has_signature(public)(head)
    assert not has_signature(other)(head)
    assert not has_signature(public)(head_of(filled))
    assert not any(has_signature(public)(one) for one in changed(head))


def test_what_is_no_ed25519_key_is_refused(filled, keys, tmp_path):
    private, public = keys[0]
    for make in (
        lambda: with_signature(head_of(filled), public),
        lambda: with_signature(head_of(filled), tmp_path / "none"),
        lambda: has_signature(private)(head_of(filled)),
        lambda: has_signature(tmp_path / "none")(head_of(filled)),
    ):
        with pytest.raises(InputError, match=r"(private|public) key"):
            make()
