"""Disputed records: found in a borrower's history by their names, taken out of it, or put right in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import RequestError
from creditscore.events.load import load_events
from creditscore.events.schema import CONTRACT, EVENT_TABLES, MADE_ID, Events, ids_are_made
from creditscore.scoring.request import sound
from creditscore.scoring.result import Record

# A record, or its platform and event_id alone.
Name = Record | tuple[str, str | int]

# What says which record it is, and whose.
_FIXED = ("borrower_id", "event_id", "platform")


class Named(NamedTuple):
    """A record that the history has, and which rows of its table are its versions."""

    record: Record
    rows: tuple[int, ...]


def find(events: Events, field: str, names: Iterable[Name]) -> list[Named]:
    """The records of these names. Raises RequestError, with the place in `field`, for one that is not there."""
    return [_find(events, f"{field}: record {number}", name) for number, name in enumerate(names, 1)]


def altered(
    events: Events, out: Iterable[Named], mended: Mapping[Named, Mapping[str, Any]], as_of: dt.datetime
) -> Events:
    """The events without some records, and with others as they should be."""
    gone: dict[str, list[int]] = {}
    new: dict[str, list[pa.Table]] = {}
    for named in (*out, *mended):
        gone.setdefault(named.record.table, []).extend(named.rows)
    for named, changes in mended.items():
        table = events.table(named.record.table)
        new.setdefault(named.record.table, []).append(_mended(named, table, changes, as_of))
    return replace(events, **{name: _with(events.table(name), rows, new.get(name, [])) for name, rows in gone.items()})


def _find(events: Events, place: str, name: Name) -> Named:
    table, platform, event_id = name if isinstance(name, Record) else (None, *_pair(place, name))
    tables = [table] if table in EVENT_TABLES else EVENT_TABLES
    found = [Named(Record(one, platform, str(event_id)), rows) for one in tables
             if (rows := _rows_of(events.table(one), platform, str(event_id)))]  # fmt: skip
    if not found:
        raise RequestError(f"{place} of those given is not in the history; name it by its platform and event_id")
    if len(found) > 1:
        raise RequestError(f"{place} of those given is in {len(found)} tables; give a Record, which names its table")
    return found[0]


def _pair(place: str, name: Any) -> tuple[str, str | int]:
    if not isinstance(name, tuple) or len(name) != 2:
        raise RequestError(f"{place}: expected (platform, event_id) or a Record, got {type(name).__name__}")
    return name


def _rows_of(table: pa.Table | None, platform: str, event_id: str) -> tuple[int, ...]:
    """The rows of a record's versions."""
    if table is None:
        return ()
    made = MADE_ID if ids_are_made(table) else ""
    is_it = pc.equal(table["event_id"].cast(pa.string()), event_id.removeprefix(made))
    is_its = pc.equal(table["platform"].cast(pa.string()), platform)
    return tuple(np.flatnonzero(pc.and_(is_it, is_its).fill_null(False).to_numpy()).tolist())


def _mended(named: Named, table: pa.Table, changes: Mapping[str, Any], as_of: dt.datetime) -> pa.Table:
    """The record's version of then with its changes, read as any row is."""
    contract = CONTRACT[named.record.table]
    allowed = [column.name for column in contract.columns if column.name not in _FIXED]
    if unknown := sorted(set(changes) - set(allowed)):
        raise RequestError(
            f"corrected: {named.record.table} has no column '{unknown[0]:.40}' to correct; it has {', '.join(allowed)}"
        )
    was = table.take(pa.array([_of_then(table, named.rows, as_of)])).to_pylist()[0]
    row = {column.name: _in_units(was[column.name], column.decimals) for column in contract.columns}
    given = {name: value for name, value in {**row, **changes}.items() if value is not None}
    rows: dict[str, Any] = {contract.name: [given]}
    read: pa.Table = sound(load_events(**rows, quarantine_limit=1)).table(contract.name)
    return read.select(table.column_names).cast(table.schema)


def _of_then(table: pa.Table, rows: Sequence[int], as_of: dt.datetime) -> int:
    """The version recorded last before `as_of`, or of all where none was."""
    own = table.select(["time", "recorded_at"]).take(pa.array(rows)).to_pylist()
    known = [max(one["time"], one["recorded_at"] or one["time"]) for one in own]
    return max(zip(rows, known, strict=True), key=lambda one: (one[1] < as_of, one[1]))[0]


def _in_units(value: Any, decimals: int) -> Any:
    return value / 10**decimals if decimals and value is not None else value


def _with(table: pa.Table, gone: Sequence[int], new: Sequence[pa.Table]) -> pa.Table:
    """The table without some rows and with others; its words are numbered alike in all of it."""
    stays: npt.NDArray[np.bool_] = np.ones(table.num_rows, np.bool_)
    stays[list(gone)] = False
    joined = pa.concat_tables([table.filter(pa.array(stays)), *new]).unify_dictionaries()
    return joined.combine_chunks().replace_schema_metadata(table.schema.metadata)
