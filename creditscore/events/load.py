"""Files, frames and lists of dicts → `Events`: names and values mapped, types made exact, bad rows set aside by reason.

No row is dropped in silence: each one read is either in the Events or in their quarantine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import QuarantineError, SchemaError
from creditscore.events.clean import Failure, Reading, clean, further
from creditscore.events.duplicates import duplicates
from creditscore.events.mapping import mapped, wanted
from creditscore.events.schema import (
    ALL_MADE,
    CATEGORY,
    CONTRACT,
    FIXED_POINT,
    MADE_ID,
    NO_QUARANTINE,
    Events,
    Quarantine,
    TableContract,
    ids_are_made,
)
from creditscore.events.sources import Data, Part, Source, read_parts
from creditscore.events.times import check_time_format, check_timezone, offset_minutes

__all__ = ["Source", "load_events"]

Given = Data | Source | Sequence[Data | Source]

# Beside the contract's columns until duplicates are known: where each row came from.
_SOURCE, _ROW = "its source", "its row there"
_FIXES = {
    "without a zone": "declare the source's `timezone`",
    "unreadable": "give the source's `time_format`",
    "unknown": "map the source's words under `values`",
}
_MOST_REASONS = 10
_SHARED_IDS = ("borrower_id", "application_id")


class _Loaded(NamedTuple):
    """One table's good rows, its bad rows as in `Quarantine.rows`, and how many were read."""

    good: pa.Table
    bad: pa.Table
    read: int


def load_events(
    *,
    transactions: Given | None = None,
    trips: Given | None = None,
    obligations: Given | None = None,
    applications: Given | None = None,
    currency: str | None = None,
    timezone: str | None = None,
    quarantine_limit: float = 0.01,
) -> Events:
    """Read each table from one source or a list of them: a path, a frame, a list of dicts, or a `Source`.

    `timezone` is for sources that declare none; a table may lose a share of `quarantine_limit` of its rows as bad. Of
    rows with the same borrower, platform, event_id and recorded_at (absent: time) one stays, chosen by content.

    Raises InputError where there is nothing to read, SchemaError where a column is missing or of a wrong type, and
    QuarantineError where more rows are bad than allowed.

    >>> bills = [{"no": "7", "who": "b1", "when": "2024-03-01T12:00+08:00", "type": "消费", "sum": "12.50"}]
    >>> names = {"event_id": "no", "borrower_id": "who", "time": "when", "kind": "type", "amount": "sum"}
    >>> shop = Source(bills, platform="shop", columns=names, values={"kind": {"消费": "purchase"}})
    >>> load_events(transactions=shop).transactions["amount"].to_pylist()
    [1250]
    """
    given = {"transactions": transactions, "trips": trips, "obligations": obligations, "applications": applications}
    loaded = {}
    for name, data in given.items():
        if data is not None:
            loaded[name] = _load(CONTRACT[name], _sources(data, timezone))
            _check_limit(name, loaded[name], quarantine_limit)
    tables = _with_agreed_ids([table.good for table in loaded.values()], _SHARED_IDS)
    return Events(
        **{name: _finished(table, CONTRACT[name]) for name, table in zip(loaded, tables, strict=True)},
        currency=currency,
        quarantine=_quarantine(loaded),
    )


def _sources(data: Any, timezone: str | None) -> list[Source]:
    """One source or several as Sources; a list of dicts, an empty one too, is one source's rows."""
    several = isinstance(data, list | tuple) and not all(isinstance(item, Mapping) for item in data)
    sources = [item if isinstance(item, Source) else Source(item) for item in (data if several else [data])]
    return [source if source.timezone else replace(source, timezone=timezone) for source in sources]


def _load(contract: TableContract, sources: list[Source]) -> _Loaded:
    labels: Counter[str] = Counter()
    goods, bads, read = [], [NO_QUARANTINE.rows], 0
    for source in sources:
        _check_source(source, f"{contract.name} from {source.label}")
        for part in read_parts(source, wanted(source, contract)):
            labels[part.label] += 1
            # Ids made from labels must differ, so labels must: a second shop.csv is shop.csv#2.
            again = f"{part.label}#{labels[part.label]}" if labels[part.label] > 1 else part.label
            good, bad = _cleaned(replace(part, label=again), source, contract)
            goods.append(good)
            bads.append(bad)
            read += part.table.num_rows
    good, repeats = _without_duplicates(_joined(goods, contract), contract)
    return _Loaded(good, pa.concat_tables([*bads, repeats]), read)


