"""Heads: how many entries a ledger had and the hash of the last, to be kept outside it, signed where a key is given."""

from __future__ import annotations

import datetime as dt
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from creditscore.errors import InputError, ScorecardError
from creditscore.governance.secrets import Secret
from creditscore.ledger.store import Ledger


@dataclass(frozen=True)
class Head:
    """The ledger's id, its number of entries, the last one's hash in hexadecimal, and when it was read (ISO, UTC).

    `hmac` is HMAC-SHA-256 by a shared key, `signature` Ed25519, both in hexadecimal over the rest, and empty without.
    """

    ledger: str
    count: int
    hash: str
    at: str
    hmac: str = ""
    signature: str = ""

    def to_json(self) -> str:
        """One line."""
        return json.dumps({name: value for name, value in asdict(self).items() if value != ""})


# Whether a head was made with some key.
Check = Callable[[Head], bool]


def head_of(ledger: Ledger) -> Head:
    """The head as of now."""
    with ledger.store.reading() as connection:
        count, last = ledger.last(connection)
    return Head(ledger.id, count, last.hex(), dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))


def read_heads(path: str | Path) -> list[Head]:
    """The heads in a file, one a line. Raises InputError where there is none, or a line is no head."""
    try:
        lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"heads {path}: cannot be read ({error})") from None
    if not lines:
        raise InputError(f"heads {path}: no head in it; write one: python -m creditscore ledger head LEDGER --out FILE")
    return [_read(path, number, line) for number, line in enumerate(lines, 1)]


def with_hmac(head: Head, key: Secret) -> Head:
    """The head with HMAC-SHA-256 of a key that whoever verifies shares."""
    return replace(head, hmac=hmac.digest(key.reveal(), _signed(head), "sha256").hex())


def has_hmac(key: Secret) -> Check:
    """Checks a head's HMAC."""
    return lambda head: hmac.compare_digest(head.hmac, with_hmac(head, key).hmac)


def with_signature(head: Head, private_key: Path) -> Head:
    """The head signed by an Ed25519 key in PEM, as scorecards are; needs the sign extra."""
    from creditscore.scorecard.signature import sign_manifest

    try:
        return replace(head, signature=sign_manifest(_signed(head), private_key.read_bytes()).hex())
    except OSError as error:
        raise InputError(f"private key {private_key}: cannot be read ({error.strerror})") from None


def has_signature(public_key: Path) -> Check:
    """Checks a head's Ed25519 signature by a public key in PEM; needs the sign extra."""
    from creditscore.scorecard.signature import verify_manifest

    def check(head: Head) -> bool:
        try:
            verify_manifest("head", _signed(head), bytes.fromhex(head.signature) or None, public_key)
        except (ScorecardError, ValueError) as error:
            # a key that is none is the caller's mistake, and no verdict on the head
            if isinstance(error, InputError):
                raise
            return False
        return True

    return check


def _signed(head: Head) -> bytes:
    return json.dumps(["creditscore ledger head 1", head.ledger, head.count, head.hash, head.at]).encode()


def _read(path: str | Path, number: int, line: str) -> Head:
    try:
        head = Head(**json.loads(line))
    except (ValueError, TypeError):
        head = None
    if head is None or not _is_sound(head):
        raise InputError(f"heads {path}: line {number} is no head, as `ledger head` writes it")
    return head


def _is_sound(head: Head) -> bool:
    texts = (head.ledger, head.hash, head.at, head.hmac, head.signature)
    return type(head.count) is int and head.count >= 0 and all(type(text) is str and text.isascii() for text in texts)
