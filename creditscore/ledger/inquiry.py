"""An inquiry: who asks for scores, for what, and into which ledger what they are told goes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property

from creditscore.errors import InputError
from creditscore.governance.pseudonyms import Pseudonyms
from creditscore.governance.secrets import Secret
from creditscore.ledger.append import append, now
from creditscore.ledger.chain import Occasion
from creditscore.ledger.opening import check_name
from creditscore.ledger.store import Ledger

# How many entries a transaction takes, so that other writers wait for moments only.
AT_ONCE = 10_000
FEE_DECIMALS = 4
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Inquiry:
    """`recipient` asks for scores, for `purpose`; `score(…, ledger=inquiry)` records each before it is given out.

    `secret` makes the borrowers' pseudonyms before this recipient. `fee` is what one score costs, in `currency` (ISO
    4217), to four decimals. `consent` is the id of the consent under which it is told, where all have the same.

    Raises InputError for an empty name, a fee that is none, and a fee without a currency.
    """

    ledger: Ledger
    recipient: str
    purpose: str
    secret: Secret
    fee: Decimal | str | int = 0
    currency: str = ""
    consent: str | None = None

    def __post_init__(self) -> None:
        check_name("recipient", self.recipient)
        check_name("purpose", self.purpose)
        if self.consent is not None:
            check_name("consent", self.consent)
        if (self._fee or self.currency) and not _CURRENCY.fullmatch(self.currency):
            raise InputError("currency: expected three capital letters, as CNY, wherever there is a fee")

    @property
    def pseudonyms(self) -> Pseudonyms:
        """What this recipient knows borrowers as."""
        return Pseudonyms(self.secret, self.ledger.keeper, self.recipient)

    def record(self, model_id: str, digest: str, borrowers: Sequence[str | int], texts: Sequence[str]) -> list[int]:
        """Record that each borrower's text, JSON of what is told, is told; the entries' numbers.

        On disk once this returns. Raises LedgerError where it cannot be: then nothing may be told. Of more than 10,000
        those before the failure stay recorded.
        """
        return self.record_as(model_id, digest, self.pseudonyms.of_many(borrowers), texts)

    def record_as(self, model_id: str, digest: str, people: Sequence[str], texts: Sequence[str]) -> list[int]:
        """The same of people by what they are known as, of `pseudonyms`."""
        numbers: list[int] = []
        for first in range(0, len(people), AT_ONCE):
            few = slice(first, first + AT_ONCE)
            with self.ledger.store.writing() as connection:
                occasion = Occasion(
                    now(), "disclosure", self.recipient, self.purpose, model_id, digest, self._fee, self.currency
                )
                numbers += append(self.ledger, connection, occasion, people[few], texts[few])
        return numbers

    @cached_property
    def _fee(self) -> int:
        """In ten-thousandths."""
        try:
            whole = Decimal(self.fee).scaleb(FEE_DECIMALS)
        except (InvalidOperation, TypeError, ValueError):
            raise InputError("fee: expected a number, as 0.35") from None
        if not whole.is_finite() or whole != whole.to_integral_value() or not 0 <= whole < 10**15:
            raise InputError(f"fee: expected 0 or more, with at most {FEE_DECIMALS} decimals")
        return int(whole)


def in_units(fee: int) -> str:
    """A fee of an entry, or a sum of such, as text.

    >>> in_units(3_500), in_units(0)
    ('0.35', '0')
    """
    return f"{Decimal(fee).scaleb(-FEE_DECIMALS).normalize():f}"
