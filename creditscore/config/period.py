"""From one day until before another."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from creditscore.config.section import Section


class Period(Section):
    """From `from` until before `until` (UTC days; either may be left out)."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    start: Annotated[dt.date | None, Field(alias="from")] = None
    until: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start and self.until and self.start >= self.until:
            raise ValueError(f"'from' ({self.start}) is not before 'until' ({self.until})")
        return self
