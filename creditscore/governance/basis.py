"""On what basis data are used: consent records for a purpose, or a basis that is stated; and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

from creditscore.events.schema import EVENT_TABLES

# The share of train applications from which a family is hidden where people can withhold it (docs/consent.md).
MASKING = 0.1
_BY_BASIS, _NOT_STATED = "as the basis says", "not stated"


class Grounds(NamedTuple):
    """On what a family's data are used, in words: by which basis, for which purpose, and to whom scores may be told."""

    basis: str
    purpose: str
    recipient: str


@dataclass(frozen=True)
class ConsentRule:
    """Why a scorecard's data may be used, and what is done where consent is missing.

    With `records`, consent records decide for each application; `purpose` is what they must be for. Else `basis` says
    in words why the `families`, tables of events, may be used beyond their ordinary part. `masking` is the share of
    train applications that learn without a family, so that absence means little by itself; `scorable_without` says
    whether who withholds obligations is scored all the same.
    """

    basis: str | None = None
    families: tuple[str, ...] = ()
    records: bool = False
    purpose: str | None = None
    scorable_without: bool = False
    masking: float = 0.0

    def __post_init__(self) -> None:
        if not all(text is None or (type(text) is str and text.strip()) for text in (self.basis, self.purpose)):
            raise ValueError("consent: basis and purpose are texts")
        if type(self.records) is not bool or type(self.scorable_without) is not bool:
            raise ValueError("consent: records and scorable_without are true or false")
        if self.records and self.basis is not None:
            raise ValueError("consent: consent records and a stated basis exclude each other")
        if self.records and self.purpose is None:
            raise ValueError("consent: records need a purpose")
        unknown = sorted(set(self.families) - set(EVENT_TABLES))
        if unknown:
            raise ValueError(f"consent: no family is '{unknown[0]}'; there are {', '.join(EVENT_TABLES)}")
        if type(self.masking) not in (int, float) or not 0 <= self.masking < 1:
            raise ValueError("consent: masking is a share from 0 to below 1")

    @property
    def text(self) -> str:
        """In words, as reports write it."""
        if self.records:
            return f"consent records, for the purpose “{self.purpose}”"
        if self.basis is None:
            return "ordinary data alone: no consent was stated"
        return f"{self.basis} ({', '.join(self.families)})"

    def grounds(self, family: str) -> Grounds:
        """Of one family, a table of events.

        >>> ConsentRule(records=True, purpose="credit").grounds("trips")
        Grounds(basis='consent records', purpose='credit', recipient='as each record names it')
        """
        if self.records:
            return Grounds("consent records", self.purpose or "", "as each record names it")
        if self.basis is not None and family in self.families:
            return Grounds(self.basis, self.purpose or _BY_BASIS, _BY_BASIS)
        return Grounds("ordinary data alone: no consent was stated", _NOT_STATED, _NOT_STATED)

    def to_record(self) -> dict[str, Any]:
        """As JSON in a scorecard."""
        return {**asdict(self), "families": list(self.families)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> ConsentRule:
        """The rule of such a record. Raises ValueError, KeyError or TypeError where it is malformed."""
        if set(record) != {one.name for one in fields(cls)}:
            raise ValueError("a consent rule has a basis, families, records, a purpose, masking and no more")
        return cls(**{**record, "families": tuple(record["families"])})


UNSTATED = ConsentRule()
