"""Which features are built, and which of them are kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from creditscore.config.section import Section

Family = Literal["spending", "rhythm", "travel", "obligations", "history", "application"]


class SelectConfig(Section):
    """Keeps the features that are above noise in at least this share of the train sample's folds."""

    folds: Annotated[int, Field(ge=2, le=20)] = 5
    share: Annotated[float, Field(gt=0, le=1)] = 0.6


class FeaturesConfig(Section):
    """Which families of the catalogue are built, and an agency's own modules of definitions beside them, but for those
    named under `without`; whether all are used, or those that `select` keeps, or the fewest whose validation AUC is
    within `minimal` of all of them.
    """

    families: list[Family] = ["spending", "rhythm", "travel", "obligations", "history", "application"]
    modules: list[str] = []
    without: list[str] = []
    select: SelectConfig | None = None
    minimal: Annotated[float | None, Field(gt=0, lt=0.5)] = None
