"""Ed25519 signatures (RFC 8032) over a scorecard's manifest, by the `cryptography` library: the sign extra.

Only signing and checking a signature import it. The signature is the manifest's alone, so that other tools can check it
too, as `openssl pkeyutl -verify -rawin`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.errors import InputError, MissingExtraError, ScorecardError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PublicKey = str | Path | bytes


def sign_manifest(manifest: bytes, private_key: bytes, password: bytes | None = None) -> bytes:
    """64 bytes. `private_key` is PEM, `password` what it is encrypted with. Raises InputError for another key."""
    signature: bytes = _private(private_key, password).sign(manifest)
    return signature


def verify_manifest(name: str, manifest: bytes, signature: bytes | None, public_key: PublicKey) -> None:
    """Raise ScorecardError where the signature is missing, or not this key's over this manifest."""
    key = _public(public_key)
    if signature is None:
        raise ScorecardError(f"{name}: not signed, and a public key was given; get the signed file")
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, manifest)
    except InvalidSignature:
        raise ScorecardError(
            f"{name}: its signature is not this key's: altered, or signed by another; get it from who holds the key"
        ) from None


def _private(pem: bytes, password: bytes | None) -> Ed25519PrivateKey:
    _require()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, password)
    except TypeError:
        raise InputError("private key: it is encrypted, or a password was given for one that is not") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError("private key: not PEM, or the password is wrong; make one with openssl genpkey") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("private key: expected Ed25519; make one with openssl genpkey -algorithm ed25519")
    return key


def _public(given: PublicKey) -> Ed25519PublicKey:
    _require()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(given if isinstance(given, bytes) else Path(given).read_bytes())
    except OSError as error:
        raise InputError(f"public key {given!s}: cannot be read ({error.strerror})") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError("public key: not PEM; make one with openssl pkey -in private.pem -pubout") from None
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("public key: expected Ed25519; make one with openssl pkey -in private.pem -pubout")
    return key


def _require() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "signatures need the sign extra (cryptography is missing): pip install 'creditscore[sign]'"
        ) from None
