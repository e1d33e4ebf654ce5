"""Events by borrower, then time: a counting sort, and a merge sort of each borrower's own events where they need it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled

Ints = npt.NDArray[np.int64]


@compiled
def group(owner: Ints, time: Ints, borrowers: int) -> tuple[Ints, Ints]:
    """The rows whose owner is a borrower (0 …, −1 nobody's), by borrower and then time, ties in their own order; and
    where each borrower's begin, int64[borrowers + 1].
    """
    starts = np.zeros(borrowers + 1, np.int64)
    for b in owner:
        if b >= 0:
            starts[b + 1] += 1
    for b in range(borrowers):
        starts[b + 1] += starts[b]
    place = starts[:-1].copy()
    rows = np.empty(starts[borrowers], np.int64)
    for row in range(len(owner)):
        b = owner[row]
        if b >= 0:
            rows[place[b]] = row
            place[b] += 1
    for b in range(borrowers):
        _sort(rows[starts[b] : starts[b + 1]], time)
    return rows, starts


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


@compiled
def _sort(rows: Ints, time: Ints) -> None:
    """Sort one borrower's rows by time in place, stably; most exports come sorted."""
    for i in range(1, len(rows)):
        if time[rows[i]] < time[rows[i - 1]]:
            rows[:] = rows[np.argsort(time[rows], kind="mergesort")]
            return
