"""What the validation report looks into: platforms, groups of people, gaming."""

from __future__ import annotations

import itertools
from typing import Annotated, Self

from pydantic import Field, model_validator

from creditscore.config.section import Section


class NeutralityConfig(Section):
    """What the report says of platforms. Platforms of one of the `owners` count as one player beside; `worth` makes
    train say what each platform's data are worth too, by as many models as the coalitions take; docs/neutrality.md.
    """

    owners: dict[str, Annotated[list[str], Field(min_length=1)]] = {}
    worth: bool = False
    approval_rate: Annotated[float, Field(gt=0, le=1)] = 0.8
    seeds: Annotated[int, Field(ge=1, le=100)] = 5
    replicates: Annotated[int, Field(ge=4, le=1_000, multiple_of=2)] = 20
    limit: Annotated[float, Field(gt=0.5, lt=1)] = 0.9

    @model_validator(mode="after")
    def _owned_once(self) -> Self:
        names = [name for group in self.owners.values() for name in group]
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise ValueError(f"owners: platform '{twice}' is given twice; it has one owner")
        return self


class SearchConfig(Section):
    """A search for a less discriminatory model: retrained alternatives, judged on so many time-ordered folds of the
    train sample, of which one may be chosen that loses at most `margin` of the validation AUC.
    """

    folds: Annotated[int, Field(ge=2, le=20)] = 3
    margin: Annotated[float, Field(ge=0, lt=0.5)] = 0.005


class FairnessConfig(Section):
    """Attributes, columns of the applications, by which groups are compared and which no feature may read; numbers fall
    into `bands`, each from its lower end.
    """

    attributes: Annotated[list[str], Field(min_length=1)]
    bands: dict[str, Annotated[list[float], Field(min_length=1)]] = {}
    search: SearchConfig | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        never = {"application_id", "borrower_id", "as_of", "outcome"} & set(self.attributes)
        if never:
            raise ValueError(f"'{min(never)}' is no attribute of people; name a column of the applications that is")
        stray = sorted(set(self.bands) - set(self.attributes))
        if stray:
            raise ValueError(f"bands are given for '{stray[0]}', which is not among the attributes; add it there")
        if any(low >= high for ends in self.bands.values() for low, high in itertools.pairwise(ends)):
            raise ValueError("the ends of bands rise, as [25, 40, 60]")
        return self


class ManipulationConfig(Section):
    """What gaming buys, tried on the histories of so many applicants; the costs are in the data's currency."""

    borrowers: Annotated[int, Field(ge=20, le=100_000)] = 200
    transfer_fee: Annotated[float, Field(ge=0, lt=1)] = 0.001
    order_commission: Annotated[float, Field(ge=0, le=1)] = 0.06
    refund_loss: Annotated[float, Field(ge=0)] = 10.0


class ReportConfig(Section):
    """What the validation report looks into beyond the scores. `family_worth` and `reason_stability` fit models again,
    `last_day` builds features again as of a day earlier; `champion` is a .scorecard file, relative to the config, that
    the new one is compared with.
    """

    family_worth: bool = True
    reason_stability: bool = True
    last_day: bool = True
    champion: str | None = None
