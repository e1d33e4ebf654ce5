"""All that a training run reads, and what its parts must have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, model_validator

from creditscore.config.features import FeaturesConfig
from creditscore.config.governance import ConsentConfig, GovernanceConfig
from creditscore.config.model import ModelConfig, ScaleConfig
from creditscore.config.reasons import ReasonsConfig, ReferenceConfig
from creditscore.config.registry import RegistryConfig
from creditscore.config.report import FairnessConfig, ManipulationConfig, NeutralityConfig, ReportConfig
from creditscore.config.samples import OutcomeConfig, SamplesConfig
from creditscore.config.section import Section
from creditscore.config.sources import EventsConfig
from creditscore.governance.rules import Rules


class TrainConfig(Section):
    """What `python -m creditscore.train` reads; within `memory_limit`, as "4GiB", events go through a temporary store
    and features are built group by group. Reasons compare with train applicants at or slightly above `cut_off`, in
    points; with all where there is none. Outcomes are the applications' column, or made as `outcome` says.
    """

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]*$")]
    population: str
    pd_horizon_months: Annotated[int, Field(gt=0)]
    output: str
    seed: int = 1
    memory_limit: Annotated[str | None, Field(pattern=r"^\d+(\.\d+)?[KMGT]iB$")] = None
    events: EventsConfig
    features: FeaturesConfig = FeaturesConfig()
    outcome: OutcomeConfig | None = None
    samples: SamplesConfig
    model: ModelConfig = ModelConfig()
    scale: ScaleConfig = ScaleConfig()
    cut_off: float | None = None
    references: list[ReferenceConfig] = []
    reasons: ReasonsConfig = ReasonsConfig()
    consent: ConsentConfig = ConsentConfig()
    governance: GovernanceConfig = GovernanceConfig()
    fairness: FairnessConfig | None = None
    manipulation: ManipulationConfig | None = None
    registry: RegistryConfig = RegistryConfig()
    neutrality: NeutralityConfig = NeutralityConfig()
    report: ReportConfig = ReportConfig()

    @model_validator(mode="after")
    def _one_horizon(self) -> Self:
        if self.outcome is not None and self.outcome.months != self.pd_horizon_months:
            raise ValueError(
                f"outcome.months ({self.outcome.months}) and pd_horizon_months ({self.pd_horizon_months}) differ; the "
                f"PD is of the outcome's window, so make them the same"
            )
        return self

    @property
    def rules(self) -> Rules:
        """The rules that training and every score apply."""
        return replace(self.governance.rules(), consent=self.consent.rule(bool(self.events.consents)))

    @model_validator(mode="after")
    def _on_one_basis(self) -> Self:
        if self.events.consents and (self.consent.basis is not None or self.consent.families):
            raise ValueError(
                "consent: events.consents has consent records, which say what may be used; leave basis and families out"
            )
        if self.events.consents and not (self.consent.purpose and self.consent.recipient):
            raise ValueError(
                "consent: consent records hold for a purpose and a recipient; add consent: {purpose: …, recipient: …}, "
                "in the records' own words"
            )
        if self.consent.families and self.consent.basis is None:
            raise ValueError("consent.families: say on what basis they may be used: add consent.basis, in words")
        self.consent.rule(bool(self.events.consents))
        return self

    @model_validator(mode="after")
    def _attributes_apart(self) -> Self:
        """No column of the applications may be a protected attribute under another name."""
        for attribute in self.fairness.attributes if self.fairness else ():
            for source in self.events.applications:
                own = source.columns.get(attribute, attribute)
                same = [name for name, read in source.columns.items() if name != attribute and _share(read, own)]
                if same:
                    raise ValueError(
                        f"applications: '{same[0]}' reads the same column as '{attribute}', which fairness.attributes "
                        f"declares protected: it may be no input under another name either; take it out of columns"
                    )
        return self

    @model_validator(mode="after")
    def _once(self) -> Self:
        names = [reference.id for reference in self.references]
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise ValueError(f"references: '{twice}' is given twice; ids differ")
        return self


def _share(one: str | list[str], other: str | list[str]) -> bool:
    """Whether two columns are read from a common one."""
    names = [{read} if isinstance(read, str) else set(read) for read in (one, other)]
    return bool(names[0] & names[1])
