"""Outcomes: each application good, bad or neither, from the obligations of that application alone.

The performance window runs from as_of (exclusive) to as_of + `months` (inclusive). An obligation is settled once it is
paid up to the tolerance, and stops being past due when it is settled or ends; days past due are whole days of 24 hours
from `due_at` until then, at most until the window's end. This is the one place that looks forward from as_of: what is
known by `observed_until` counts, later versions of an event included.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import InputError
from creditscore.events.encode import as_dictionary, by_appearance, indices
from creditscore.events.hashing import repeated
from creditscore.events.schema import MONEY_DECIMALS, OBLIGATIONS, ids_are_made
from creditscore.features.columns import DAY, NEVER, NULL
from creditscore.features.gather import owners

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]
Times = npt.NDArray[np.datetime64]

GOOD, BAD = "good", "bad"
# Why there is no outcome; a column's missing ones do not say why.
IN_BETWEEN, NOT_OVER, NO_OBLIGATIONS, INDETERMINATE = "in between", "not yet over", "no obligations", "indeterminate"
KINDS = (GOOD, BAD, IN_BETWEEN, NOT_OVER, NO_OBLIGATIONS, INDETERMINATE)

_NEVER_SEEN = np.datetime64("NaT", "us")
_NO_OBLIGATIONS = pa.table({column.name: pa.array([], column.type) for column in OBLIGATIONS.columns})


@dataclass(frozen=True)
class OutcomeDefinition:
    """What makes an application bad.

    Bad: `days_past_due` or more at some time within the window, or ended unpaid in it (`ended_unpaid` "by_days": an end
    only stops the days). In between, and so neither: `indeterminate_days` or more, where given. Sums up to `tolerance`
    (in the currency) are not owed. The obligations are complete until `observed_until`, the beginning of that day, UTC.
    """

    days_past_due: int
    months: int
    observed_until: dt.date
    indeterminate_days: int | None = None
    tolerance: float = 0.0
    ended_unpaid: Literal["bad", "by_days"] = "bad"
    without_obligations: Literal["indeterminate", "good"] = "indeterminate"

    @property
    def until(self) -> int:
        """`observed_until` in UTC microseconds."""
        return int(np.datetime64(self.observed_until, "us").astype(np.int64))

    @property
    def not_owed(self) -> int:
        """The tolerance in the contract's fixed point."""
        return round(self.tolerance * 10.0**MONEY_DECIMALS)


@dataclass(frozen=True)
class Outcomes:
    """A row an application: `kind` one of KINDS, and `known_at` the window's end (datetime64[us], UTC; NaT: unknown).

    `with_obligations` counts the applications that have any, `known_before` the obligations that were known before the
    as_of of their own application, where features see them. `last_known` is the latest time of anything known of the
    obligations, other applications' too (NaT: nothing is).
    """

    kind: Texts
    known_at: Times
    with_obligations: int = 0
    known_before: int = 0
    last_known: np.datetime64 = _NEVER_SEEN

    @property
    def outcome(self) -> Floats:
        """0 good, 1 bad, NaN neither, float64[applications]."""
        return np.select([self.kind == GOOD, self.kind == BAD], [0.0, 1.0], np.nan)


def outcomes_of(definition: OutcomeDefinition, obligations: pa.Table | None, applications: pa.Table) -> Outcomes:
    """The outcome of each application, from obligations of its own borrower and application_id, in their order.

    Raises InputError where an application_id is given twice.

    >>> from creditscore.events.load import load_events
    >>> start, bill = "2024-01-10T00:00Z", {"borrower_id": "b", "platform": "p", "kind": "loan", "amount_due": 100}
    >>> bill |= {"time": start, "due_at": "2024-02-10T00:00Z", "application_id": "a"}
    >>> asked = [{"application_id": "a", "borrower_id": "b", "as_of": start}]
    >>> events = load_events(obligations=[bill], applications=asked)
    >>> definition = OutcomeDefinition(days_past_due=90, months=12, observed_until=dt.date(2025, 6, 1))
    >>> outcomes_of(definition, events.obligations, events.applications).kind.tolist()
    ['bad']
    """
    table = _NO_OBLIGATIONS if obligations is None else obligations
    as_of = _ticks(applications["as_of"], NULL)
    end = add_months(as_of, definition.months)
    owner, rows = _own(table, applications, definition.until)
    own = table.take(pa.array(rows))
    found = _within(_owed(own, definition.not_owed), owner, as_of, end)
    return Outcomes(
        _kinds(definition, end <= definition.until, found),
        end.astype("datetime64[us]"),
        int(found.has.sum()),
        int(np.count_nonzero(np.maximum(_ticks(own["time"], NULL), _recorded(own)) < as_of[owner])),
        _last_known(table, definition.until),
    )


