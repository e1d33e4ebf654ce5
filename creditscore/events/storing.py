"""Sources → a store: each run is read, cleaned, parted by bucket and written, so that few are in memory at once."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pyarrow as pa

from creditscore.atomic import write_whole
from creditscore.errors import InputError
from creditscore.events.encode import as_dictionary, by_appearance, in_one, indices
from creditscore.events.join import encoded, with_ids, words_for
from creditscore.events.load import Given, readers_of, rows_of
from creditscore.events.progress import Counted, Progress
from creditscore.events.quarantine import check_limit, tactful
from creditscore.events.runs import Origin, Readers, Run, side_by_side
from creditscore.events.schema import CONTRACT, NO_QUARANTINE, TableContract
from creditscore.events.slices import append
from creditscore.events.store import (
    QUARANTINE,
    PartFacts,
    Store,
    StoreFacts,
    TableFacts,
    bucket_file,
    columns_file,
    is_store,
    numbers_of,
    open_store,
)

# Rows that a bucket is to have, about; fewer buckets would not share the work well, more be too many open files.
_ROWS_A_BUCKET, _FEWEST, _MOST = 1_500_000, 16, 400
# Rows that share a slice's words, at least, but for the last of a bucket's file: fewer take more room, and longer.
_ROWS_A_SLICE = 8_192


def store_events(
    folder: str | Path,
    *,
    transactions: Given | None = None,
    trips: Given | None = None,
    obligations: Given | None = None,
    applications: Given | None = None,
    currency: str | None = None,
    timezone: str | None = None,
    quarantine_limit: float = 0.01,
    progress: Progress | None = None,
) -> Store:
    """Write what `load_events` would read into a store, or add it to the one that is there; memory holds a few runs.

    The events are those that `load_events` gives for all sources ever added. One process may add at a time; where it
    fails nothing is added. Duplicates are dropped on reading, so that `quarantine_limit` is for other bad rows.

    Raises what `load_events` does, and InputError where the folder holds other things or another currency.
    """
    given = {"transactions": transactions, "trips": trips, "obligations": obligations, "applications": applications}
    asked = readers_of(given, timezone)
    before = _before(Path(folder), currency, rows_of(asked))
    with _new_part(before) as part:
        added = _write(part, before.facts.buckets, asked, quarantine_limit, progress)
        _to_disk(part)
        facts = replace(before.facts, parts=(*before.facts.parts, PartFacts(part.name, added)))
        write_whole(before.folder / "store.json", facts.to_json())
    return Store(before.folder, facts)


@contextmanager
def temporary_store(
    *,
    currency: str | None = None,
    timezone: str | None = None,
    quarantine_limit: float = 0.01,
    progress: Progress | None = None,
    **given: Given | None,
) -> Iterator[Store]:
    """A store of what `store_events` takes, in a folder for temporary files that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="creditscore-") as folder:
        asked = readers_of(given, timezone)
        before = _before(Path(folder), currency, rows_of(asked))
        with _new_part(before) as part:
            added = _write(part, before.facts.buckets, asked, quarantine_limit, progress)
            yield Store(before.folder, replace(before.facts, parts=(PartFacts(part.name, added),)))


