"""Sources read and cleaned in runs of rows, side by side: each run's good rows, its bad ones, and where they stood."""

from __future__ import annotations

import itertools
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import SchemaError
from creditscore.events.clean import Failure, Reading, clean, further
from creditscore.events.mapping import mapped, span, timed_by, told_as_text, wanted, worded
from creditscore.events.period import Period, check_period, within
from creditscore.events.quarantine import bad_rows
from creditscore.events.schema import NO_QUARANTINE, TableContract
from creditscore.events.sources import Opened, Part, Source, opened
from creditscore.events.times import check_time_format, check_timezone, offset_minutes

T = TypeVar("T")
U = TypeVar("U")


class Origin(NamedTuple):
    """Where rows stood: the label of their source, and their numbers there, int64[rows]."""

    label: str
    rows: npt.NDArray[np.int64]


class Run(NamedTuple):
    """Some rows of a source: `good` with those of the contract's columns that it has, `bad` as in `Quarantine.rows`,
    and where the good ones stood.
    """

    good: pa.Table
    bad: pa.Table
    origin: Origin

    @property
    def read(self) -> int:
        """How many rows were read."""
        return int(self.good.num_rows + self.bad.num_rows)


class _Job(NamedTuple):
    """A file, frame or table, and what reads its rows."""

    source: Source
    opened: Opened
    runs: Iterable[Callable[[], Part]]


class Readers(NamedTuple):
    """What reads and cleans each run of some sources, in their order, to be gone through once; and about how many rows
    they have together.
    """

    runs: Iterable[Callable[[], Run]]
    rows: int


def readers(contract: TableContract, sources: Sequence[Source]) -> Readers:
    """The sources of one table, opened. Raises InputError where there is nothing to read."""
    jobs = [job for source in sources for job in _jobs(source, contract)]
    labels = _labels([job.opened for job in jobs])
    # gone through as it is read: a database's rows come one run after another
    runs = (
        partial(_read, run, label, job.source, contract)
        for job, label in zip(jobs, labels, strict=True)
        for run in job.runs
    )
    return Readers(runs, sum(job.opened.rows for job in jobs))


def _read(run: Callable[[], Part], label: str, source: Source, contract: TableContract) -> Run:
    return _cleaned(replace(run(), label=label), source, contract)


def _jobs(source: Source, contract: TableContract) -> Iterator[_Job]:
    """A source's files or frames, each to be cleaned in as many runs as its types allow."""
    _check_source(source, f"{contract.name} from {source.label}")
    texts = told_as_text(source, contract)
    for one in opened(source, wanted(source, contract), worded(source, contract), span(source, contract)):
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


def side_by_side(work: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
    """Each item's result in their order, made on as many threads as there are cores, few of them ahead."""
    rest = iter(items)
    begin = list(itertools.islice(rest, 2))
    if len(begin) == 1:
        yield work(begin[0])
        return
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        ahead = deque[Future[U]]()
        for item in itertools.chain(begin, rest):
            ahead.append(pool.submit(work, item))
            if len(ahead) > 2 * threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _check_source(source: Source, where: str) -> None:
    if source.timezone is not None:
        check_timezone(source.timezone, where)
    if source.time_format is not None:
        check_time_format(source.time_format, where)
    if source.period is not None:
        check_period(source.period, where)


def _cleaned(part: Part, source: Source, contract: TableContract) -> Run:
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
    rows = part.first + np.arange(n)
    if source.period is not None:
        kept = within(Period(*source.period), columns[timed_by(contract)])
        columns = {name: values.filter(pa.array(kept)) for name, values in columns.items()}
        failures = [failure._replace(rows=failure.rows[kept]) for failure in failures]
        rows = rows[kept]
    return _parted(pa.table(columns), failures, contract.name, Origin(part.label, rows))


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


def _parted(table: pa.Table, failures: list[Failure], name: str, stood: Origin) -> Run:
    """Good rows and bad ones, each bad one with the first of its reasons."""
    if not failures:
        return Run(table, NO_QUARANTINE.rows, stood)
    failures = sorted(failures, key=lambda failure: failure.rank)
    reason = np.full(table.num_rows, -1)
    for i, failure in enumerate(failures):
        reason[(reason < 0) & failure.rows] = i
    bad = np.flatnonzero(reason >= 0)
    reasons = pa.array([failure.reason for failure in failures]).take(pa.array(reason[bad]))
    set_aside = bad_rows(name, [stood.label] * len(bad), stood.rows[bad], reasons)
    return Run(table.filter(pa.array(reason < 0)), set_aside, Origin(stood.label, stood.rows[reason < 0]))
