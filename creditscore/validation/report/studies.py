"""What the report looks into beyond the scores: each study costs events read again, or models fitted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas

from creditscore.validation.report.day_earlier import DayEarlier
from creditscore.validation.report.rival import Rival


@dataclass(frozen=True, eq=False)
class Studies:
    """Each is None where it was not made, and the page then says so.

    `families` is the table of `creditscore.training.worth.family_worth`, `reasons` what
    `creditscore.training.reason_stability.reason_stability` found: both need the train sample.
    """

    day_earlier: DayEarlier | None = None
    rival: Rival | None = None
    families: pandas.DataFrame | None = None
    reasons: Mapping[str, Any] | None = None


NONE = Studies()
