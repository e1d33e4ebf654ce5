"""What may be used: classes of categories, retention and consent."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from creditscore.config.section import Section
from creditscore.governance.basis import MASKING, ConsentRule
from creditscore.governance.retention import Retention, Suppression
from creditscore.governance.rules import Rules, rules_with

Class = Literal["ordinary", "separate consent", "written consent", "prohibited"]


class SuppressionConfig(Section):
    """An amnesty: obligations of these kinds (none named: all) that fell due in a period (days, both included), at most
    so large, settled by a day, do not count from the beginning of another day on.
    """

    name: str
    due_from: dt.date
    due_until: dt.date
    largest_amount: float
    repaid_by: dt.date
    effective_from: dt.date
    kinds: list[str] = []


class RetentionConfig(Section):
    """How long negative information counts: a jurisdiction's years from the end of the behaviour (null: without limit),
    by a clock so many minutes from UTC, less its amnesties. China's five are the default.
    """

    jurisdiction: str = "CN"
    years: int | None = 5
    utc_offset_minutes: int = 480
    suppressions: list[SuppressionConfig] = []

    @model_validator(mode="after")
    def _sound(self) -> Self:
        self.rule()
        return self

    def rule(self) -> Retention:
        """The rule as features apply it."""
        listed = (Suppression(**{**dict(one), "kinds": tuple(one.kinds)}) for one in self.suppressions)
        return Retention(self.jurisdiction, self.years, self.utc_offset_minutes, tuple(listed))


EventTable = Literal["transactions", "trips", "obligations"]


class ConsentConfig(Section):
    """Why the data may be used: where `events.consents` has consent records, the `purpose` and the `recipient` that
    they must name; otherwise the `basis`, in words, and the `families` (tables of events) that it covers beyond their
    ordinary part. `masking` is the share of train applications from which each family is hidden,
    by default a tenth where people can withhold by their consents, and none where they cannot.
    """

    basis: str | None = None
    families: list[EventTable] = []
    purpose: str | None = None
    recipient: str | None = None
    withheld_obligations: Literal["not scorable", "scorable"] = "not scorable"
    masking: Annotated[float | None, Field(ge=0, lt=1)] = None

    def rule(self, records: bool) -> ConsentRule:
        """The rule as training and scores apply it."""
        return ConsentRule(
            basis=self.basis,
            families=tuple(self.families),
            records=records,
            purpose=self.purpose,
            scorable_without=self.withheld_obligations == "scorable",
            masking=(MASKING if records else 0.0) if self.masking is None else self.masking,
        )


class GovernanceConfig(Section):
    """What may be used: the class of each category's word that the shipped table does not have, and how long negative
    information counts (docs/governance.md).
    """

    categories: dict[str, Class] = {}
    retention: RetentionConfig = RetentionConfig()

    @model_validator(mode="after")
    def _as_strict_as_the_table(self) -> Self:
        self.rules()
        return self

    def rules(self) -> Rules:
        """What this section says of the rules; `TrainConfig.rules` has those of consent too."""
        return replace(rules_with(self.categories), retention=self.retention.rule())
