"""Where rows come from: files, folders, patterns, frames and lists of dicts, each read as a labelled Arrow table."""

from __future__ import annotations

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from creditscore.errors import InputError, SchemaError
from creditscore.events.files import File, files_of, label_of, lost_store
from creditscore.events.period import Span, may_hold
from creditscore.events.schema import FIXED_POINT

T = TypeVar("T")

# Rows that are read and cleaned at once: few enough that their memory is used again.
RUN = 200_000
# How long a row of CSV is, and how far gzip squeezes it, more or less.
_BYTES_A_ROW, _SQUEEZED = 80, 6
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")
_READ_ERRORS = (pa.ArrowException, OSError, UnicodeDecodeError)


class Frame(Protocol):
    """Any frame that speaks Arrow's C stream: pandas, Polars, DuckDB, Arrow itself."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class Openable(ABC):
    """What opens itself, as a database's table does: so that no library of a database is imported here."""

    @property
    @abstractmethod
    def label(self) -> str:
        """Its name in messages and in the quarantine."""

    @abstractmethod
    def opened(self, wanted: frozenset[str] | None, span: Span | None) -> Opened:
        """Of its columns those wanted (None: all), and its rows; those outside the span may be left out."""

    @abstractmethod
    def count(self) -> int:
        """How many rows it has now."""


Data = str | Path | Frame | Openable | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Source:
    """One platform's rows for one table, and how its names and values map onto the contract.

    `data` is a Parquet or CSV file (`.csv.gz` too), a folder of them or of hive partitions (`year=2024/…`, columns as
    text), a pattern such as `bills/*.csv`, an object store's URL such as `s3://lake/bills`, a `DatabaseTable`, a frame,
    or a list of dicts. CSV fields are read as text, so that ids keep their leading zeros; an empty one is missing.

    `columns` maps a contract's column to the source's, or to several whose texts are joined by " | " (a missing one as
    empty text, all of them missing as missing). `values` maps a source's values, as text, to the contract's, column by
    column; a value not named there passes unchanged. `constants` fill columns that the source lacks, and `platform`
    that of the same name. `timezone` is the zone of times without one, and of the hours of the day of all;
    `time_format` is the strptime format of times given as text, where they are not ISO 8601. Rows whose time (of an
    application: `as_of`) is outside the `period`, whole days in UTC from one until before the other, are not read.
    """

    data: Data
    platform: str | None = None
    columns: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str | int | None]] = field(default_factory=dict)
    constants: Mapping[str, str | int | float] = field(default_factory=dict)
    timezone: str | None = None
    time_format: str | None = None
    period: tuple[dt.date | None, dt.date | None] | None = None

    @property
    def label(self) -> str:
        """The name in messages and in the quarantine: the file's, the table's, or "frame"."""
        if isinstance(self.data, str | Path):
            return label_of(self.data)
        return self.data.label if isinstance(self.data, Openable) else "frame"


@dataclass(frozen=True)
class Part:
    """Rows of one file or frame, from its row `first` on: `names` are all of its columns, `table` those wanted.

    `typed` is False where all is text, as from CSV.
    """

    label: str
    names: tuple[str, ...]
    table: pa.Table
    typed: bool = True
    first: int = 0


@dataclass(frozen=True)
class Opened:
    """One file, frame or table: its columns, and readers of its rows, a run each, that may be called side by side.

    `runs` may itself read on as it is gone through. `rows` is how many there are; of a CSV file, a guess by its size.
    """

    label: str
    names: tuple[str, ...]
    schema: pa.Schema
    runs: Iterable[Callable[[], Part]]
    rows: int

    def whole(self) -> Part:
        """All rows as one part."""
        parts = [run() for run in self.runs]
        if len(parts) == 1:
            return parts[0]
        # decimals of one column may have been read with more digits in one run than in another
        tables = pa.concat_tables([one.table for one in parts], promote_options="permissive")
        return replace(parts[0], table=tables)


