"""What each application's borrower allows: the applications of each set of grants by themselves, put back in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.events.encode import by_appearance
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.features.gather import owners
from creditscore.governance.categories import Categories
from creditscore.governance.consent import EVERYTHING, Grants
from creditscore.governance.visible import visible

Matrix = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Allowed:
    """The grants of each application, int8[applications, event tables] (`governance.consent`), and the classes of
    categories' words.
    """

    grants: Grants
    categories: Categories

    @property
    def everything(self) -> npt.NDArray[np.bool_]:
        """Whose consent covers all, bool[applications]."""
        return np.asarray((self.grants == EVERYTHING).all(axis=1))

    def of(self, rows: Ints | slice) -> Allowed:
        """Of the applications in these rows."""
        return replace(self, grants=self.grants[rows])

    def build(
        self, make: Callable[[Events, pa.Table], Matrix], events: Events, applications: pa.Table, width: int
    ) -> Matrix:
        """The matrix, float64[applications, width], that `make` makes of the events that each set of grants lets be
        seen, and of its applications.
        """
        different, place = np.unique(self.grants, axis=0, return_inverse=True)
        matrix = np.full((applications.num_rows, width), np.nan, order="F")
        for i, grants in enumerate(different.tolist()):
            rows = np.flatnonzero(place.reshape(-1) == i)
            asked = applications.take(pa.array(rows))
            own = events if len(different) == 1 else _of_borrowers(events, asked)
            matrix[rows] = make(visible(own, grants, self.categories), asked)
        return matrix


def _of_borrowers(events: Events, applications: pa.Table) -> Events:
    """The events of the borrowers of these applications."""
    ids = by_appearance(applications["borrower_id"]).dictionary
    tables: dict[str, Any] = {name: _of(events.table(name), ids) for name in EVENT_TABLES}
    return replace(events, **tables)


def _of(table: pa.Table | None, ids: pa.Array) -> pa.Table | None:
    if table is None:
        return None
    codes, place = owners(table["borrower_id"], ids)
    return table.filter(pa.array(place[codes] >= 0))