def _before(folder: Path, currency: str | None, rows: int) -> Store:
    """The store that is there, or a new one for about so many rows."""
    if not is_store(folder):
        if folder.exists() and any(not entry.name.startswith("part-") for entry in folder.iterdir()):
            raise InputError(f"{folder}: holds other files and no store; give an empty folder, or a store's")
        folder.mkdir(parents=True, exist_ok=True)
        return Store(folder, StoreFacts(min(max(_FEWEST, rows // _ROWS_A_BUCKET), _MOST), currency))
    store = open_store(folder)
    if currency is not None and store.currency not in (None, currency):
        raise InputError(f"{folder}: the store's currency is {store.currency}, got {currency}; write another store")
    return replace(store, facts=replace(store.facts, currency=currency or store.currency))


@contextmanager
def _new_part(store: Store) -> Iterator[Path]:
    """A new part's folder, on disk when it ends well and gone when it fails; what an earlier crash left is removed."""
    known = {part.name for part in store.facts.parts}
    for stray in (entry for entry in store.folder.glob("part-*") if entry.name not in known):
        shutil.rmtree(stray)
    part = store.folder / f"part-{len(known) + 1:04}"
    part.mkdir()
    try:
        yield part
    except BaseException:
        shutil.rmtree(part)
        raise


def _write(
    part: Path, buckets: int, asked: Mapping[str, Readers], limit: float, progress: Progress | None
) -> dict[str, TableFacts]:
    counted = Counted(progress, rows_of(asked))
    added, set_aside = {}, []
    for name, one in asked.items():
        rows, bads = _write_table(part, CONTRACT[name], one, buckets, counted)
        bad = tactful(pa.concat_tables([NO_QUARANTINE.rows, *bads]))
        read = sum(rows) + bad.num_rows
        check_limit(name, bad, read, limit)
        added[name] = TableFacts(tuple(rows), read)
        set_aside.append(bad)
    with pa.OSFile(str(part / QUARANTINE), "wb") as file:
        append(file, pa.concat_tables([NO_QUARANTINE.rows, *set_aside]))
    return added


def _write_table(
    part: Path, contract: TableContract, asked: Readers, buckets: int, counted: Counted
) -> tuple[list[int], list[pa.Table]]:
    """Write the runs' good rows; gives the rows of each bucket, and the bad ones."""
    buckets = buckets if contract.key == "event_id" else 1
    rows, bads, columns = [0] * buckets, [], dict[Any, pa.Table]()

    def work(read: Callable[[], Run]) -> _Parted:
        return _parted(read(), contract, buckets, part.name)

    with _BucketFiles(part, contract.name) as files:
        for run in side_by_side(work, asked.runs):
            for bucket, table in run.tables:
                files.add(bucket, table)
                rows[bucket] += table.num_rows
            if run.tables:
                columns.setdefault(run.columns.schema, run.columns)
            bads.append(run.bad)
            counted.add(run.read)
    with pa.OSFile(str(part / columns_file(contract.name)), "wb") as file:
        for table in columns.values():
            append(file, table)
    return rows, bads


class _BucketFiles:
    """The files of a table's buckets; a bucket's rows wait in memory until they are enough for a slice."""

    def __init__(self, part: Path, name: str) -> None:
        self._part, self._name, self._open = part, name, ExitStack()
        self._files: dict[int, pa.OSFile] = {}
        self._waiting: dict[int, list[pa.Table]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._open:
            for bucket in self._waiting if kind is None else ():
                self._write(bucket)

    def add(self, bucket: int, table: pa.Table) -> None:
        """Rows behind those that the bucket has."""
        waiting = self._waiting.setdefault(bucket, [])
        if waiting and not waiting[0].schema.equals(table.schema):
            self._write(bucket)
        waiting.append(table)
        if sum(one.num_rows for one in waiting) >= _ROWS_A_SLICE:
            self._write(bucket)

    def _write(self, bucket: int) -> None:
        if bucket not in self._files:
            file = pa.OSFile(str(self._part / bucket_file(self._name, bucket)), "wb")
            self._files[bucket] = self._open.enter_context(file)
        if self._waiting[bucket]:
            append(self._files[bucket], _together(self._waiting[bucket]))
            self._waiting[bucket].clear()


def _together(tables: list[pa.Table]) -> pa.Table:
    """Tables of one schema as one, each column in one piece."""
    if len(tables) == 1:
        return tables[0]
    columns = [
        by_appearance(c) if pa.types.is_dictionary(c.type) else in_one(c) for c in pa.concat_tables(tables).columns
    ]
    return pa.Table.from_arrays(columns, schema=tables[0].schema)


def _to_disk(part: Path) -> None:
    """Nothing of a part is left in memory alone when it is listed."""
    for path in part.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())


class _Parted(NamedTuple):
    """A run's rows by bucket, a table of its columns without rows, its bad rows, and how many were read."""

    tables: list[tuple[int, pa.Table]]
    columns: pa.Table
    bad: pa.Table
    read: int


def _parted(run: Run, contract: TableContract, buckets: int, part: str) -> _Parted:
    good = encoded(_with_some_ids(run, part), words_for(contract))
    if contract.key == "event_id":
        good = good.select([name for name in good.column_names if good[name].null_count < len(good)])
    tables = _by_bucket(good, buckets) if buckets > 1 and len(good) else [(0, good)]
    return _Parted([(bucket, table) for bucket, table in tables if len(table)], good.slice(0, 0), run.bad, run.read)


def _with_some_ids(run: Run, part: str) -> pa.Table:
    """Where some events lack their id, one is made; where all do, none is kept, as reading makes them."""
    if "event_id" not in run.good.column_names:
        return run.good
    return with_ids(run.good, Origin(f"{part}/{run.origin.label}", run.origin.rows))


def _by_bucket(table: pa.Table, buckets: int) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each bucket, in their order."""
    table = pa.table({name: _in_one(table[name]) for name in table.column_names})
    owners = as_dictionary(table["borrower_id"])
    bucket_of = numbers_of(owners.dictionary, buckets).astype(np.uint16)[indices(owners)]
    ordered = table.take(pa.array(np.argsort(bucket_of, kind="stable")))
    ends = np.cumsum(np.bincount(bucket_of, minlength=buckets)).tolist()
    for bucket, (first, last) in enumerate(itertools.pairwise([0, *ends])):
        yield bucket, _with_own_words(ordered.slice(first, last - first))


def _in_one(column: pa.ChunkedArray) -> pa.Array:
    return as_dictionary(column) if pa.types.is_dictionary(column.type) else in_one(column)


def _with_own_words(table: pa.Table) -> pa.Table:
    """Dictionaries of more words than rows are cut down to the words that occur."""
    for i, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type) and len(column) and len(column.chunk(0).dictionary) > len(column):
            table = table.set_column(i, table.column_names[i], by_appearance(column))
    return table