def opened(
    source: Source,
    wanted: frozenset[str] | None,
    words: frozenset[str] = frozenset(),
    span: Span | None = None,
) -> Iterator[Opened]:
    """A source's files, frame or table; of their columns only those wanted (None: all), those in `words` as
    dictionaries where that is quicker, and rows of a `span` alone where that is quicker.

    Raises InputError where there is nothing to read or it cannot be read, SchemaError where a column is no column.
    """
    data: Any = source.data
    if isinstance(data, str | Path):
        for file in files_of(data):
            yield _named(file, partial(_open_file, file, wanted, words, span))
    elif isinstance(data, Openable):
        yield data.opened(wanted, span)
    elif hasattr(data, "__arrow_c_stream__"):
        yield _frame(source.label, _from_frame(data), wanted)
    elif isinstance(data, Sequence) and all(isinstance(row, Mapping) for row in data):
        yield _frame(source.label, _from_dicts(data), wanted)
    else:
        raise InputError(
            f"a source of type {type(data).__name__} cannot be read; give a path, a URL, a DatabaseTable, a frame "
            f"(pandas, Polars, Arrow) or a list of dicts"
        )


def _frame(label: str, table: pa.Table, wanted: frozenset[str] | None) -> Opened:
    names = _unique(label, table.column_names)
    table = table.select(_select(names, wanted))
    if table.num_rows <= RUN:
        return Opened(label, names, table.schema, (partial(Part, label, names, table),), table.num_rows)
    firsts = range(0, table.num_rows, RUN)
    runs = [partial(Part, label, names, table.slice(first, RUN), first=first) for first in firsts]
    return Opened(label, names, table.schema, tuple(runs), table.num_rows)


def _select(names: Iterable[str], wanted: frozenset[str] | None) -> list[str]:
    return [name for name in names if wanted is None or name in wanted]


def _unique(label: str, names: Sequence[str]) -> tuple[str, ...]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SchemaError(f"{label}: column '{twice}' occurs {names.count(twice)} times; rename or drop the others")
    return tuple(names)


def _named(file: File, read: Callable[[], T]) -> T:
    """What reading the file gives, or an error that names it."""
    try:
        return read()
    except _READ_ERRORS as error:
        # Arrow's own message may quote a row, and with it a borrower.
        raise InputError(f"{file.where}: {_why(error)}") from None


def _open_file(file: File, wanted: frozenset[str] | None, words: frozenset[str], span: Span | None) -> Opened:
    return _open_parquet(file, wanted, words, span) if file.suffix == ".parquet" else _open_csv(file, wanted)


def _with_partitions(file: File, names: Sequence[str]) -> tuple[str, ...]:
    """A file's columns, and those that its folders' names make and it lacks."""
    return _unique(file.label, [*names, *(name for name, _ in file.partitions if name not in names)])


