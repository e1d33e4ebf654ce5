"""What a scorecard was like when it was made: distributions that later months are compared with, and nobody's row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.errors import ScorecardError
from creditscore.model.binned import Bins


@dataclass(frozen=True)
class Baseline:
    """Binned distributions of the score and of each feature, in the scorecard's order.

    `score` (unrounded points), `reasons` (the share of scorable applications whose first reason a code is) and
    `not_scorable` (a share of all) are of `sample`, which the trees were not fitted on, since on their own sample
    scores lie further apart; `features` are of the train sample.
    """

    sample: str
    score: Bins
    features: tuple[Bins, ...]
    reasons: Mapping[str, float]
    not_scorable: float

    def to_record(self) -> dict[str, Any]:
        """The baseline as JSON takes it."""
        return {
            "sample": self.sample,
            "score": self.score.to_record(),
            "features": [bins.to_record() for bins in self.features],
            "reasons": dict(self.reasons),
            "not_scorable": self.not_scorable,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any], features: int) -> Baseline:
        """What `to_record` gave. Raises ScorecardError where it is not of so many features, or no share is one."""
        found = cls(
            sample=record["sample"],
            score=Bins.from_record(record["score"]),
            features=tuple(Bins.from_record(each) for each in record["features"]),
            reasons=dict(record["reasons"]),
            not_scorable=record["not_scorable"],
        )
        shares = [*found.reasons.values(), found.not_scorable]
        if (
            not all(type(share) in (int, float) and 0 <= share <= 1 for share in shares)
            or type(found.sample) is not str
        ):
            raise ScorecardError("baseline: a share is not a number from 0 to 1, or the sample has no name")
        if len(found.features) != features or len(record) != len(found.to_record()):
            raise ScorecardError(f"baseline: expected bins of {features} features, got {len(found.features)}")
        return found
