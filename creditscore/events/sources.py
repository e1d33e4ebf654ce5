"""Where rows come from: files, folders, patterns, frames and lists of dicts, each read as a labelled Arrow table."""

from __future__ import annotations

import datetime as dt
import glob
import re
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
from creditscore.events.schema import FIXED_POINT

SUFFIXES = (".parquet", ".csv", ".csv.gz")
T = TypeVar("T")

# Rows that are read and cleaned at once: few enough that their memory is used again.
_RUN = 200_000
# How long a row of CSV is, and how far gzip squeezes it, more or less.
_BYTES_A_ROW, _SQUEEZED = 80, 6
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")
_READ_ERRORS = (pa.ArrowException, OSError, UnicodeDecodeError)


class Frame(Protocol):
    """Any frame that speaks Arrow's C stream: pandas, Polars, DuckDB, Arrow itself."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Data = str | Path | Frame | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Source:
    """One platform's rows for one table, and how its names and values map onto the contract.

    `data` is a Parquet or CSV file (`.csv.gz` too), a folder of them, a pattern such as `bills/*.csv`, a frame, or a
    list of dicts. CSV fields are read as text, so that ids keep their leading zeros; an empty one is missing.

    `columns` maps a contract's column to the source's, or to several whose texts are joined by " | " (a missing one as
    empty text, all of them missing as missing). `values` maps a source's values, as text, to the contract's, column by
    column; a value not named there passes unchanged. `constants` fill columns that the source lacks, and `platform`
    that of the same name. `timezone` is the zone of times without one, and of the hours of the day of all;
    `time_format` is the strptime format of times given as text, where they are not ISO 8601.
    """

    data: Data
    platform: str | None = None
    columns: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str | int | None]] = field(default_factory=dict)
    constants: Mapping[str, str | int | float] = field(default_factory=dict)
    timezone: str | None = None
    time_format: str | None = None

    @property
    def label(self) -> str:
        """The name in messages and in the quarantine: the file's, or "frame"."""
        return Path(self.data).name if isinstance(self.data, str | Path) else "frame"


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
    """One file or frame: its columns, and readers of its rows, a run each, that may be called side by side.

    `rows` is how many there are; of a CSV file, a guess by its size.
    """

    label: str
    names: tuple[str, ...]
    schema: pa.Schema
    runs: tuple[Callable[[], Part], ...]
    rows: int

    def whole(self) -> Part:
        """All rows as one part."""
        parts = [run() for run in self.runs]
        return parts[0] if len(parts) == 1 else replace(parts[0], table=pa.concat_tables([one.table for one in parts]))


def opened(source: Source, wanted: frozenset[str] | None, words: frozenset[str] = frozenset()) -> Iterator[Opened]:
    """A source's files or frame; of their columns only those wanted (None: all), those in `words` as dictionaries
    where that is quicker.

    Raises InputError where there is nothing to read or it cannot be read, SchemaError where a column is no column.
    """
    data: Any = source.data
    if isinstance(data, str | Path):
        for path in files_of(data):
            yield _named(path, partial(_open_file, path, wanted, words))
    elif hasattr(data, "__arrow_c_stream__"):
        yield _frame(source.label, _from_frame(data), wanted)
    elif isinstance(data, Sequence) and all(isinstance(row, Mapping) for row in data):
        yield _frame(source.label, _from_dicts(data), wanted)
    else:
        raise InputError(
            f"a source of type {type(data).__name__} cannot be read; give a path, a frame (pandas, Polars, Arrow) or a "
            f"list of dicts"
        )


def _frame(label: str, table: pa.Table, wanted: frozenset[str] | None) -> Opened:
    names = _unique(label, table.column_names)
    table = table.select(_select(names, wanted))
    if table.num_rows <= _RUN:
        return Opened(label, names, table.schema, (partial(Part, label, names, table),), table.num_rows)
    firsts = range(0, table.num_rows, _RUN)
    runs = [partial(Part, label, names, table.slice(first, _RUN), first=first) for first in firsts]
    return Opened(label, names, table.schema, tuple(runs), table.num_rows)


def _select(names: Iterable[str], wanted: frozenset[str] | None) -> list[str]:
    return [name for name in names if wanted is None or name in wanted]


def _unique(label: str, names: Sequence[str]) -> tuple[str, ...]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SchemaError(f"{label}: column '{twice}' occurs {names.count(twice)} times; rename or drop the others")
    return tuple(names)


