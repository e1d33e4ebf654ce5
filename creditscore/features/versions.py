"""Versions of an event: which one is superseded, and when."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.compiled import compiled
from creditscore.events.hashing import hashes, text_buffers

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

NEVER = np.iinfo(np.int64).max


def superseded(ids: pa.ChunkedArray, rows: Ints, platform: Ints, recorded: Ints, starts: Ints) -> Ints:
    """When the next version of the same event (of one borrower, platform and id) was recorded; NEVER for the last.

    `rows` are the places of the events' ids in `ids`; they and all others are in the order of events by borrower, and
    `platform` holds codes.
    """
    texts = ids.cast(pa.large_string())
    offsets, data = text_buffers(texts)
    out = np.full(len(recorded), NEVER)
    _fill(hashes(texts)[rows], rows, offsets, data, platform, recorded, starts, out)
    return out


@compiled
def _fill(
    hashes: Words, rows: Ints, offsets: Ints, data: Bytes, platform: Ints, recorded: Ints, starts: Ints, out: Ints
) -> None:
    """Events of equal hash lie side by side once a borrower's are sorted by it; equal ids among them are versions."""
    for b in range(len(starts) - 1):
        first, last = starts[b], starts[b + 1]
        order = first + np.argsort(hashes[first:last])
        for i in range(len(order)):
            for j in range(i + 1, len(order)):
                if hashes[order[i]] != hashes[order[j]]:
                    break
                if platform[order[i]] == platform[order[j]] and _equal(offsets, data, rows[order[i]], rows[order[j]]):
                    _supersede(order[i], order[j], recorded, out)


@compiled
def _supersede(one: int, other: int, recorded: Ints, out: Ints) -> None:
    """The earlier of two versions ends when the later one begins, unless another came between."""
    earlier, later = (one, other) if recorded[one] < recorded[other] else (other, one)
    out[earlier] = min(out[earlier], recorded[later])


@compiled
def _equal(offsets: Ints, data: Bytes, one: int, other: int) -> bool:
    return bool(np.array_equal(data[offsets[one] : offsets[one + 1]], data[offsets[other] : offsets[other + 1]]))
