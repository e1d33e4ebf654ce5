"""Versions of an event: which one is superseded, and when."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.compiled import compiled

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

NEVER = np.iinfo(np.int64).max
# Fowler, Noll and Vo's hash, 64 bits.
_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


def superseded(ids: pa.ChunkedArray, platform: Ints, recorded: Ints, starts: Ints) -> Ints:
    """When the next version of the same event (of one borrower, platform and id) was recorded; NEVER for the last.

    All are in the order of events by borrower; `platform` holds codes.
    """
    offsets, data = _buffers(ids.cast(pa.large_string()).combine_chunks())
    out = np.full(len(recorded), NEVER)
    _fill(_hashes(offsets, data), offsets, data, platform, recorded, starts, out)
    return out


def _buffers(texts: pa.LargeStringArray) -> tuple[Ints, Bytes]:
    """Arrow's own buffers: text i is data[offsets[i]:offsets[i + 1]]."""
    _, offsets, data = texts.buffers()
    if offsets is None:
        return np.zeros(1, np.int64), np.empty(0, np.uint8)
    own = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return own, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


@compiled
def _hashes(offsets: Ints, data: Bytes) -> Ints:
    out = np.empty(len(offsets) - 1, np.int64)
    for i in range(len(out)):
        code = _OFFSET
        for at in range(offsets[i], offsets[i + 1]):
            code = (code ^ np.uint64(data[at])) * _PRIME
        out[i] = np.int64(code)
    return out


@compiled
def _fill(hashes: Ints, offsets: Ints, data: Bytes, platform: Ints, recorded: Ints, starts: Ints, out: Ints) -> None:
    """Events of equal hash lie side by side once a borrower's are sorted by it; equal ids among them are versions."""
    for b in range(len(starts) - 1):
        first, last = starts[b], starts[b + 1]
        order = first + np.argsort(hashes[first:last])
        for i in range(len(order)):
            for j in range(i + 1, len(order)):
                if hashes[order[i]] != hashes[order[j]]:
                    break
                if platform[order[i]] == platform[order[j]] and _equal(offsets, data, order[i], order[j]):
                    _supersede(order[i], order[j], recorded, out)


@compiled
def _supersede(one: int, other: int, recorded: Ints, out: Ints) -> None:
    """The earlier of two versions ends when the later one begins, unless another came between."""
    earlier, later = (one, other) if recorded[one] < recorded[other] else (other, one)
    out[earlier] = min(out[earlier], recorded[later])


@compiled
def _equal(offsets: Ints, data: Bytes, one: int, other: int) -> bool:
    return bool(np.array_equal(data[offsets[one] : offsets[one + 1]], data[offsets[other] : offsets[other + 1]]))
