"""What every part of a config is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of a config: immutable, and no key beyond its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)