def _check_source(source: Source, where: str) -> None:
    if source.timezone is not None:
        check_timezone(source.timezone, where)
    if source.time_format is not None:
        check_time_format(source.time_format, where)


def _cleaned(part: Part, source: Source, contract: TableContract) -> tuple[pa.Table, pa.Table]:
    """A part's good rows in the contract's columns, categories still as text, and its bad rows."""
    reading = Reading(f"{contract.name} from {part.label}", source.timezone, source.time_format)
    found = mapped(part, source, contract)
    absent = pa.chunked_array([pa.nulls(part.table.num_rows)])
    columns, failures, made = {}, [], False
    for column in contract.columns:
        columns[column.name], more = clean(column, found.get(column.name, absent), reading)
        failures += more
    if "utc_offset_minutes" in columns:
        offset = offset_minutes(columns["time"], source.timezone)
        columns["utc_offset_minutes"] = pc.coalesce(columns["utc_offset_minutes"], offset)
        made = columns["event_id"].null_count == part.table.num_rows
        columns["event_id"] = _event_ids(columns["event_id"], part.label)
    columns |= _further(found, part, source, contract)
    columns[_SOURCE] = pa.repeat(part.label, part.table.num_rows)
    columns[_ROW] = pa.array(np.arange(part.table.num_rows))
    table = pa.table(columns, metadata={ALL_MADE: b"1"} if made else None)
    return _parted(table, failures, contract.name)


def _event_ids(ids: pa.ChunkedArray, label: str) -> pa.ChunkedArray:
    """Missing ids made from the source's label and the row's number there."""
    if not ids.null_count:
        return ids
    rows = pa.array(np.arange(len(ids))).cast(pa.string())
    return pc.coalesce(ids.cast(pa.string()), pc.binary_join_element_wise(f"{MADE_ID}{label}:", rows, ""))


def _further(
    found: Mapping[str, pa.ChunkedArray], part: Part, source: Source, contract: TableContract
) -> dict[str, pa.ChunkedArray]:
    """Columns beyond the contract; one of a type that no feature can be is left out unless it was asked for by name."""
    columns = {}
    for name in (name for name in found if name not in contract.by_name):
        values = further(found[name], part.typed)
        if values is not None:
            columns[name] = values
        elif name in source.columns:
            raise SchemaError(
                f"{contract.name} from {part.label}: column '{name}' holds {found[name].type}; a further column must "
                f"be numbers, text or yes/no; convert it or leave it out of columns"
            )
    return columns


def _parted(table: pa.Table, failures: list[Failure], name: str) -> tuple[pa.Table, pa.Table]:
    """Good rows and bad ones, each bad one with the first of its reasons."""
    if not failures:
        return table, NO_QUARANTINE.rows
    failures = sorted(failures, key=lambda failure: failure.rank)
    first = np.full(table.num_rows, -1)
    for i, failure in enumerate(failures):
        first[(first < 0) & failure.rows] = i
    bad = np.flatnonzero(first >= 0)
    reasons = pa.array([failure.reason for failure in failures]).take(pa.array(first[bad]))
    return table.filter(pa.array(first < 0)), _bad_rows(table.take(pa.array(bad)), name, reasons)


def _bad_rows(rows: pa.Table, name: str, reasons: pa.Array) -> pa.Table:
    columns = [pa.repeat(name, rows.num_rows), rows[_SOURCE], rows[_ROW], reasons]
    return pa.Table.from_arrays(columns, schema=NO_QUARANTINE.rows.schema)


def _joined(parts: list[pa.Table], contract: TableContract) -> pa.Table:
    """All parts as one table; a further column that some lack is missing there."""
    ids = [column.name for column in contract.columns if column.kind == "id"]
    _check_alike(parts, contract)
    made = all(ids_are_made(part) for part in parts)
    table = pa.concat_tables(_with_agreed_ids(parts, ids), promote_options="default")
    table = table.replace_schema_metadata({ALL_MADE: b"1"} if made else None)
    for i, kind in enumerate(table.schema.types):
        if pa.types.is_null(kind):
            table = table.set_column(i, table.column_names[i], table.column(i).cast(pa.float64()))
    # Where a row came from stays last, as the last that duplicates are told apart by.
    return table.select([name for name in table.column_names if name not in (_SOURCE, _ROW)] + [_SOURCE, _ROW])


