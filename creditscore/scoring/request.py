"""What callers hand in → events and matrices; a request that is wrong is refused whole, by the field and the fix."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from struct import pack_into
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import RequestError
from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.events.times import EARLIEST, LATEST
from creditscore.scorecard import Scorecard

Matrix = npt.NDArray[np.float64]

# Whose the rows of a history are that do not say so.
UNNAMED = "borrower"

_PLAIN = {float, int, type(None)}


def instant_of(as_of: Any, name: str = "as_of") -> dt.datetime:
    """The instant of the decision: a datetime, or ISO text, with a zone; `name` is the field's, for errors."""
    try:
        instant = dt.datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise RequestError(f"{name}: expected a time like 2026-01-31T12:00:00+08:00") from None
    if not isinstance(instant, dt.datetime):
        raise RequestError(f"{name}: expected a time, got {type(as_of).__name__}")
    if instant.tzinfo is None:
        raise RequestError(f"{name}: a time without a zone; give one, as 2026-01-31T12:00:00+08:00")
    try:
        within = EARLIEST <= instant < LATEST
    except OverflowError:
        within = False
    if not within:
        raise RequestError(f"{name}: expected a time of the years {EARLIEST.year} to {LATEST.year - 1}")
    return instant


def application_of(given: Any) -> Mapping[str, Any]:
    """The application's own values by name; none where None."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(type(name) is str for name in given):
        raise RequestError(
            f"application: expected a mapping of its own values by name, as {{'amount': 20000}}; got "
            f"{type(given).__name__}"
        )
    return given


def one_borrower(history: Any, application: Mapping[str, Any], as_of: dt.datetime) -> tuple[Events, pa.Table]:
    """One borrower's events, and their application as a table of one row."""
    events = history if isinstance(history, Events) else _read_history(history)
    borrowers = {one for name in EVENT_TABLES if (table := events.table(name)) for one in _borrowers(table)}
    if len(borrowers) > 1:
        raise RequestError(f"the history holds events of {len(borrowers)} borrowers; give one's, or applications=")
    who = borrowers.pop() if borrowers else UNNAMED
    row = {**application, "application_id": "1", "borrower_id": who, "as_of": as_of}
    return events, applications_of([row])


def row_matrix(card: Scorecard, row: Mapping[str, Any]) -> Matrix:
    """One row of features in the scorecard's order, float64[1, features]."""
    if type(row) is not dict:  # another mapping may make up what it lacks
        _check_names(card, row)
    try:
        given = card.plan.values_in(row)
    except KeyError:
        _check_names(card, row)
        raise
    kinds = set(map(type, given))
    if not kinds <= _PLAIN:
        _check_numbers(card, given)
    values = np.empty((1, len(given)))
    try:
        if kinds == {float}:
            pack_into(f"{len(given)}d", values.data, 0, *given)  # in a third of the other's time
        else:
            values[0] = given
    except OverflowError:
        raise RequestError("features: a whole number is too large for a float; give the feature's own value") from None
    _check_finite(card, values)
    return values


def table_matrix(card: Scorecard, table: pa.Table) -> Matrix:
    """A table's features in the scorecard's order, float64[rows, features]; columns are matched by name."""
    _check_names(card, table.column_names)
    values = np.empty((table.num_rows, len(card.features)))
    for i, name in enumerate(card.plan.names):
        column = table[name]
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_null(column.type)):
            raise RequestError(f"feature '{name}': expected numbers, got {column.type}")
        values[:, i] = column.cast(pa.float64(), safe=False).to_numpy()  # as a row of Python's integers is rounded
    _check_finite(card, values)
    return values


def to_arrow(features: Any) -> pa.Table:
    """Arrow, pandas or Polars as an Arrow table."""
    try:
        return features if isinstance(features, pa.Table) else pa.table(features)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise RequestError(
            f"features: expected a mapping of one row, or an Arrow, pandas or Polars table; got "
            f"{type(features).__name__} ({error})"
        ) from None


def applications_of(given: Any) -> pa.Table:
    """The applications to score, all of them or none."""
    _check_rows("applications", given)
    return sound(load_events(applications=given, quarantine_limit=1)).applications


def _read_history(history: Any) -> Events:
    if not isinstance(history, Mapping):
        raise RequestError(
            f"history: expected a mapping of transactions, trips and obligations, or an Events; "
            f"got {type(history).__name__}"
        )
    unknown = sorted(str(name)[:40] for name in set(history) - set(EVENT_TABLES))
    if unknown:
        raise RequestError(f"history: unknown table '{unknown[0]}'; tables are {', '.join(EVENT_TABLES)}")
    for name, table in history.items():
        if table is not None:
            _check_rows(f"history: {name}", table)
    given = {name: _named(table) for name, table in history.items() if table is not None and len(table)}
    return sound(load_events(**given, quarantine_limit=1)) if given else Events()


def _check_rows(name: str, given: Any) -> None:
    """A table's rows and nothing else: `load_events` takes texts, and texts in a list, for files, and a request must
    never make us read one.
    """
    if not _is_table(given):
        raise RequestError(
            f"{name} is a list of dicts, or an Arrow, pandas or Polars table; got {type(given).__name__}"
        )
    kinds = {type(row) for row in given if not isinstance(row, Mapping)} if isinstance(given, list) else ()
    if kinds:
        raise RequestError(f"{name} is a list of dicts; got {min(kind.__name__ for kind in kinds)} in it")


def _is_table(given: Any) -> bool:
    return (
        isinstance(given, (list, pa.Table))
        or hasattr(given, "__arrow_c_stream__")
        or type(given).__module__.partition(".")[0] == "pandas"
    )


def _named(table: Any) -> Any:
    """Rows straight from JSON may leave out whose they are: one borrower's."""
    if not isinstance(table, list):
        return table
    return [{"borrower_id": UNNAMED, **row} if isinstance(row, Mapping) else row for row in table]


def sound(events: Events) -> Events:
    """A request's rows are all read or all refused: none is set aside."""
    if len(events.quarantine):
        table, _, reason, count = events.quarantine.counts()[0]
        raise RequestError(f"{table}: {count} rows cannot be read: {reason}; correct them and ask again")
    return events


def _borrowers(table: pa.Table) -> list[Any]:
    return list(table["borrower_id"].unique().to_pylist())


def _check_numbers(card: Scorecard, given: Sequence[Any]) -> None:
    for name, value in zip(card.plan.names, given, strict=True):
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float, np.number))):
            raise RequestError(f"feature '{name}': expected a number or None, got {type(value).__name__}")


def _check_names(card: Scorecard, names: Any) -> None:
    known = set(names)
    missing = [name for name in card.plan.names if name not in known]
    if missing:
        raise RequestError(
            f"{len(missing)} of {len(card.features)} features are missing, as '{missing[0]}'; "
            f"build them with build_features(events, features=card.features, retention=card.rules.retention)"
        )


def _check_finite(card: Scorecard, values: Matrix) -> None:
    infinite = np.isinf(values).any(axis=0)
    if infinite.any():
        name = card.plan.names[int(np.argmax(infinite))]
        raise RequestError(f"feature '{name}': infinite; give a finite number, or None where it is missing")
