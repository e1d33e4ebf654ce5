"""Versions of an event: which one is superseded, and when."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.compiled import compiled
from creditscore.events.hashing import hashes, text_buffers
from creditscore.features.columns import NEVER

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]


class Ids(NamedTuple):
    """A table's event ids as text: id i is data[offsets[i]:offsets[i + 1]], and its hash."""

    hashes: Words
    offsets: Ints
    data: Bytes


def ids_of(column: pa.ChunkedArray) -> Ids:
    """Event ids, whole numbers too, as text."""
    texts = column.cast(pa.large_string()).combine_chunks()
    return Ids(hashes(pa.chunked_array([texts])), *text_buffers(texts))


@compiled
def superseded(ids: Ids, rows: Ints, platform: Ints, recorded: Ints, starts: Ints) -> Ints:
    """When the next version of the same event (of one borrower, platform and id) was recorded; NEVER for the last.

    `rows` are the places of the events' ids in `ids`; they and all others are in the order of events by borrower, and
    `platform` holds codes. Events of equal hash lie side by side once a borrower's are sorted by it; equal ids among
    them are versions.
    """
    until = np.full(len(rows), NEVER)
    for b in range(len(starts) - 1):
        own = rows[starts[b] : starts[b + 1]]
        order = starts[b] + np.argsort(ids.hashes[own])
        for i in range(len(order)):
            for j in range(i + 1, len(order)):
                one, other = order[i], order[j]
                if ids.hashes[rows[one]] != ids.hashes[rows[other]]:
                    break
                if platform[one] == platform[other] and _equal(ids, rows[one], rows[other]):
                    _supersede(one, other, recorded, until)
    return until


@compiled
def _supersede(one: int, other: int, recorded: Ints, until: Ints) -> None:
    """The earlier of two versions ends when the later one begins, unless another came between.

    Of two recorded at once, which tell their category otherwise, the one that comes first counts.
    """
    first, second = min(one, other), max(one, other)
    earlier, later = (first, second) if recorded[first] < recorded[second] else (second, first)
    until[earlier] = min(until[earlier], recorded[later])


@compiled
def _equal(ids: Ids, one: int, other: int) -> bool:
    first = ids.data[ids.offsets[one] : ids.offsets[one + 1]]
    second = ids.data[ids.offsets[other] : ids.offsets[other + 1]]
    return bool(np.array_equal(first, second))
