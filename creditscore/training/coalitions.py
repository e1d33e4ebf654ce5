"""Features as they would be if some platforms alone had supplied their events."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.events.store import Store
from creditscore.features.allowed import Allowed
from creditscore.features.build import matrix_of
from creditscore.features.formula import Feature
from creditscore.features.groups import buckets_of
from creditscore.features.plan import make_plan
from creditscore.governance.retention import Retention
from creditscore.validation.neutrality.membership import Membership

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def only_of(events: Events, platforms: Collection[str]) -> Events:
    """The events that these platforms supplied, and all applications."""
    names = pa.array(sorted(platforms), pa.string())
    tables = {}
    for table in EVENT_TABLES:
        if (found := events.table(table)) is not None:
            tables[table] = found.filter(pc.is_in(found["platform"].cast(pa.string()), value_set=names))
    return replace(events, **tables)


class CoalitionFeatures:
    """The features of some applications by coalition, built once for each set of a table's own suppliers.

    `members` is row for row with `applications`. Columns of a table stay as they are where a platform joins that
    supplies nothing of it, and are kept, so that most coalitions cost no second build. Obligations count as long as
    `retention` says, and of each application what is `allowed`.
    """

    def __init__(
        self,
        events: Events | Store,
        applications: pa.Table,
        features: tuple[Feature, ...],
        members: Membership,
        *,
        retention: Retention | None = None,
        allowed: Allowed | None = None,
    ) -> None:
        self._retention, self._allowed = retention, allowed
        self._events, self._applications, self._features = events, applications, features
        self._suppliers = {table: frozenset(members.suppliers(table)) for table in members.tables}
        self._built: dict[tuple[tuple[str, ...], frozenset[str]], Floats] = {}

    def matrix(self, platforms: Collection[str]) -> Floats:
        """float64[applications, features], missing NaN, of these platforms' events."""
        found = np.full((self._applications.num_rows, len(self._features)), np.nan)
        for tables in dict.fromkeys(feature.tables for feature in self._features):
            columns = [i for i, feature in enumerate(self._features) if feature.tables == tables]
            found[:, columns] = self._columns(tables, frozenset(platforms), columns)
        return found

    def _columns(self, tables: tuple[str, ...], platforms: frozenset[str], columns: list[int]) -> Floats:
        relevant = platforms & frozenset().union(*(self._suppliers.get(table, frozenset()) for table in tables))
        if (tables, relevant) not in self._built:
            plan = make_plan([self._features[i] for i in columns], self._retention)
            made = np.empty((self._applications.num_rows, len(columns)))
            for rows, events in self._parts():
                own, allowed = self._applications.take(pa.array(rows)), self._allowed and self._allowed.of(rows)
                made[rows] = matrix_of(plan, only_of(events, relevant), own, allowed=allowed)
            self._built[tables, relevant] = made
        return self._built[tables, relevant]

    def _parts(self) -> Iterator[tuple[Ints, Events]]:
        if isinstance(self._events, Store):
            yield from buckets_of(self._events, self._applications)
        else:
            yield np.arange(self._applications.num_rows), self._events
