"""Numbers that are equal where values are, to find the few rows that need a closer look."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.compiled import compiled

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

# Fowler, Noll and Vo's hash of 64 bits.
_OFFSET, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


def hashes(values: pa.ChunkedArray) -> Words:
    """A hash of each value, uint64: of a text its bytes', of another type its number itself; 0 for a missing one."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return np.asarray(_hash_texts(*text_buffers(values)))
    whole = values.cast(pa.int64()).fill_null(0).combine_chunks()
    return np.asarray(whole.to_numpy(zero_copy_only=False)).view(np.uint64)


def repeated(keys: list[pa.ChunkedArray]) -> Ints:
    """The rows whose keys' joint hash occurs again: all that agree with another in every key, and hardly any others."""
    joint = np.zeros(len(keys[0]), dtype=np.uint64)
    for key in keys:
        joint = (joint ^ hashes(key)) * _PRIME
    ordered = np.sort(joint)
    again = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(again):
        return np.empty(0, dtype=np.int64)
    near = np.searchsorted(again, joint)
    return np.flatnonzero(again[np.minimum(near, len(again) - 1)] == joint)


def text_buffers(values: pa.ChunkedArray) -> tuple[Ints, Bytes]:
    """Arrow's own buffers: text i is data[offsets[i]:offsets[i + 1]]."""
    texts = values.cast(pa.large_string()).combine_chunks()
    _, offsets, data = texts.buffers()
    if offsets is None:
        return np.zeros(1, np.int64), np.empty(0, np.uint8)
    own = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return own, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


@compiled
def _hash_texts(offsets: Ints, data: Bytes) -> Words:
    out = np.empty(len(offsets) - 1, np.uint64)
    for i in range(len(out)):
        code = _OFFSET
        for at in range(offsets[i], offsets[i + 1]):
            code = (code ^ np.uint64(data[at])) * _PRIME
        out[i] = code
    return out
