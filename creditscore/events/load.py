"""Files, frames and lists of dicts → `Events`: names and values mapped, types made exact, bad rows set aside by reason.

No row is dropped in silence: each one read is either in the Events or in their quarantine.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import QuarantineError, SchemaError
from creditscore.events.absent import absent
from creditscore.events.clean import MOST_WORDS_SHOWN, Failure, Reading, clean, further, unknown_words
from creditscore.events.duplicates import duplicates
from creditscore.events.encode import Vocabulary, as_dictionary, by_appearance, in_one
from creditscore.events.mapping import mapped, told_as_text, wanted, worded
from creditscore.events.schema import (
    ALL_MADE,
    CONTRACT,
    FIXED_POINT,
    MADE_ID,
    NO_QUARANTINE,
    Column,
    Events,
    Quarantine,
    TableContract,
    ids_are_made,
)
from creditscore.events.sources import Data, Opened, Part, Source, opened
from creditscore.events.times import check_time_format, check_timezone, offset_minutes

__all__ = ["Source", "load_events"]

Given = Data | Source | Sequence[Data | Source]

_FIXES = {
    "without a zone": "declare the source's `timezone`",
    "unreadable": "give the source's `time_format`",
    "unknown": "map the source's words under `values`",
}
_UNKNOWN = re.compile("unknown ([a-z_]+) '")
_MOST_REASONS = 10
_SHARED_IDS = ("borrower_id", "application_id")


T = TypeVar("T")
U = TypeVar("U")


class Origin(NamedTuple):
    """Where rows stood: the label of their source, and their numbers there, int64[rows]."""

    label: str
    rows: npt.NDArray[np.int64]


class _Job(NamedTuple):
    """A file or frame, and what reads its rows."""

    source: Source
    opened: Opened
    runs: Sequence[Callable[[], Part]]


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
        **dict(zip(loaded, tables, strict=True)),
        currency=currency,
        quarantine=_quarantine(loaded),
    )


def _sources(data: Any, timezone: str | None) -> list[Source]:
    """One source or several as Sources; a list of dicts, an empty one too, is one source's rows."""
    several = isinstance(data, list | tuple) and not all(isinstance(item, Mapping) for item in data)
    sources = [item if isinstance(item, Source) else Source(item) for item in (data if several else [data])]
    return [source if source.timezone else replace(source, timezone=timezone) for source in sources]


def _load(contract: TableContract, sources: list[Source]) -> _Loaded:
    jobs = [job for source in sources for job in _jobs(source, contract)]
    labels = _labels([job.opened for job in jobs])
    runs = [(run, label, job.source) for job, label in zip(jobs, labels, strict=True) for run in job.runs]
    words = {column.name: Vocabulary() for column in contract.columns if _recurs(column, contract)}

    def work(run: Callable[[], Part], label: str, source: Source) -> tuple[pa.Table, pa.Table, Origin]:
        good, bad, origin = _cleaned(replace(run(), label=label), source, contract)
        return _encoded(good, words), bad, origin

    cleaned = list(_side_by_side(lambda run: work(*run), runs))
    goods, bads, origins = (list(column) for column in zip(*cleaned, strict=True))
    if contract.key == "event_id" and any("event_id" in good.column_names for good in goods):
        goods = [_with_ids(*one) for one in zip(goods, origins, strict=True)]
    good, repeats = _without_duplicates(_finished(_joined(goods, contract), contract), contract, origins)
    bad = pa.concat_tables([NO_QUARANTINE.rows, *bads, repeats])
    return _Loaded(good, _tactful(bad), len(bad) + good.num_rows)


def _jobs(source: Source, contract: TableContract) -> Iterator[_Job]:
    """A source's files or frames, each to be cleaned in as many runs as its types allow."""
    _check_source(source, f"{contract.name} from {source.label}")
    texts = told_as_text(source, contract)
    for one in opened(source, wanted(source, contract), worded(source, contract)):
        whole = contract.open or any(_hangs_on_the_whole(field.type) for field in one.schema if field.name in texts)
        yield _Job(source, one, (one.whole,) if whole else one.runs)


def _hangs_on_the_whole(kind: pa.DataType) -> bool:
    """Whether a number is told as text by what the column's others are: 1.0 is "1" unless there is a 1.5."""
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_uint64(kind))


