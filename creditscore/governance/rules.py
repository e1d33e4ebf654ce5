"""What a scorecard's events may be used for: decided at training, sealed into the scorecard, applied by every score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.errors import GovernanceError
from creditscore.governance.basis import UNSTATED, ConsentRule
from creditscore.governance.categories import SHIPPED, Categories
from creditscore.governance.retention import CHINA, Retention
from creditscore.governance.sensitivity import Sensitivity


@dataclass(frozen=True)
class Rules:
    """The rules in force: what each word of a category column means for its row, on what basis data are used, and how
    long negative information counts.
    """

    categories: Categories = SHIPPED
    consent: ConsentRule = UNSTATED
    retention: Retention = CHINA

    def to_record(self) -> dict[str, Any]:
        """As JSON in a scorecard."""
        return {
            "categories": self.categories.to_record(),
            "consent": self.consent.to_record(),
            "retention": self.retention.to_record(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Rules:
        """The rules of such a record. Raises ValueError, KeyError or TypeError where it is malformed."""
        if set(record) != {"categories", "consent", "retention"}:
            raise ValueError("rules have categories, consent and retention, and nothing else")
        return cls(
            Categories.from_record(record["categories"]),
            ConsentRule.from_record(record["consent"]),
            Retention.from_record(record["retention"]),
        )


DEFAULT = Rules()


def rules_with(categories: Mapping[str, str] | None) -> Rules:
    """The default rules, with an agency's own words and the labels of their classes.

    Raises GovernanceError for another label, and for a class laxer than the shipped table's.
    """
    kinds = {kind.label: kind for kind in Sensitivity}
    unknown = sorted(set((categories or {}).values()) - set(kinds))
    if unknown:
        raise GovernanceError(f"categories: there is no class '{unknown[0]}'; classes are {', '.join(kinds)}")
    try:
        return Rules(categories=SHIPPED.with_own({word: kinds[label] for word, label in (categories or {}).items()}))
    except ValueError as error:
        raise GovernanceError(f"categories: {error}") from None
