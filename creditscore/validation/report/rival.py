"""Another scorecard on the same applications: what it scores them, and which of them it was fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.features.allowed import Allowed
from creditscore.features.matrix_file import blocks_of
from creditscore.governance.gate import govern_source
from creditscore.model.scale import probability
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import has_history
from creditscore.validation.report.later import built, samples_of_dates

Floats = npt.NDArray[np.float64]

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True, eq=False)
class Rival:
    """`card` and its verdicts, row for row with the table of scores; `role` is CHAMPION or CHALLENGER.

    `pd` and `points` (unrounded) are float64[rows], NaN for whom it cannot score; `samples` are by its own dates.
    """

    card: Scorecard
    role: str
    pd: Floats
    points: Floats
    samples: npt.NDArray[np.object_]


def rival_of(
    card: Scorecard,
    events: Events | Store,
    applications: pa.Table,
    role: str,
    scratch: Path | None = None,
    memory_limit: str | None = None,
    allowed: Allowed | None = None,
) -> Rival:
    """What another scorecard makes of these applications, of what is `allowed`."""
    matrix = built(card, govern_source(events, card.rules), applications, scratch, memory_limit, allowed)
    pd, points = np.concatenate([_scored(card, X) for _, X in blocks_of(matrix)], axis=1)
    return Rival(card, role, pd, points, samples_of_dates(card, applications))


def _scored(card: Scorecard, X: Floats) -> Floats:
    """PDs and unrounded points, float64[2, rows]."""
    log_odds = card.calibration(card.trees.margin(X), card.presence.absent(X))
    both = np.array([probability(log_odds), card.scale.points(log_odds)])
    return np.where(has_history(card, X), both, np.nan)