def _labels(files: list[Opened]) -> list[str]:
    """Ids are made from labels, so that labels must differ: a second shop.csv is shop.csv#2."""
    seen: Counter[str] = Counter()
    labels = []
    for file in files:
        seen[file.label] += 1
        labels.append(f"{file.label}#{seen[file.label]}" if seen[file.label] > 1 else file.label)
    return labels


def _side_by_side(work: Callable[[T], U], items: Sequence[T]) -> Iterator[U]:
    """Each item's result in their order, made on as many threads as there are cores."""
    if len(items) == 1:
        yield work(items[0])
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(work, items)


def _check_source(source: Source, where: str) -> None:
    if source.timezone is not None:
        check_timezone(source.timezone, where)
    if source.time_format is not None:
        check_time_format(source.time_format, where)


def _cleaned(part: Part, source: Source, contract: TableContract) -> tuple[pa.Table, pa.Table, Origin]:
    """A part's good rows, with those of the contract's columns that it has, its bad ones, and where the good stood."""
    reading = Reading(f"{contract.name} from {part.label}", source.timezone, source.time_format)
    found = mapped(part, source, contract)
    n = part.table.num_rows
    absent = pa.chunked_array([pa.nulls(n)])
    columns, failures = {}, []
    for column in contract.columns:
        if column.name in found or column.required or column.default is not None:
            columns[column.name], more = clean(column, found.get(column.name, absent), reading)
            failures += more
    if "utc_offset_minutes" in contract.by_name and source.timezone is not None:
        offset = offset_minutes(columns["time"], source.timezone)
        given = columns.get("utc_offset_minutes")
        columns["utc_offset_minutes"] = offset if given is None else pc.coalesce(given, offset)
    columns |= _further(found, part, source, contract)
    if "event_id" in columns and columns["event_id"].null_count == n:
        del columns["event_id"]
    return _parted(pa.table(columns), failures, contract.name, part)


def _recurs(column: Column, contract: TableContract) -> bool:
    """Whether a column's texts are few words that recur: a borrower has many events, if few applications."""
    return column.kind == "category" or (column.name == "borrower_id" and contract.key == "event_id")


def _encoded(table: pa.Table, words: Mapping[str, Vocabulary]) -> pa.Table:
    for i, name in enumerate(table.column_names):
        kind = table.schema.types[i]
        if name in words and (pa.types.is_string(kind) or pa.types.is_dictionary(kind)):
            table = table.set_column(i, name, words[name].encoded(table.column(i)))
    return table


def _with_ids(table: pa.Table, origin: Origin) -> pa.Table:
    """Missing ids made from the source's label and the row's number there."""
    ids = table["event_id"] if "event_id" in table.column_names else pa.chunked_array([pa.nulls(table.num_rows)])
    if not ids.null_count:
        return table
    rows = pa.array(origin.rows).cast(pa.string())
    made = pc.coalesce(ids.cast(pa.string()), pc.binary_join_element_wise(f"{MADE_ID}{origin.label}:", rows, ""))
    return table.drop_columns(["event_id"] if "event_id" in table.column_names else []).append_column("event_id", made)


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


def _parted(table: pa.Table, failures: list[Failure], name: str, part: Part) -> tuple[pa.Table, pa.Table, Origin]:
    """Good rows and bad ones, each bad one with the first of its reasons."""
    if not failures:
        return table, NO_QUARANTINE.rows, Origin(part.label, part.first + np.arange(table.num_rows))
    failures = sorted(failures, key=lambda failure: failure.rank)
    reason = np.full(table.num_rows, -1)
    for i, failure in enumerate(failures):
        reason[(reason < 0) & failure.rows] = i
    bad = np.flatnonzero(reason >= 0)
    reasons = pa.array([failure.reason for failure in failures]).take(pa.array(reason[bad]))
    origin = Origin(part.label, part.first + np.flatnonzero(reason < 0))
    bad_rows = _bad_rows(name, [part.label] * len(bad), part.first + bad, reasons)
    return table.filter(pa.array(reason < 0)), bad_rows, origin


def _bad_rows(name: str, labels: list[str], rows: npt.NDArray[np.int64], reasons: pa.Array) -> pa.Table:
    columns = [pa.repeat(name, len(rows)), pa.array(labels, pa.string()), pa.array(rows, pa.int64()), reasons]
    return pa.Table.from_arrays(columns, schema=NO_QUARANTINE.rows.schema)


