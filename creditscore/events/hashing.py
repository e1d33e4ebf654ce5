"""Numbers that are equal where values are, to find the few rows that need a closer look."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.compiled import compiled

Ints = npt.NDArray[np.int64]
Offsets = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

# Fowler, Noll and Vo's prime of 64 bits.
_PRIME = np.uint64(0x100000001B3)


def hashes(values: pa.ChunkedArray) -> Words:
    """A hash of each value, uint64: of a text its bytes', of another type its number itself; 0 for a missing one."""
    if pa.types.is_dictionary(values.type):
        return np.concatenate([np.empty(0, np.uint64), *(_of_words(chunk) for chunk in values.chunks)])
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return np.concatenate([np.empty(0, np.uint64), *(_hash_texts(*text_buffers(one)) for one in values.chunks)])
    whole = values.cast(pa.int64()).fill_null(0).combine_chunks()
    return np.asarray(whole.to_numpy(zero_copy_only=False)).view(np.uint64)


def _of_words(chunk: pa.DictionaryArray) -> Words:
    words = np.append(_hash_texts(*text_buffers(chunk.dictionary)), np.uint64(0))
    return np.asarray(words[chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)])


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


def text_buffers(texts: pa.Array) -> tuple[Any, Bytes]:
    """Arrow's own buffers: text i is data[offsets[i]:offsets[i + 1]]."""
    _, offsets, data = texts.buffers()
    kind: Any = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    if offsets is None:
        return np.zeros(1, kind), np.empty(0, np.uint8)
    own: Any = np.frombuffer(offsets, kind)[texts.offset : texts.offset + len(texts) + 1]
    return own, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


@compiled
def _hash_texts(offsets: Ints | Offsets, data: Bytes) -> Words:
    out = np.empty(len(offsets) - 1, np.uint64)
    for i in range(len(out)):
        out[i] = hash_of(data, offsets[i], offsets[i + 1])
    return out


@compiled
def hash_of(data: Bytes, first: int, last: int) -> np.uint64:
    """A hash of data[first:last], by eight bytes at once."""
    code = mixed(np.uint64(last - first))
    at = np.int64(first)
    while at < last:
        code = mixed(code ^ word_at(data, at, min(8, last - at)))
        at += 8
    return np.uint64(code)


@compiled
def word_at(data: Bytes, first: int, length: int) -> np.uint64:
    """Up to eight bytes as one number, the first the lowest."""
    word = np.uint64(0)
    if length == 8:
        for i in range(8):
            word |= np.uint64(data[first + i]) << np.uint64(8 * i)
        return word
    for i in range(length):
        word |= np.uint64(data[first + i]) << np.uint64(8 * i)
    return word


@compiled
def mixed(code: np.uint64) -> np.uint64:
    """Each bit spread over all, one number for another, as splitmix64 does (Steele, Lea and Flood 2014)."""
    code += np.uint64(0x9E3779B97F4A7C15)
    code = (code ^ (code >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    code = (code ^ (code >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.uint64(code ^ (code >> np.uint64(31)))
