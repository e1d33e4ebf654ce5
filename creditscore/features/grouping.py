"""Events by borrower, then time: a counting sort, and a merge sort of each borrower's own events where they need it."""

from __future__ import annotations

import itertools
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]


def wanted(place: Ints, oldest: Ints, latest: Ints) -> Ints:
    """Which rows are wanted, int64[codes + 1, 3]: by code the borrower (0 …, −1 nobody), and from when until when.

    Of borrower b the rows with oldest[b] <= time < latest[b], and of those before one, which shows that there are any.
    """
    by_code = np.full((len(place), 3), -1)
    by_code[:, 0] = place
    known = place >= 0
    by_code[known, 1], by_code[known, 2] = oldest[place[known]], latest[place[known]]
    return by_code


def group(codes: Codes, time: Ints, asked: Ints, borrowers: int, pool: Executor, parts: int) -> tuple[Ints, Ints]:
    """The rows `asked` for (see `wanted`), by borrower and then in their own order, and where each borrower's begin,
    int64[borrowers + 1].

    The rows are taken in so many parts at once.
    """
    ends = np.linspace(0, len(codes), parts + 1).astype(np.int64)
    spans = list(itertools.pairwise(ends.tolist()))
    counts = np.zeros((parts, borrowers), np.int64)
    owner = np.empty(len(codes), np.int32)
    list(pool.map(lambda i: _own(codes, time, asked, *spans[i], counts[i], owner), range(parts)))
    starts = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    # Where each part's rows of a borrower go: after those of the parts before it.
    at = starts[:-1] + np.cumsum(counts, axis=0) - counts
    rows = np.empty(starts[-1], np.int64)
    list(pool.map(lambda i: _place(owner, *spans[i], at[i], rows), range(parts)))
    return rows, starts


@compiled
def _own(codes: Codes, time: Ints, asked: Ints, first: int, last: int, counts: Ints, owner: Codes) -> None:
    """Set each wanted row's borrower, −1 for other rows, and count them."""
    shown = np.zeros(len(counts), np.bool_)
    for row in range(first, last):
        code = codes[row]
        b, oldest, latest = asked[code, 0], asked[code, 1], asked[code, 2]
        owner[row] = -1
        if b < 0 or time[row] >= latest:
            continue
        if time[row] < oldest:
            if shown[b]:
                continue
            shown[b] = True
        owner[row] = b
        counts[b] += 1


@compiled
def _place(owner: Codes, first: int, last: int, at: Ints, rows: Ints) -> None:
    """Write each borrower's rows from `at` on, which grows by their number."""
    for row in range(first, last):
        b = owner[row]
        if b >= 0:
            rows[at[b]] = row
            at[b] += 1


@compiled
def put_in_time(starts: Ints, time: Ints, rows: Ints) -> None:
    """Sort each borrower's times, and their rows with them, in place and stably; most exports come sorted."""
    for b in range(len(starts) - 1):
        first, last = starts[b], starts[b + 1]
        for e in range(first + 1, last):
            if time[e] < time[e - 1]:
                order = np.argsort(time[first:last], kind="mergesort")
                rows[first:last] = rows[first:last][order]
                time[first:last] = time[first:last][order]
                break


@compiled
def ties(starts: Ints, time: Ints) -> npt.NDArray[np.bool_]:
    """Which events share their instant with a neighbour of the same borrower."""
    tied = np.zeros(len(time), np.bool_)
    for b in range(len(starts) - 1):
        for e in range(starts[b] + 1, starts[b + 1]):
            if time[e] == time[e - 1]:
                tied[e - 1] = tied[e] = True
    return tied


@compiled
def largest_sum(starts: Ints, values: Ints, missing: int) -> float:
    """The most that a borrower's values could add up to: their largest size times their number."""
    most = 0.0
    for b in range(len(starts) - 1):
        size = 0.0
        for e in range(starts[b], starts[b + 1]):
            if values[e] != missing:
                size = max(size, abs(float(values[e])))
        most = max(most, size * (starts[b + 1] - starts[b]))
    return most