def files_of(data: str | Path) -> list[Path]:
    path = Path(data)
    if path.is_dir():
        return _of_one_suffix(path, _in_folder(path))
    if path.exists():
        return _of_one_suffix(path, [path])
    if not glob.has_magic(str(data)):
        raise InputError(
            f"{path}: no such file or folder; give a {', '.join(SUFFIXES)} file, a folder of them, or a pattern"
        )
    return _of_one_suffix(path, [Path(name) for name in sorted(glob.glob(str(data), recursive=True))])  # noqa: PTH207


def _in_folder(folder: Path) -> list[Path]:
    """A folder's files by name, less hidden ones and markers such as _SUCCESS."""
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "_")))
    if any(entry.is_dir() for entry in entries):
        raise InputError(f"{folder}: holds folders, which would go unread; give a pattern, as '{folder}/**/*.parquet'")
    return entries


def _of_one_suffix(where: Path, files: list[Path]) -> list[Path]:
    if not files:
        raise InputError(f"{where}: no files there; expected {', '.join(SUFFIXES)}")
    suffixes = sorted({_suffix(file) for file in files})
    unknown = [suffix for suffix in suffixes if suffix not in SUFFIXES]
    if unknown or len(suffixes) > 1:
        raise InputError(
            f"{where}: got files of {', '.join(suffixes)}; expected one of {', '.join(SUFFIXES)}; move the others away "
            f"or give a pattern"
        )
    return files


def _suffix(path: Path) -> str:
    """The suffix in lower case; of two where the last says only that it is compressed."""
    end = 2 if path.suffix.lower() == ".gz" else 1
    return "".join(path.suffixes[-end:]).lower() or "no suffix"


def _named(path: Path, read: Callable[[], T]) -> T:
    """What reading the file gives, or an error that names it."""
    try:
        return read()
    except _READ_ERRORS as error:
        # Arrow's own message may quote a row, and with it a borrower.
        raise InputError(f"{path}: {_why(error)}") from None


def _open_file(path: Path, wanted: frozenset[str] | None, words: frozenset[str]) -> Opened:
    return _open_parquet(path, wanted, words) if _suffix(path) == ".parquet" else _open_csv(path, wanted)


def _open_parquet(path: Path, wanted: frozenset[str] | None, words: frozenset[str]) -> Opened:
    with pq.ParquetFile(path) as file:
        schema, metadata = file.schema_arrow, file.metadata
    names = _unique(path.name, schema.names)
    columns = _select(names, wanted)
    texts = [name for name in columns if name in words and pa.types.is_string(schema.field(name).type)]

    def read(groups: list[int], first: int) -> Part:
        with pq.ParquetFile(path, metadata=metadata, read_dictionary=texts) as file:
            table = file.read_row_groups(groups, columns=columns, use_threads=False)
        return Part(path.name, names, _in_units(table), first=first)

    runs = [partial(_named, path, partial(read, *span)) for span in _spans(metadata)]
    return Opened(path.name, names, pa.schema([schema.field(name) for name in columns]), tuple(runs), metadata.num_rows)


def _spans(metadata: pq.FileMetaData) -> Iterator[tuple[list[int], int]]:
    """Row groups in runs of enough rows, and each run's first row."""
    groups: list[int] = []
    first = rows = 0
    for group in range(metadata.num_row_groups):
        groups.append(group)
        rows += metadata.row_group(group).num_rows
        if rows >= _RUN:
            yield groups, first
            groups, first, rows = [], first + rows, 0
    if groups or not first:
        yield groups, first


def _open_csv(path: Path, wanted: frozenset[str] | None) -> Opened:
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    with pa.csv.open_csv(path, parse_options=parse) as reader:
        names = _unique(path.name, reader.schema.names)
    columns = _select(names, wanted)

    def read() -> Part:
        convert = pa.csv.ConvertOptions(
            include_columns=columns,
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        )
        return Part(path.name, names, pa.csv.read_csv(path, parse_options=parse, convert_options=convert), typed=False)

    schema = pa.schema([(name, pa.string()) for name in columns])
    return Opened(path.name, names, schema, (partial(_named, path, read),), _guess(path))


def _guess(path: Path) -> int:
    squeezed = _SQUEEZED if path.suffix.lower() == ".gz" else 1
    return path.stat().st_size * squeezed // _BYTES_A_ROW


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
