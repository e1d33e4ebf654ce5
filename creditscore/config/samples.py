"""Whose outcomes: the dated samples, and what makes an application bad."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from creditscore.config.period import Period
from creditscore.config.section import Section
from creditscore.events.schema import MONEY_LIMIT


class SamplesConfig(Section):
    """The dated samples, each the applications of a period: train < calibrate < test. Without `calibrate`, out-of-fold
    margins of `train` serve.
    """

    train: Period
    calibrate: Period | None = None
    test: Period

    @model_validator(mode="after")
    def _dated(self) -> Self:
        periods = [period for period in (self.train, self.calibrate, self.test) if period]
        for earlier, later in itertools.pairwise(periods):
            if earlier.until is None or later.start is None or earlier.until > later.start:
                raise ValueError("train, calibrate and test must follow each other: each 'until' <= the next 'from'")
        return self


class OutcomeConfig(Section):
    """What makes an application bad, from the obligations of its own application_id (docs/outcomes.md).

    The obligations are complete until `observed_until` (the beginning of that day, UTC): only their source knows it, so
    it has no default. Where applications have an `outcome` column too, `prefer` says which of the two holds.
    """

    days_past_due: Annotated[int, Field(gt=0)]
    months: Annotated[int, Field(gt=0, le=1_200)]
    observed_until: dt.date
    indeterminate_days: Annotated[int | None, Field(gt=0)] = None
    tolerance: Annotated[float, Field(ge=0, le=MONEY_LIMIT)] = 0.0
    ended_unpaid: Literal["bad", "by_days"] = "bad"
    without_obligations: Literal["indeterminate", "good"] = "indeterminate"
    prefer: Literal["definition", "column"] | None = None

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        if self.indeterminate_days is not None and self.indeterminate_days >= self.days_past_due:
            raise ValueError(
                f"indeterminate_days ({self.indeterminate_days}) is not below days_past_due ({self.days_past_due})"
            )
        if self.days_past_due >= 28 * self.months:
            raise ValueError(f"{self.days_past_due} days past due cannot be reached within {self.months} months")
        return self