def outcomes_in(applications: pa.Table) -> Outcomes:
    """The outcomes of the applications' own column; when they were known it does not say."""
    column = applications["outcome"].cast(pa.float64()).to_numpy()
    kind = np.select([column == 0, column == 1], [GOOD, BAD], INDETERMINATE)
    return Outcomes(kind, np.full(len(kind), _NEVER_SEEN))


def joined(parts: Sequence[tuple[Ints, Outcomes]]) -> Outcomes:
    """Outcomes of some applications each, and the rows that these have among all, int64[rows], as one."""
    places = np.argsort(np.concatenate([rows for rows, _ in parts]))
    known = [part.last_known for _, part in parts if not np.isnat(part.last_known)]
    return Outcomes(
        np.concatenate([part.kind for _, part in parts])[places],
        np.concatenate([part.known_at for _, part in parts])[places],
        sum(part.with_obligations for _, part in parts),
        sum(part.known_before for _, part in parts),
        max(known, default=_NEVER_SEEN),
    )


def counts(kind: Texts) -> dict[str, int]:
    """How many are of each kind: goods and bads always, others where there are any.

    >>> counts(np.array(["good", "not yet over", "good"]))
    {'good': 2, 'bad': 0, 'not yet over': 1}
    """
    found = {name: int(np.count_nonzero(kind == name)) for name in KINDS}
    return {name: count for name, count in found.items() if count or name in (GOOD, BAD)}


def vintages(as_of: Times, kind: Texts) -> pa.Table:
    """A row a month of application, UTC: vintage ("2024-05"), applications, good, bad, indeterminate, bad_rate.

    `bad_rate` is of goods and bads, null where there are none.
    """
    months, place = np.unique(as_of.astype("datetime64[M]"), return_inverse=True)
    asked = {"applications": np.ones(len(kind), bool), GOOD: kind == GOOD, BAD: kind == BAD}
    columns = {name: np.bincount(place[rows], minlength=len(months)) for name, rows in asked.items()}
    known = columns[GOOD] + columns[BAD]
    columns |= {"indeterminate": columns["applications"] - known}
    rate = pa.array(columns[BAD] / np.maximum(known, 1), mask=known == 0)
    return pa.table({"vintage": months.astype(str), **columns, "bad_rate": rate})


def add_months(ticks: Ints, months: int) -> Ints:
    """The same day and time of day so many calendar months later, UTC microseconds; in a shorter month its last day.

    >>> add_months(np.array(["2024-01-31T12:00"], "datetime64[us]").astype(np.int64), 1).astype("datetime64[us]")
    array(['2024-02-29T12:00:00.000000'], dtype='datetime64[us]')
    """
    time = ticks.astype("datetime64[us]")
    month, day = time.astype("datetime64[M]"), time.astype("datetime64[D]")
    later = month + months
    last = (later + 1).astype("datetime64[D]") - later.astype("datetime64[D]") - 1
    moved = later.astype("datetime64[D]") + np.minimum(day - month.astype("datetime64[D]"), last)
    return np.asarray((moved + (time - day)).astype("datetime64[us]").astype(np.int64))


class _Owed(NamedTuple):
    """Obligations' times in microseconds, NEVER where it did not come, and whether anything is owed at all."""

    due: Ints
    settled: Ints
    ended: Ints
    owed: Bools


class _Found(NamedTuple):
    """Of each application whether it has obligations, its worst days past due, and whether any ended unpaid."""

    has: Bools
    worst: Ints
    ended: Bools


