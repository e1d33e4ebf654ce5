"""Signed scorecards: what is unsigned, altered, or another's is refused."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from creditscore.__main__ import main
from creditscore.errors import InputError, ScorecardError
from creditscore.scorecard import load, save
from creditscore.scorecard.archive import MANIFEST, SIGNATURE, pack, read_parts
from creditscore.scorecard.file import is_signed, manifest_of, sign
from tests.scorecard.small import small_card

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def private_pem(key, encryption=None):
    return key.private_bytes(PEM, PKCS8, encryption or serialization.NoEncryption())


def public_pem(key):
    return key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def key():
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def signed(key, tmp_path):
    save(small_card(), tmp_path / "one.scorecard")
    sign(tmp_path / "one.scorecard", private_pem(key))
    return tmp_path / "one.scorecard"


def test_a_signed_card_loads_with_the_key_and_without_and_keeps_its_digest(key, signed, tmp_path):
    saved = save(small_card(), tmp_path / "unsigned.scorecard")
    assert is_signed(signed)
    assert load(signed).digest == load(signed, public_key=public_pem(key)).digest == saved.digest


def test_an_unsigned_card_is_refused(key, tmp_path):
    save(small_card(), tmp_path / "unsigned.scorecard")
    with pytest.raises(ScorecardError, match="not signed"):
        load(tmp_path / "unsigned.scorecard", public_key=public_pem(key))


def test_another_key_is_refused(signed):
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(ScorecardError, match="not this key's"):
        load(signed, public_key=public_pem(other))


def test_an_altered_card_is_refused_though_its_manifest_fits(key, signed):
    parts = read_parts(signed)
    signature = parts.pop(SIGNATURE)
    del parts[MANIFEST]
    parts["scorecard.json"] = parts["scorecard.json"].replace(b'"pdo": 40', b'"pdo": 41')
    signed.write_bytes(pack({MANIFEST: manifest_of(parts), **parts, SIGNATURE: signature}))
    load(signed)
    with pytest.raises(ScorecardError, match="altered"):
        load(signed, public_key=public_pem(key))


def test_signing_again_replaces_the_signature(signed):
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    sign(signed, private_pem(other))
    load(signed, public_key=public_pem(other))


def test_other_kinds_of_keys_are_refused(signed):
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(InputError, match="expected Ed25519"):
        sign(signed, private_pem(other))
    with pytest.raises(InputError, match="expected Ed25519"):
        load(signed, public_key=public_pem(other))
    with pytest.raises(InputError, match="not PEM"):
        load(signed, public_key=b"no key")
    with pytest.raises(InputError, match="cannot be read"):
        load(signed, public_key=signed.with_name("none.pem"))


def test_an_encrypted_key_wants_its_password(key, signed):
    encrypted = private_pem(key, serialization.BestAvailableEncryption(b"secret"))
    with pytest.raises(InputError, match="encrypted"):
        sign(signed, encrypted)
    with pytest.raises(InputError, match="password is wrong"):
        sign(signed, encrypted, b"guess")
    sign(signed, encrypted, b"secret")


def test_the_command_signs_and_verify_says_so(key, tmp_path, capsys):
    card, private, public = (tmp_path / name for name in ("one.scorecard", "private.pem", "public.pem"))
    save(small_card(), card)
    private.write_bytes(private_pem(key))
    public.write_bytes(public_pem(key))
    assert main(["verify", str(card)]) == 0
    assert "signature none" in capsys.readouterr().out
    assert main(["sign", str(card), "--key", str(private)]) == 0
    assert main(["verify", str(card)]) == 0
    assert "present, not checked" in capsys.readouterr().out
    assert main(["verify", str(card), "--public-key", str(public)]) == 0
    assert f"good, by the owner of {public}" in capsys.readouterr().out
