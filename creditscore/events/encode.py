"""Texts as numbers of words: dictionaries over a whole column."""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.compiled import compiled
from creditscore.events.hashing import hash_of, mixed, text_buffers, word_at
from creditscore.events.schema import CATEGORY

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]


def indices(encoded: pa.DictionaryArray) -> Codes:
    """Each value's place in the dictionary, missing −1."""
    places = encoded.indices.fill_null(-1) if encoded.null_count else encoded.indices
    return np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int32)


def as_dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """One dictionary over all chunks."""
    if not pa.types.is_dictionary(column.type):
        return _one(column.dictionary_encode())
    if column.num_chunks == 1:
        return column.chunk(0)
    return _joined(column) if _grew(column) else _one(column.unify_dictionaries())


def by_appearance(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """One dictionary over all chunks, of the words that occur, in the order in which they do."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column if _grew(column) else column.unify_dictionaries()
    words = _longest(column)
    codes, place, order = (
        np.empty(len(column), np.int32),
        np.full(len(words), -1, np.int32),
        np.empty(len(words), np.int64),
    )
    first = known = 0
    for chunk in column.chunks:
        known = _renumber(indices(chunk), place, order, known, codes[first : first + len(chunk)])
        first += len(chunk)
    missing = codes < 0 if column.null_count else None
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing), words.take(pa.array(order[:known])))


def _grew(column: pa.ChunkedArray) -> bool:
    """Whether every chunk's dictionary begins the longest one, as those of a Vocabulary do."""
    words = _longest(column)
    return all(chunk.dictionary.equals(words.slice(0, len(chunk.dictionary))) for chunk in column.chunks)


def _longest(column: pa.ChunkedArray) -> pa.Array:
    nothing = pa.array([], column.type.value_type)
    return max((chunk.dictionary for chunk in column.chunks), key=len, default=nothing)


def _one(column: pa.ChunkedArray) -> pa.DictionaryArray:
    joined = column.combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def _joined(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Chunks with the longest of their dictionaries, which the others begin."""
    places = pa.chunked_array([chunk.indices for chunk in column.chunks], pa.int32())
    return pa.DictionaryArray.from_arrays(in_one(places), _longest(column))


def in_one(column: pa.ChunkedArray) -> pa.Array:
    """All chunks as one; numbers through NumPy, which puts large arrays on large pages of memory."""
    kind = column.type
    if column.null_count or column.num_chunks < 2 or not (pa.types.is_integer(kind) or pa.types.is_timestamp(kind)):
        return column.combine_chunks()
    plain = pa.int32() if kind == pa.int32() else pa.int64()
    parts = [chunk.cast(plain).to_numpy(zero_copy_only=False) for chunk in column.chunks]
    return pa.array(np.concatenate(parts)).cast(kind)


@compiled
def _renumber(codes: Codes, place: Codes, order: Ints, known: int, out: Codes) -> int:
    """Number codes by first appearance, in `place` and `order` and on from `known`; return how many are known then."""
    for i in range(len(codes)):
        code = codes[i]
        if code < 0:
            out[i] = -1
            continue
        if place[code] < 0:
            place[code], order[known] = known, code
            known += 1
        out[i] = place[code]
    return known


class Vocabulary:
    """The words of a column whose runs are read side by side, numbered as they come.

    Each run's dictionary is the words known by then, so that the longest one serves all runs.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._words = _empty()

    def encoded(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """Texts or dictionaries of texts as dictionaries of the vocabulary's words."""
        return pa.chunked_array([self._chunk(chunk) for chunk in values.chunks], CATEGORY)

    def _chunk(self, chunk: pa.Array) -> pa.DictionaryArray:
        if pa.types.is_string(chunk.type) and chunk.null_count:
            chunk = chunk.dictionary_encode()
        if pa.types.is_string(chunk.type):
            return pa.DictionaryArray.from_arrays(*self._learn(chunk))
        places, words = self._learn(chunk.dictionary)
        return pa.DictionaryArray.from_arrays(pa.array(places).take(chunk.indices), words)

    def _learn(self, texts: pa.StringArray) -> tuple[Codes, pa.StringArray]:
        """The texts' numbers, and the words known then."""
        codes = np.empty(len(texts), np.int32)
        offsets, data = text_buffers(texts)
        with self._lock:
            done = 0
            while (done := done + _encode(offsets[done:], data, self._words, codes[done:])) < len(texts):
                self._words = _with_room(self._words, int(offsets[done + 1] - offsets[done]))
            size = int(self._words.used[0])
            ends = pa.py_buffer(self._words.offsets[: size + 1].astype(np.int32))
            return codes, pa.Array.from_buffers(pa.string(), size, [None, ends, pa.py_buffer(self._words.data)])


class Words(NamedTuple):
    """Words met so far: word i is data[offsets[i]:offsets[i + 1]]; `used` is how many, int64[1].

    `slots` is a hash table, int64[power of 2, 2]: the word itself where it has at most eight bytes, else its hash; and
    its number beside its length, at most LONG. Half of the slots are free, and marked by −1.
    """

    used: Ints
    slots: Ints
    offsets: Ints
    data: Bytes


_LONG, _AHEAD = 9, 256


def _empty() -> Words:
    return Words(np.zeros(1, np.int64), np.full((16, 2), -1), np.zeros(9, np.int64), np.empty(64, np.uint8))


def _with_room(known: Words, length: int) -> Words:
    """The words with room for as many again, and one of that length; the old arrays stay as they are."""
    slots = np.full((2 * len(known.slots), 2), -1)
    _refill(known.slots, slots)
    offsets = np.zeros(len(known.slots) + 1, np.int64)
    offsets[: len(known.offsets)] = known.offsets
    data = np.empty(2 * (len(known.data) + length), np.uint8)
    data[: len(known.data)] = known.data
    return Words(known.used, slots, offsets, data)


@compiled
def _refill(old: Ints, new: Ints) -> None:
    for i in range(len(old)):
        if old[i, 1] >= 0:
            slot = mixed(np.uint64(old[i, 0])) & np.uint64(len(new) - 1)
            while new[slot, 1] >= 0:
                slot = (slot + np.uint64(1)) & np.uint64(len(new) - 1)
            new[slot] = old[i]


@compiled
def _encode(offsets: Ints, data: Bytes, known: Words, codes: Codes) -> int:
    """Number each text, new ones by first appearance, and add these; return how many were, before room gave out."""
    keys, homes, touched = np.empty(_AHEAD, np.uint64), np.empty(_AHEAD, np.uint64), np.empty(_AHEAD, np.int64)
    last = np.uint64(len(known.slots) - 1)
    for begin in range(0, len(codes), _AHEAD):
        end = min(begin + _AHEAD, len(codes))
        # Touched first, so that the processor waits for many slots of a large table at once.
        for i in range(begin, end):
            first, length = np.int64(offsets[i]), np.int64(offsets[i + 1]) - np.int64(offsets[i])
            key = word_at(data, first, length) if length < _LONG else hash_of(data, first, first + length)
            keys[i - begin], homes[i - begin] = key, mixed(key) & last
            touched[i - begin] = known.slots[homes[i - begin], 1]
        for i in range(begin, end):
            key, slot = keys[i - begin], homes[i - begin]
            first, length = np.int64(offsets[i]), np.int64(offsets[i + 1]) - np.int64(offsets[i])
            while known.slots[slot, 1] >= 0 and not _is(known, slot, key, data, first, length):
                slot = (slot + np.uint64(1)) & last
            if known.slots[slot, 1] < 0 and not _add(known, slot, key, data, first, length):
                return i
            codes[i] = known.slots[slot, 1] >> 4
    return len(codes)


@compiled
def _is(known: Words, slot: int, key: int, data: Bytes, first: int, length: int) -> bool:
    """Whether the word in that slot is the text."""
    if known.slots[slot, 0] != np.int64(key) or known.slots[slot, 1] & 15 != min(length, _LONG):
        return False
    if length < _LONG:
        return True
    word = known.slots[slot, 1] >> 4
    begin = known.offsets[word]
    if known.offsets[word + 1] - begin != length:
        return False
    return bool(np.array_equal(known.data[begin : begin + length], data[first : first + length]))


@compiled
def _add(known: Words, slot: int, key: int, data: Bytes, first: int, length: int) -> bool:
    """Add the text as the next word, if there is room."""
    size = known.used[0]
    begin = known.offsets[size]
    if 2 * size + 2 > len(known.slots) or begin + length > len(known.data):
        return False
    known.slots[slot, 0] = np.int64(key)
    known.slots[slot, 1] = 16 * size + min(length, _LONG)
    for i in range(length):
        known.data[begin + i] = data[first + i]
    known.offsets[size + 1] = begin + length
    known.used[0] = size + 1
    return True