def _within(owed: _Owed, owner: Ints, as_of: Ints, end: Ints) -> _Found:
    """What each application's window shows of the obligations that it owns."""
    first, last = as_of[owner], end[owner]
    stop = np.minimum(np.minimum(owed.settled, owed.ended), last)
    days = np.where(owed.owed & (stop > first), (stop - owed.due) // DAY, 0)
    worst = np.zeros(len(as_of), np.int64)
    np.maximum.at(worst, owner, days)
    lost = owed.owed & (owed.ended > first) & (owed.ended <= last) & (owed.settled > owed.ended)
    return _Found(_any(owner, as_of), worst, _any(owner[lost], as_of))


def _any(owner: Ints, applications: Ints) -> Bools:
    return np.bincount(owner, minlength=len(applications)) > 0


def _kinds(definition: OutcomeDefinition, over: Bools, found: _Found) -> Texts:
    """The kind of each; bads too are known only once their window is over, or young vintages would look worse."""
    bad = found.worst >= definition.days_past_due
    if definition.ended_unpaid == "bad":
        bad |= found.ended
    grey = definition.indeterminate_days
    between = np.zeros_like(bad) if grey is None else found.worst >= grey
    nothing = GOOD if definition.without_obligations == "good" else NO_OBLIGATIONS
    return np.select([~over, ~found.has, bad, between], [NOT_OVER, nothing, BAD, IN_BETWEEN], GOOD)


def _owed(own: pa.Table, not_owed: int) -> _Owed:
    due, paid = (_numbers(own[name], 0) for name in ("amount_due", "amount_paid"))
    # an amount paid that nobody states is the amount due, as features take it
    left = np.where(_mask(own["amount_paid"].is_null()), 0, due - paid)
    paid_at = _ticks(own["paid_at"], NEVER)
    settled = np.where(left <= not_owed, paid_at, NEVER)
    return _Owed(_ticks(own["due_at"], NEVER), settled, _ticks(own["ended_at"], NEVER), due > not_owed)


def _own(obligations: pa.Table, applications: pa.Table, until: int) -> tuple[Ints, Ints]:
    """The rows of current obligations that belong to an application, and which one: (application, row), by row."""
    ids = by_appearance(applications["application_id"])
    if len(ids.dictionary) < len(ids):
        raise InputError("applications: an application_id is given twice; each application has an id of its own")
    borrowers = by_appearance(applications["borrower_id"])
    owner = _places(obligations["application_id"], ids.dictionary)
    rows = np.flatnonzero((owner >= 0) & _current(obligations, until))
    who = _places(obligations["borrower_id"], borrowers.dictionary)
    rows = rows[who[rows] == indices(borrowers)[owner[rows]]]
    return owner[rows], rows


def _places(column: pa.ChunkedArray, ids: pa.Array) -> Ints:
    """Each value's place among unique ids, −1 where it is none of them or missing."""
    codes, place = owners(column, ids)
    return place[codes]


def _current(table: pa.Table, until: int) -> Bools:
    """Which rows are known then: recorded by then, and the last recorded version of their event."""
    recorded = _recorded(table)
    current = recorded <= until
    if not ids_are_made(table):
        rows = np.flatnonzero(current)
        current[rows[_superseded(table, rows, recorded[rows])]] = False
    return current & (_ticks(table["time"], NEVER) <= until)


def _recorded(table: pa.Table) -> Ints:
    return _ticks(pc.coalesce(table["recorded_at"], table["time"]), NULL)


def _superseded(table: pa.Table, rows: Ints, recorded: Ints) -> Ints:
    """The places in `rows` of versions that another, of the same borrower, platform and id, was recorded after."""
    keys = table.select(["event_id", "platform", "borrower_id"])
    keys = keys if len(rows) == table.num_rows else keys.take(pa.array(rows))
    again = repeated(keys.columns)
    groups = np.zeros(len(again), np.int64)
    for key in keys.take(pa.array(again)).columns:
        codes = indices(as_dictionary(key)).astype(np.int64) + 1
        groups = np.unique(groups * (codes.max(initial=0) + 1) + codes, return_inverse=True)[1]
    last = np.full(groups.max(initial=-1) + 1, NULL)
    np.maximum.at(last, groups, recorded[again])
    return again[recorded[again] < last[groups]]


def _last_known(obligations: pa.Table, until: int) -> np.datetime64:
    """The latest time of an event, a recording, a payment or an end up to then."""
    times = (_ticks(obligations[name], NULL) for name in ("time", "recorded_at", "paid_at", "ended_at"))
    last = max(int(ticks[ticks <= until].max(initial=NULL)) for ticks in times)
    return _NEVER_SEEN if last == NULL else np.datetime64(last, "us")


def _ticks(column: pa.ChunkedArray, missing: int) -> Ints:
    return _numbers(column.cast(pa.int64()), missing)


def _numbers(column: pa.ChunkedArray, missing: int) -> Ints:
    filled: Any = column.fill_null(missing) if column.null_count else column
    return np.asarray(filled.to_numpy(), np.int64)


def _mask(values: pa.ChunkedArray) -> Bools:
    return np.asarray(values.to_numpy(), np.bool_)
