"""Which events a feature was made from, so that a reason that is disputed leads to the records behind it.

The kernel's own rules pick them, on the arrays that features are computed from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import RequestError
from creditscore.events.schema import EVENT_TABLES, MADE_ID, Events, ids_are_made
from creditscore.events.times import EPOCH
from creditscore.features import kernel
from creditscore.features.arrange import arrange, layout_of
from creditscore.features.columns import DAY, NULL, STATES
from creditscore.features.formula import Aggregate, ApplicationValue, Call, Feature, parts
from creditscore.features.gather import gather, source_of
from creditscore.features.kernel import Columns
from creditscore.features.plan import WHOLE_HISTORY, TablePlan, make_plan
from creditscore.features.verdicts import verdicts_of
from creditscore.governance.retention import Retention

Ints = npt.NDArray[np.int64]

_FIRST = np.zeros(1, dtype=np.int64)


class EventKey(NamedTuple):
    """What names one borrower's event: ids are unique within a platform only, as two may both number from 1.

    An id is the platform's own, whole numbers as text. Where loading made it, for want of one, it is a row's number,
    from 0: `row:SOURCE:NUMBER` in its source where other rows have ids, and `row:NUMBER` in the table of the events
    given where no source has any. The latter counts the rows that loading kept, and holds for that loading alone.
    """

    platform: str
    event_id: str


# By table, the events behind a feature, oldest first.
Keys = dict[str, tuple[EventKey, ...]]


def events_behind(
    features: Sequence[Feature], events: Events, as_of: dt.datetime, retention: Retention | None = None
) -> dict[str, Keys]:
    """The events that fed each feature at `as_of`, by the feature's name and the table; none where nothing did.

    Of a ratio or difference they are those of both operands; of a streak, those that it runs through, in it or
    breaking it; of a word that reads a column, those that have it; of a function, all that it was given. An event is
    named once, however many versions it has: the one seen is that recorded last before `as_of`. A number of the
    application has none. Where nothing fed a count, total or distinct it is 0 if the table has any event known by
    `as_of`, else missing: such a 0 rests on what is not there. With a rule of `retention` obligations count as long as
    it says.

    `events` are one borrower's. Raises RequestError for those of several and for a time without a zone, FeatureError
    for two features of one name, and InputError for sums that features cannot hold either.

    >>> from creditscore.events.load import load_events
    >>> from creditscore.features import count, transactions
    >>> fee = {"borrower_id": "b", "platform": "p", "kind": "fee", "amount": 1}
    >>> rows = [{**fee, "event_id": day, "time": f"2024-03-{day}T12:00Z"} for day in (28, 10, 14)]
    >>> as_of = dt.datetime(2024, 3, 20, tzinfo=dt.UTC)
    >>> events_behind(count(transactions, days=30, name="n"), load_events(transactions=rows), as_of)["n_30d"]
    {'transactions': (EventKey(platform='p', event_id='10'), EventKey(platform='p', event_id='14'))}
    """
    plan, instant = make_plan(list(features), retention), _microseconds(as_of)
    _must_be_of_one(events)
    tables = {one.table: in_order(one, found) for one in plan.tables if (found := events.table(one.table))}
    return {feature.name: _behind(feature, tables, instant) for feature in plan.features}


class Ordered(NamedTuple):
    """A table's events as the kernel reads them, oldest first, and the row of the table that each one is."""

    plan: TablePlan
    table: pa.Table
    columns: Columns
    rows: Ints


def in_order(plan: TablePlan, table: pa.Table) -> Ordered:
    # gathering puts the rows in order, in place
    source, rows = source_of(table, plan), np.arange(table.num_rows)
    gathered = gather(source, plan, rows, np.array([0, table.num_rows]))
    verdicts = verdicts_of(plan, [source.words.get(name, []) for name in plan.codes])
    return Ordered(plan, table, arrange(gathered, plan, layout_of(plan), verdicts), rows)


def _behind(feature: Feature, tables: dict[str, Ordered], as_of: int) -> Keys:
    """The keys by table; none for a table without any event."""
    places = {name: [np.empty(0, np.int64)] for name in feature.tables if name in EVENT_TABLES}
    for part in parts(feature.formula):
        if not isinstance(part, ApplicationValue) and part.selection.table in tables:
            places[part.selection.table].append(_read_by(part, tables[part.selection.table], as_of))
    united = {name: np.unique(np.concatenate(found)) for name, found in places.items()}
    return {name: keys_of(tables[name], found) if len(found) else () for name, found in united.items()}


def _read_by(part: Aggregate | Call, events: Ordered, as_of: int) -> Ints:
    """The places, in the order of time, of the events that a part of a formula reads."""
    columns, plan, n = events.columns, events.plan, len(events.rows)
    length = WHOLE_HISTORY if part.days is None else part.days * DAY
    wanted = plan.filters.index(part.selection.conditions)
    picked, states = np.empty(n, np.int64), np.empty((n, STATES), np.int64)
    ends = kernel.select(columns, plan.program, wanted, length, _FIRST, np.array([as_of]), picked, states)
    found = picked[: ends[-1]]
    return found if isinstance(part, Call) else found[_has(part.column, columns, plan)[found]]


def _has(column: str | None, columns: Columns, plan: TablePlan) -> npt.NDArray[np.bool_]:
    """Which events have the column, as the kernel has it; all have a state, and what counts or dates events."""
    if column in plan.codes:
        return np.asarray(columns.codes[plan.codes.index(column)] >= 0)
    if column in plan.numbers:
        return np.asarray(columns.numbers[plan.numbers.index(column)] != NULL)
    return np.ones(len(columns.time), np.bool_)


def keys_of(events: Ordered, places: Ints) -> tuple[EventKey, ...]:
    """The keys of the events at these places."""
    named = events.table.select(["platform", "event_id"]).take(pa.array(events.rows[places]))
    ids = named["event_id"].cast(pa.string()).to_pylist()
    made = MADE_ID if ids_are_made(events.table) else ""
    return tuple(
        EventKey(platform, made + one) for platform, one in zip(named["platform"].to_pylist(), ids, strict=True)
    )


def _must_be_of_one(events: Events) -> None:
    tables = [table for name in EVENT_TABLES if (table := events.table(name)) is not None]
    borrowers = {str(one) for table in tables for one in table["borrower_id"].unique().to_pylist()}
    if len(borrowers) > 1:
        raise RequestError(
            f"events: expected those of one borrower, got {len(borrowers)} borrowers'; give events.of(borrower_id)"
        )


def _microseconds(as_of: dt.datetime) -> int:
    if as_of.utcoffset() is None:
        raise RequestError("as_of: a time without a zone; give one, as 2026-01-31T12:00:00+08:00")
    return (as_of - EPOCH) // dt.timedelta(microseconds=1)
