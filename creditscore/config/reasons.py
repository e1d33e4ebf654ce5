"""An agency's own reason codes, and whom reasons may compare with."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from creditscore.config.section import Section


class ReasonWords(Section):
    """A reason's wording for the borrower and for the risk officer, in English and Chinese."""

    borrower_en: Annotated[str, Field(min_length=1)]
    borrower_zh: Annotated[str, Field(min_length=1)]
    officer_en: Annotated[str, Field(min_length=1)]
    officer_zh: Annotated[str, Field(min_length=1)]


class ReasonsConfig(Section):
    """An agency's own reason codes (X01, X02 …), and codes of features that have none or want another."""

    codes: dict[str, ReasonWords] = {}
    features: dict[str, str] = {}


class ReferenceConfig(Section):
    """A further population that reasons may compare with: applicants at or slightly above another cut-off."""

    id: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
    cut_off: float

    @model_validator(mode="after")
    def _own_id(self) -> Self:
        if self.id in ("all", "cut_off"):
            raise ValueError(f"'{self.id}' is the id of one that is always made; give another")
        return self