def _check_alike(parts: list[pa.Table], contract: TableContract) -> None:
    kinds: dict[str, pa.DataType] = {}
    for part in parts:
        for name, kind in zip(part.column_names, part.schema.types, strict=True):
            if name in contract.by_name or pa.types.is_null(kind):
                continue
            if kinds.setdefault(name, kind) != kind:
                raise SchemaError(
                    f"{contract.name}: column '{name}' is numbers in one source and text in another; make them one type"
                )


def _with_agreed_ids(tables: list[pa.Table], names: Sequence[str]) -> list[pa.Table]:
    """Each of these ids as int64 where it is so in all tables that have any, else as text in all."""
    for name in names:
        used = [table[name] for table in tables if name in table.column_names]
        kinds = {values.type for values in used if values.null_count < len(values)}
        kind = pa.int64() if kinds == {pa.int64()} else pa.string()
        tables = [_cast(table, name, kind) for table in tables]
    return tables


def _cast(table: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    i = table.schema.get_field_index(name)
    return table if i < 0 else table.set_column(i, name, table.column(i).cast(kind))


def _without_duplicates(table: pa.Table, contract: TableContract) -> tuple[pa.Table, pa.Table]:
    if ids_are_made(table):
        return table, NO_QUARANTINE.rows
    keys = [table[contract.key]]
    if "recorded_at" in contract.by_name:
        # The costliest key last: few rows are left to compare by then.
        recorded = pc.coalesce(table["recorded_at"], table["time"])
        keys = [recorded, table["borrower_id"], table["platform"], table["event_id"]]
    repeated = duplicates(table, keys)
    if not repeated.any():
        return table, NO_QUARANTINE.rows
    rows = table.filter(pa.array(repeated))
    reasons = pa.repeat(f"duplicate {contract.key}", rows.num_rows)
    return table.filter(pa.array(~repeated)), _bad_rows(rows, contract.name, reasons)


def _finished(table: pa.Table, contract: TableContract) -> pa.Table:
    """Categories as dictionaries of the words that occur, in one chunk."""
    ids = [column.name for column in contract.columns if column.kind == "id"]
    columns = {
        name: table[name] if name in ids or not pa.types.is_string(table[name].type) else table[name].cast(CATEGORY)
        for name in table.column_names
        if name not in (_SOURCE, _ROW)
    }
    made = pa.table(columns).combine_chunks()
    return made.cast(pa.schema([_told(field, contract) for field in made.schema], table.schema.metadata))


def _told(field: pa.Field, contract: TableContract) -> pa.Field:
    """The field, saying of a fixed-point column that it is one."""
    column = contract.by_name.get(field.name)
    fixed = column is not None and column.kind == "fixed"
    return field.with_metadata({FIXED_POINT: str(column.decimals)}) if column is not None and fixed else field


def _quarantine(loaded: Mapping[str, _Loaded]) -> Quarantine:
    rows = pa.concat_tables([NO_QUARANTINE.rows, *(table.bad for table in loaded.values())]).combine_chunks()
    return Quarantine(rows, {name: table.read for name, table in loaded.items()})


def _check_limit(name: str, loaded: _Loaded, limit: float) -> None:
    bad, read = loaded.bad.num_rows, loaded.read
    if bad <= limit * read:
        return
    totals, sources = Counter[str](), dict[str, str]()
    for _, source, reason, count in Quarantine(loaded.bad, {}).counts():
        totals[reason] += count
        sources.setdefault(reason, source)
    listed = [f"{count:,} × {reason} (as in {sources[reason]})" for reason, count in totals.most_common(_MOST_REASONS)]
    fixes = [fix for words, fix in _FIXES.items() if any(words in reason for reason in totals)]
    raise QuarantineError(
        f"{name}: {bad:,} of {read:,} rows ({bad / read:.1%}) are bad, more than quarantine_limit={limit} allows: "
        f"{'; '.join(listed)}{'; …' if len(totals) > _MOST_REASONS else ''}; "
        f"{', '.join([*fixes, 'correct the rows, or raise quarantine_limit'])}"
    )