def _filled(file: File, table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """The columns, in this order, those that the file lacks filled from its folders' names."""
    for name, value in file.partitions:
        if name in columns and name not in table.column_names:
            table = table.append_column(name, pa.repeat(pa.scalar(value, pa.string()), table.num_rows))
    return table.select(columns)


def _open_parquet(file: File, wanted: frozenset[str] | None, words: frozenset[str], span: Span | None) -> Opened:
    with pq.ParquetFile(file.path, filesystem=file.system) as parquet:
        schema, metadata = parquet.schema_arrow, parquet.metadata
    names = _with_partitions(file, schema.names)
    columns = _select(names, wanted)
    own = [name for name in columns if name in schema.names]
    texts = [name for name in own if name in words and pa.types.is_string(schema.field(name).type)]

    def read(groups: list[int], first: int) -> Part:
        with pq.ParquetFile(file.path, filesystem=file.system, metadata=metadata, read_dictionary=texts) as parquet:
            table = parquet.read_row_groups(groups, columns=own, use_threads=False)
        return Part(file.label, names, _filled(file, _in_units(table), columns), first=first)

    runs = [partial(_named, file, partial(read, *rows)) for rows in _spans(metadata, span)]
    kinds = pa.schema([schema.field(name) if name in own else pa.field(name, pa.string()) for name in columns])
    return Opened(file.label, names, kinds, tuple(runs), metadata.num_rows)


def _spans(metadata: pq.FileMetaData, span: Span | None) -> Iterator[tuple[list[int], int]]:
    """Row groups in runs of enough rows, and each run's first row; a run ends at a group that holds none of a span."""
    groups: list[int] = []
    first = rows = given = 0
    for group in range(metadata.num_row_groups):
        needed = span is None or may_hold(metadata.row_group(group), span)
        if needed:
            groups.append(group)
            rows += metadata.row_group(group).num_rows
        if groups and (rows >= RUN or not needed):
            yield groups, first
            groups, first, rows, given = [], first + rows, 0, given + 1
        if not needed:
            first += metadata.row_group(group).num_rows
    if groups or not given:
        yield groups, first


def _open_csv(file: File, wanted: frozenset[str] | None) -> Opened:
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    with file.system.open_input_stream(file.path) as stream, pa.csv.open_csv(stream, parse_options=parse) as reader:
        own = _unique(file.label, reader.schema.names)
    names = _with_partitions(file, own)
    columns = _select(names, wanted)

    def read() -> Part:
        convert = pa.csv.ConvertOptions(
            include_columns=[name for name in columns if name in own],
            column_types=dict.fromkeys(own, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        )
        with file.system.open_input_stream(file.path) as stream:
            table = pa.csv.read_csv(stream, parse_options=parse, convert_options=convert)
        return Part(file.label, names, _filled(file, table, columns), typed=False)

    schema = pa.schema([(name, pa.string()) for name in columns])
    return Opened(file.label, names, schema, (partial(_named, file, read),), _guess(file))


def _guess(file: File) -> int:
    squeezed = _SQUEEZED if file.suffix == ".csv.gz" else 1
    return file.size * squeezed // _BYTES_A_ROW


def _why(error: Exception) -> str:
    """The reason and the fix, without the file's content."""
    text = str(error)
    ragged = re.search(r"(Row #\d+: )?Expected \d+ columns, got \d+", text)
    if ragged:
        return f"a row of the wrong length ({ragged[0]}); quote fields that hold commas, or remove the row"
    if "Empty CSV file" in text:
        return "the file is empty; expected a line of column names at least"
    if isinstance(error, UnicodeDecodeError) or "UTF8" in text:
        return "not UTF-8; convert it first, as with iconv -f GB18030 -t UTF-8"
    if "AWS Error" in text:
        return lost_store(error)
    return f"cannot be read ({type(error).__name__}); the file is damaged or not of the format that its name says"


def _from_frame(frame: Frame) -> pa.Table:
    """A frame as a table; pandas' unnamed index is not a column."""
    try:
        table = pa.RecordBatchReader.from_stream(frame).read_all()
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SchemaError(
            f"frame: cannot be read as an Arrow table ({type(error).__name__}); give every column one type"
        ) from None
    return _in_units(table.drop_columns([name for name in table.column_names if _PANDAS_INDEX.fullmatch(name)]))


def _in_units(table: pa.Table) -> pa.Table:
    """Columns that loading made fixed point, as decimals: what was loaded once loads the same again."""
    for i, column in enumerate(table.schema):
        decimals = (column.metadata or {}).get(FIXED_POINT)
        if decimals is not None and column.type == pa.int64():
            unit = pa.scalar(Decimal(1).scaleb(-int(decimals)))
            table = table.set_column(i, column.name, pc.multiply(table.column(i).cast(pa.decimal128(19, 0)), unit))
    return table


def _from_dicts(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: _from_objects(name, [row.get(name) for row in rows]) for name in names})


def _from_objects(name: str, values: list[Any]) -> pa.Array:
    try:
        return pa.array(_times_as_text(values) if _mixes_times(values) else values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        if any(type(value) is int and not -(2**63) <= value < 2**63 for value in values):
            raise SchemaError(
                f"frame: column '{name}' has an integer beyond 64 bits; correct it, or give text"
            ) from None
        types = sorted({type(value).__name__ for value in values if value is not None})
        raise SchemaError(f"frame: column '{name}' mixes {', '.join(types)}; give it one type in all rows") from None


def _mixes_times(values: list[Any]) -> bool:
    """Whether dates, times with a zone, times without and others meet: Arrow would take them all for the first sort."""
    if not any(isinstance(value, dt.date) for value in values):
        return False
    sorts = {(type(value), getattr(value, "tzinfo", None) is None) for value in values if value is not None}
    return len(sorts) > 1


def _times_as_text(values: list[Any]) -> list[Any]:
    return [value.isoformat() if isinstance(value, dt.date) else value for value in values]
