"""Keyed pseudonyms, one key a pair of parties, so that the tables of two recipients cannot be joined.

A pair's key is derived from one secret and the two parties' names (as HKDF's expansion does, RFC 5869); a pseudonym is
the keyed hash of a borrower's id: HMAC-SM3 (GB/T 32905, RFC 2104) where OpenSSL has SM3, else HMAC-SHA-256. Without the
secret nobody can test a guess, as of a telephone number.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from creditscore.errors import InputError
from creditscore.governance.secrets import Secret

# What a pseudonym begins with says by which hash it was made, so that two kinds never mix in silence.
_NAMES = {"sm3": "hmac-sm3", "sha256": "hmac-sha256"}
_PSEUDONYM = re.compile(rf"({'|'.join(_NAMES.values())}):[0-9a-f]{{8}}:[0-9a-f]{{32}}")
_PURPOSE = b"creditscore pseudonyms 1"


def preferred_hash() -> str:
    """SM3 where this machine's OpenSSL has it, else SHA-256."""
    return "sm3" if "sm3" in hashlib.algorithms_available else "sha256"


@dataclass(frozen=True)
class Pseudonyms:
    """The pseudonyms that `party`, who discloses, gives its borrowers before `recipient`.

    `hash` is sm3 or sha256, by default what `preferred_hash` says. Each is `hmac-sm3:KEY:NAME`: KEY, 8 hexadecimal
    digits, tells the pair's keys apart after a rotation, NAME is 128 bits of the keyed hash.

    >>> secret = Secret(b"only an example, 32 bytes or more")
    >>> Pseudonyms(secret, "agency", "bank", hash="sha256").of("b1")
    'hmac-sha256:adee693f:3d59c11f6d59e25ec0b81f149c60f3c9'
    """

    secret: Secret
    party: str
    recipient: str
    hash: str = ""

    def __post_init__(self) -> None:
        for field, name in (("party", self.party), ("recipient", self.recipient)):
            if not name.strip():
                raise InputError(f"{field}: expected a name, got an empty one")
        if self.hash not in ("", *_NAMES):
            raise InputError(f"hash: expected sm3 or sha256, got '{self.hash:.20}'")
        object.__setattr__(self, "hash", self.hash or preferred_hash())
        if self.hash not in hashlib.algorithms_available:
            raise InputError(f"hash: this machine's OpenSSL has no {self.hash}; it is needed for these pseudonyms")

    def of(self, borrower_id: str | int) -> str:
        """One borrower's pseudonym; a whole number is taken as its text."""
        return self.of_many([borrower_id])[0]

    def of_many(self, borrower_ids: Iterable[str | int]) -> list[str]:
        """The borrowers' pseudonyms, in their order."""
        keyed, begin = self._keyed, self._begin
        borrowers = list(map(str, borrower_ids))
        names = dict.fromkeys(borrowers, "")
        for one in names:
            # copying saves hashing the key again
            digest = keyed.copy()
            digest.update(one.encode())
            names[one] = begin + digest.hexdigest()[:32]
        return [names[one] for one in borrowers]

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        return hmac.new(self._derived(b"key"), digestmod=self.hash)

    @cached_property
    def _begin(self) -> str:
        return f"{_NAMES[self.hash]}:{self._derived(b'name of the key').hex()[:8]}:"

    def _derived(self, what: bytes) -> bytes:
        """A key of this pair for one use."""
        parts = (_PURPOSE, what, self.party.encode(), self.recipient.encode())
        return hmac.digest(self.secret.reveal(), b"".join(_counted(part) for part in parts), self.hash)


def is_pseudonym(text: str) -> bool:
    """Whether a text has the form of a pseudonym."""
    return _PSEUDONYM.fullmatch(text) is not None


def _counted(part: bytes) -> bytes:
    """With its length before it, so that no two pairs of names read alike."""
    return len(part).to_bytes(4, "big") + part
