"""Features of more events than memory holds: a store's, by groups of borrowers, few of them in memory at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import InputError
from creditscore.events.encode import as_dictionary, indices
from creditscore.events.progress import Counted, Progress
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.events.store import Store, numbers_of

Matrix = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# Makes the matrix of the applications in some rows from their borrowers' events, on so many threads.
Work = Callable[[Events, Ints, int], Matrix]

_MIB = 1 << 20
_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": _MIB, "GiB": 1 << 30, "TiB": 1 << 40}
# What an event takes while its group is read and passed over, and what the library takes by itself, more or less.
_BYTES_AN_EVENT, _BYTES_AT_REST = 400, 400 * _MIB
_MOST_PARTS = 64


class _Share(NamedTuple):
    """Into how many groups the borrowers fall, how many of them are in memory at once, and the threads of each."""

    groups: int
    at_once: int
    threads: int


def bytes_of(limit: str | int) -> int:
    """A size in bytes, as "4GiB" or a number. Raises InputError where it is neither.

    >>> bytes_of("1.5GiB")
    1610612736
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]iB|B)?\s*", str(limit))
    if found is None:
        raise InputError(f"memory_limit: expected bytes or a size as '4GiB', got {limit!r:.40}")
    return int(float(found[1]) * _UNITS[found[2] or "B"])


def by_groups(
    work: Work,
    store: Store,
    applications: pa.Table,
    put: Callable[[Ints, Matrix], None],
    result: int,
    *,
    threads: int | None = None,
    memory_limit: str | int | None = None,
    progress: Progress | None = None,
) -> None:
    """The rows of all applications, float64[rows, features] some at a time, from buckets of the store or parts of them.

    `put` is given the rows' numbers, rising, and the rows; what it keeps of them in memory takes `result` bytes. Raises
    InputError where the limit leaves no room beside that.
    """
    share = _share(store, threads or os.cpu_count() or 1, memory_limit, result)
    order, starts = _by_group(applications["borrower_id"], share.groups)
    counted = Counted(progress, sum(store.rows.get(name, 0) for name in EVENT_TABLES))

    def do(group: int) -> int:
        own = order[starts[group] : starts[group + 1]]
        if not len(own):
            return 0
        events = store.group(group, share.groups)
        put(own, work(events, own, share.threads))
        return sum(table.num_rows for name in EVENT_TABLES if (table := events.table(name)) is not None)

    with ThreadPoolExecutor(share.at_once) as pool:
        for done in pool.map(do, range(share.groups)):
            counted.add(done)
    counted.finish()


def buckets_of(store: Store, applications: pa.Table) -> Iterator[tuple[Ints, Events]]:
    """The applications' rows bucket by bucket, int64[rows] each, and the events of that bucket."""
    order, starts = _by_group(applications["borrower_id"], store.facts.buckets)
    for bucket in np.flatnonzero(np.diff(starts)).tolist():
        yield order[starts[bucket] : starts[bucket + 1]], store.group(bucket, store.facts.buckets)


def _share(store: Store, threads: int, limit: str | int | None, result: int) -> _Share:
    """Whole buckets, side by side where the limit allows; else one after another, in as many parts as it takes."""
    buckets, largest = store.facts.buckets, _BYTES_AN_EVENT * max(1, store.largest_bucket)
    if limit is None:
        return _Share(buckets, threads, 1)
    room = bytes_of(limit) - _BYTES_AT_REST - result
    parts = -(-largest // room) if room > 0 else _MOST_PARTS + 1
    if parts > _MOST_PARTS:
        least = (_BYTES_AT_REST + result + largest // _MOST_PARTS) // _MIB + 1
        raise InputError(
            f"memory_limit={limit}: too little, as the features alone take {result // _MIB:,} MiB; give {least:,}MiB "
            f"or more, or ask for fewer features or applications at once"
        )
    at_once = max(1, min(threads, room // largest))
    return _Share(buckets * parts, at_once, threads // at_once)


def _by_group(borrowers: pa.ChunkedArray, groups: int) -> tuple[Ints, Ints]:
    """The applications in the order of their borrowers' groups, and where each group's begin, int64[groups + 1]."""
    ids = as_dictionary(borrowers)
    group = numbers_of(ids.dictionary, groups)[indices(ids)]
    order = np.argsort(group, kind="stable")
    return order, np.searchsorted(group[order], np.arange(groups + 1))
