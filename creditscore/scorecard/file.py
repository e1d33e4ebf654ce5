"""The file: a zip of plain parts, whole and verified or refused.

`manifest.json` lists the others with size and SHA-256, and the scorecard's digest is the manifest's. A signature, where
there is one, is over the manifest. Nothing in the file is executed or unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from creditscore.atomic import write_whole
from creditscore.errors import ScorecardError
from creditscore.scorecard.archive import MANIFEST, SIGNATURE, pack, read_parts
from creditscore.scorecard.card import Scorecard
from creditscore.scorecard.checks import check
from creditscore.scorecard.content import FORMAT, check_format, from_parts, to_parts
from creditscore.scorecard.plain import parsed
from creditscore.scorecard.signature import PublicKey, sign_manifest, verify_manifest


def save(card: Scorecard, path: str | Path) -> Scorecard:
    """Write the scorecard, unsigned; the same one with its digest comes back. The file is whole or not there.

    Raises ScorecardError for what `load` would refuse.
    """
    check(card)
    parts = to_parts(card)
    manifest = manifest_of(parts)
    write_whole(path, pack({MANIFEST: manifest, **parts}))
    return replace(card, digest=_digest(manifest))


def load(path: str | Path, *, digest: str | None = None, public_key: PublicKey | None = None) -> Scorecard:
    """Read and verify a scorecard; `digest` ("sha256:…") or `public_key` (a PEM file's path, or its bytes) pin it from
    outside.

    Raises ScorecardError where the file is damaged, altered, of an unknown format, not the one of that digest, or not
    signed by that key's owner; MissingExtraError for a key without the sign extra.
    """
    path = Path(path)
    parts = read_parts(path)
    found = _check(path.name, parts, digest, public_key)
    try:
        return from_parts({name: data for name, data in parts.items() if name not in (MANIFEST, SIGNATURE)}, found)
    except ScorecardError as error:
        raise type(error)(f"{path.name}: {error}") from None


def sign(path: str | Path, private_key: bytes, password: bytes | None = None) -> str:
    """Sign a scorecard's file with an Ed25519 key (PEM), in place of an older signature; its digest, which stays.

    Raises ScorecardError where the file is not whole, InputError for another kind of key.
    """
    path = Path(path)
    parts = read_parts(path)
    digest = _check(path.name, parts, None, None)
    parts.pop(SIGNATURE, None)
    write_whole(path, pack({**parts, SIGNATURE: sign_manifest(parts[MANIFEST], private_key, password)}))
    return digest


def is_signed(path: str | Path) -> bool:
    """Whether there is a signature in the file, whoever's."""
    return SIGNATURE in read_parts(Path(path))


def manifest_of(parts: Mapping[str, bytes]) -> bytes:
    """What the manifest of such parts must be."""
    listed = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in parts.items()}
    return json.dumps({"format": FORMAT, "parts": listed}, sort_keys=True, indent=1).encode()


def _check(name: str, parts: Mapping[str, bytes], digest: str | None, public_key: PublicKey | None) -> str:
    """The file's digest, once its parts are those of its manifest, and it is the one pinned."""
    manifest = parts[MANIFEST]
    found = _digest(manifest)
    if digest is not None and digest != found:
        raise ScorecardError(f"{name}: its digest is {found}, not the one asked for, {digest}; get the right file")
    _check_format(name, manifest)
    if manifest != manifest_of({one: data for one, data in parts.items() if one not in (MANIFEST, SIGNATURE)}):
        raise ScorecardError(f"{name}: its parts are not those of its manifest: altered or damaged; get it again")
    if public_key is not None:
        verify_manifest(name, manifest, parts.get(SIGNATURE), public_key)
    return found


def _check_format(name: str, manifest: bytes) -> None:
    try:
        check_format(parsed(MANIFEST, manifest))
    except ScorecardError as error:
        raise ScorecardError(f"{name}: {error}") from None


def _digest(manifest: bytes) -> str:
    return "sha256:" + hashlib.sha256(manifest).hexdigest()
