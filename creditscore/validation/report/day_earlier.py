"""Features as they would have been a day before the application: what the last day brought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.features.allowed import Allowed
from creditscore.features.build import matrix_of
from creditscore.features.plan import Plan
from creditscore.validation.report.origin import evenly

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Applications whose features are built a second time: of more, so many are drawn.
MOST_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class DayEarlier:
    """`matrix`, float64[rows, names], of the applications at these `places` of the table of scores, a day earlier."""

    places: Ints
    names: tuple[str, ...]
    matrix: Floats

    def of(self, names: Sequence[str]) -> Floats:
        """The columns of those features, in their order."""
        at = {name: i for i, name in enumerate(self.names)}
        return self.matrix[:, [at[name] for name in names]]


def day_earlier(
    plan: Plan,
    events: Events | Store,
    applications: pa.Table,
    outcome: Floats,
    memory_limit: str | None = None,
    allowed: Allowed | None = None,
) -> DayEarlier:
    """The plan's features of the applications with an outcome, `as_of` moved back by a day, of what is `allowed`."""
    places = evenly(np.flatnonzero(~np.isnan(outcome)), MOST_ROWS)
    earlier = _a_day_back(applications.take(pa.array(places)))
    limit = memory_limit if isinstance(events, Store) else None
    matrix = np.ascontiguousarray(
        matrix_of(plan, events, earlier, allowed=allowed and allowed.of(places), memory_limit=limit)
    )
    return DayEarlier(places, tuple(plan.names), matrix)


def _a_day_back(applications: pa.Table) -> pa.Table:
    place = applications.column_names.index("as_of")
    moved = pc.subtract(applications["as_of"], pa.scalar(dt.timedelta(days=1), pa.duration("us")))
    return applications.set_column(place, "as_of", moved)