def _joined(parts: list[pa.Table], contract: TableContract) -> pa.Table:
    """All parts as one table; a column that some lack is missing there."""
    ids = [column.name for column in contract.columns if column.kind == "id"]
    _check_alike(parts, contract)
    parts = _as_words(_with_agreed_ids(parts, ids), "borrower_id")
    table = pa.concat_tables(parts, promote_options="default")
    for name in (name for name in ids if name not in (*table.column_names, "event_id")):
        table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
    for i, kind in enumerate(table.schema.types):
        if pa.types.is_null(kind):
            table = table.set_column(i, table.column_names[i], table.column(i).cast(pa.float64()))
    return table


def _tactful(bad: pa.Table) -> pa.Table:
    """Bad rows without the words of columns where unknown ones are too many: these are names, or ids."""
    reasons = bad["reason"].unique().to_pylist()
    found = Counter(known[1] for reason in reasons if (known := _UNKNOWN.match(reason)))
    for column in (column for column, words in found.items() if words > MOST_WORDS_SHOWN):
        several = pc.starts_with(bad["reason"], f"unknown {column} '")
        bad = bad.set_column(3, "reason", pc.if_else(several, unknown_words(column), bad["reason"]))
    return bad


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
    """Each of these ids as int64 where it is so in all tables that have any, else as text in all, in words or plain."""
    for name in names:
        used = [table[name] for table in tables if name in table.column_names]
        kinds = {values.type for values in used if values.null_count < len(values)}
        kind = pa.int64() if kinds == {pa.int64()} else pa.string()
        tables = [_cast(table, name, kind) for table in tables]
    return tables


def _cast(table: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    i = table.schema.get_field_index(name)
    if i < 0 or pa.types.is_dictionary(table.schema.types[i]):
        return table
    return table.set_column(i, name, table.column(i).cast(kind))


def _as_words(parts: list[pa.Table], name: str) -> list[pa.Table]:
    """The column in words in all parts where it is so in one."""
    places = [part.schema.get_field_index(name) for part in parts]
    if not any(i >= 0 and pa.types.is_dictionary(part.schema.types[i]) for part, i in zip(parts, places, strict=True)):
        return parts
    return [
        part.set_column(i, name, part.column(i).dictionary_encode()) if i >= 0 else part
        for part, i in zip(parts, places, strict=True)
    ]


def _without_duplicates(table: pa.Table, contract: TableContract, origins: list[Origin]) -> tuple[pa.Table, pa.Table]:
    if ids_are_made(table):
        return table, NO_QUARANTINE.rows
    keys = [table[contract.key]]
    if contract.key == "event_id":
        # The costliest key last: few rows are left to compare by then.
        recorded = pc.coalesce(table["recorded_at"], table["time"])
        keys = [recorded, table["borrower_id"], table["platform"], table["event_id"]]
    repeated = duplicates(table, keys)
    if not repeated.any():
        return table, NO_QUARANTINE.rows
    labels, rows = _places(origins, np.flatnonzero(repeated))
    reasons = pa.repeat(f"duplicate {contract.key}", len(rows))
    return table.filter(pa.array(~repeated)), _bad_rows(contract.name, labels, rows, reasons)


def _places(origins: list[Origin], kept: npt.NDArray[np.int64]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Where the rows of the joined table stood: their sources' labels and their numbers there."""
    starts = np.cumsum([0, *(len(origin.rows) for origin in origins)])
    which = np.searchsorted(starts, kept, side="right") - 1
    rows = [origins[i].rows[row - starts[i]] for i, row in zip(which, kept, strict=True)]
    return [origins[i].label for i in which], np.array(rows, dtype=np.int64)


def _finished(table: pa.Table, contract: TableContract) -> pa.Table:
    """The contract's columns, absent ones missing, then further ones; each in one chunk, with one dictionary."""
    known = contract.by_name
    names = [*known, *(name for name in table.column_names if name not in known)]
    arrays = list(_side_by_side(lambda name: _whole(table, name, contract), names))
    made = "event_id" in known and "event_id" not in table.column_names
    fields = [_told(pa.field(name, array.type), contract) for name, array in zip(names, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, {ALL_MADE: b"1"} if made else None))


def _whole(table: pa.Table, name: str, contract: TableContract) -> pa.Array:
    if name not in table.column_names:
        return absent(contract[name], table.num_rows)
    values = table[name]
    further = name not in contract.by_name and pa.types.is_string(values.type)
    if further or pa.types.is_dictionary(values.type):
        return by_appearance(as_dictionary(values))
    return in_one(values)


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
