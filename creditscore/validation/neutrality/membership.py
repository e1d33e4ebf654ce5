"""Which platforms had supplied something of each applicant by the day of the decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.events.store import Store
from creditscore.features.allowed import Allowed
from creditscore.features.groups import buckets_of
from creditscore.governance.visible import visible

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Membership:
    """The platforms, in alphabetical order, and by event table whether each had supplied an event of each applicant.

    `tables[name]` is bool[applications, platforms]: an event known before the application's `as_of`.
    """

    platforms: tuple[str, ...]
    tables: Mapping[str, Bools]

    @property
    def any(self) -> Bools:
        """In any of the tables, bool[applications, platforms]."""
        found: Bools = np.logical_or.reduce(list(self.tables.values()))
        return found

    def suppliers(self, table: str) -> tuple[str, ...]:
        """The platforms that supply the table, of any applicant."""
        supplies = np.flatnonzero(self.tables[table].any(axis=0)).tolist()
        return tuple(self.platforms[p] for p in supplies)

    def only(self, rows: Bools | Ints) -> Membership:
        """Of some applications."""
        return replace(self, tables={name: of[rows] for name, of in self.tables.items()})


def membership(events: Events | Store, applications: pa.Table, allowed: Allowed | None = None) -> Membership:
    """Who had supplied something of each application's borrower, a row an application; from a store bucket by bucket.

    Of events past the gate (`governance.gate`), and where it is said what is `allowed`, of no more than that: what
    never reaches a feature was not supplied.

    >>> fee = {"borrower_id": "b", "platform": "p", "kind": "fee", "amount": 1, "time": "2024-01-01T00:00Z"}
    >>> from creditscore.events.load import load_events
    >>> asked = [{"application_id": i, "borrower_id": "b", "as_of": f"{i}-01-01T00:00Z"} for i in (2024, 2025)]
    >>> events = load_events(transactions=[fee], applications=asked)
    >>> membership(events, events.applications).tables["transactions"].tolist()
    [[False], [True]]
    """
    parts = _parts(events, applications, allowed)
    firsts = [(rows, table, first) for rows, part in parts for table, first in _firsts(part)]
    platforms = tuple(sorted({name for _, _, first in firsts for name in first.columns}))
    own = applications["borrower_id"].cast(pa.string()).to_pandas()
    as_of = applications["as_of"].combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    tables: dict[str, Bools] = {}
    for rows, table, first in firsts:
        known = first.reindex(index=own.iloc[rows], columns=list(platforms)).to_numpy(np.float64)
        of_table = tables.setdefault(table, np.zeros((len(own), len(platforms)), np.bool_))
        of_table[rows] = known < as_of[rows, None]
    return Membership(platforms, {name: tables[name] for name in EVENT_TABLES if name in tables})


def _parts(events: Events | Store, applications: pa.Table, allowed: Allowed | None) -> Iterator[tuple[Ints, Events]]:
    """Applications by number and the events that count for them."""
    whole = np.arange(applications.num_rows)
    for rows, part in buckets_of(events, applications) if isinstance(events, Store) else [(whole, events)]:
        if allowed is None:
            yield rows, part
            continue
        for grants, own, some in allowed.of(rows).apart(part, applications.take(pa.array(rows))):
            yield rows[own], visible(some, grants, allowed.categories)


def _firsts(events: Events) -> Iterator[tuple[str, pandas.DataFrame]]:
    """Each table's first instant at which something was known, microseconds: a row a borrower, a column a platform."""
    for name in EVENT_TABLES:
        table = events.table(name)
        if table is None or not table.num_rows:
            continue
        time, recorded = (table[column].cast(pa.int64()) for column in ("time", "recorded_at"))
        known = pc.max_element_wise(time, recorded)
        columns = [table[column].cast(pa.string()) for column in ("borrower_id", "platform")]
        found = pa.table([*columns, known], names=["borrower", "platform", "known"])
        first = found.group_by(["borrower", "platform"]).aggregate([("known", "min")]).to_pandas()
        yield name, first.pivot(index="borrower", columns="platform", values="known_min")
