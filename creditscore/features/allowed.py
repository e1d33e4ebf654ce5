"""What each application's borrower allows: the applications of each set of grants by themselves, put back in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import InputError
from creditscore.events.encode import by_appearance, indices
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.features.gather import owners
from creditscore.governance.categories import Categories
from creditscore.governance.consent import EVERYTHING, Consents, Grants, granted, load_consents
from creditscore.governance.visible import as_seen, visible

Matrix = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


# what each grant lets be seen of each event table
_SEEN = np.array([[as_seen(name, grant) for grant in range(EVERYTHING + 1)] for name in EVENT_TABLES], np.int8)


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
        matrix = np.full((applications.num_rows, width), np.nan, order="F")
        for grants, rows, own in self.apart(events, applications):
            matrix[rows] = make(visible(own, grants, self.categories), applications.take(pa.array(rows)))
        return matrix

    def apart(self, events: Events, applications: pa.Table) -> Iterator[tuple[list[int], Ints, Events]]:
        """Each set of grants, one for all that let the same be seen; its applications, int64[rows]; their events."""
        seen = np.column_stack([_SEEN[f].take(own) for f, own in enumerate(self.grants.T)])
        different, place = np.unique(seen, axis=0, return_inverse=True)
        place = place.reshape(-1)
        parts = [events] if len(different) == 1 else _apart(events, applications["borrower_id"], place, len(different))
        for i, (grants, own) in enumerate(zip(different.tolist(), parts, strict=True)):
            yield grants, np.flatnonzero(place == i), own


def allowed_by(
    consents: Any, applications: pa.Table, purpose: str | None, recipient: str | None, categories: Categories
) -> Allowed | None:
    """What records allow each application, None where none are given. Raises InputError where it is not said for which
    purpose and recipient.
    """
    if consents is None:
        return None
    if not purpose or not recipient:
        raise InputError("consents: they hold for a purpose and a recipient; give purpose= and recipient= as they do")
    read = consents if isinstance(consents, Consents) else load_consents(consents)
    return Allowed(granted(read, applications, purpose, recipient), categories)


def _apart(events: Events, borrowers: pa.ChunkedArray, place: Ints, sets: int) -> list[Events]:
    """For each set the events of the borrowers whose applications are of it by `place`: each table is sorted once."""
    ids = by_appearance(borrowers)
    pairs = np.unique(np.column_stack([place, indices(ids)]), axis=0)
    tables = {name: table for name in EVENT_TABLES if (table := events.table(name)) is not None}
    parts = {name: _parts(table, ids.dictionary, pairs, sets) for name, table in tables.items()}
    return [replace(events, **{name: own[i] for name, own in parts.items()}) for i in range(sets)]


def _parts(table: pa.Table, ids: pa.Array, pairs: Ints, sets: int) -> list[pa.Table]:
    """The rows of each set's borrowers; `pairs` are (set, borrower), by set."""
    codes, owner = owners(table["borrower_id"], ids)
    whose = owner[codes]
    order = np.argsort(whose, kind="stable")
    starts = np.searchsorted(whose[order], np.arange(len(ids) + 1))
    counts = np.diff(starts)[pairs[:, 1]]
    before = np.cumsum(counts) - counts
    rows = order[np.arange(counts.sum()) + np.repeat(starts[pairs[:, 1]] - before, counts)]
    taken = table.take(pa.array(rows))
    cuts = np.append(before, counts.sum())[np.searchsorted(pairs[:, 0], np.arange(sets + 1))].tolist()
    return [taken.slice(first, last - first) for first, last in pairwise(cuts)]
