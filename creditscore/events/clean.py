"""One column of a source as the contract wants it, and which of its rows cannot be had so, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import SchemaError
from creditscore.events.exact import State, fixed_point
from creditscore.events.schema import CATEGORY, Column
from creditscore.events.times import FIRST_TICK, LAST_TICK, instants, with_zone

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

# More different unknown words than this are no vocabulary: names or ids, that may not be shown.
MOST_WORDS_SHOWN = 20
_LONGEST_WORD = 40
_YES, _NO = ("true", "1", "yes"), ("false", "0", "no")
_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"


class Rank(IntEnum):
    """The order in which a row's failings are looked at: the first one is its reason."""

    BORROWER = 0
    TIME = 1
    RANGE = 2
    MISSING = 3
    NUMBER = 4
    UNKNOWN = 5


class Failure(NamedTuple):
    """Rows (a mask) that fail for one reason."""

    rank: Rank
    reason: str
    rows: Bools


Cleaned = tuple[pa.ChunkedArray, list[Failure]]


@dataclass(frozen=True)
class Reading:
    """How a source's values are to be understood, and `where` for messages."""

    where: str
    timezone: str | None = None
    time_format: str | None = None


def clean(column: Column, values: pa.ChunkedArray, reading: Reading) -> Cleaned:
    """A column in the contract's type (categories each chunk with its own words, ids as text or int64), its failures.

    Rows that fail are null or 0 in it. Raises SchemaError where the whole column is of a wrong type.
    """
    if pa.types.is_null(values.type) and column.default is None and not column.required:
        return _chunked(pa.nulls(len(values), column.type)), []
    cleaned, failures = _BY_KIND[column.kind](column, values, reading)
    if column.required and cleaned.null_count:
        failures.append(_missing(column, cleaned, failures))
    return cleaned, [failure for failure in failures if failure.rows.any()]


def plain(values: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    """Dictionaries decoded, text of every layout as `string`, empty text as missing."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        chunks = [_layout(chunk.dictionary).take(chunk.indices) for chunk in values.chunks]
        values = pa.chunked_array(chunks, chunks[0].type if chunks else pa.string())
    if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
        raise SchemaError(f"{where} holds {kind}; expected plain text, numbers or times")
    values = _layout(values)
    if pa.types.is_string(values.type) and pc.any(pc.equal(values, "")).as_py():
        return pc.if_else(pc.equal(values, ""), None, values)
    return values


def words_of(values: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    """Text as dictionaries of plain words; other types plain."""
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        return plain(values, where)
    if not pa.types.is_dictionary(values.type):
        values = _layout(values).dictionary_encode()
    return by_word(lambda words: plain(words, where), values)


def by_word(change: Callable[[pa.ChunkedArray], pa.ChunkedArray], values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Dictionaries with their words changed; words that become one are one, those that become null are missing."""
    return pa.chunked_array([_reworded(change, chunk) for chunk in values.chunks], CATEGORY)


def _reworded(change: Callable[[pa.ChunkedArray], pa.ChunkedArray], values: pa.DictionaryArray) -> pa.DictionaryArray:
    new = change(_chunked(values.dictionary)).combine_chunks()
    words = new.unique().drop_null()
    indices = values.indices.cast(pa.int32())
    if not new.equals(words):
        indices = pc.index_in(new, value_set=words).take(indices)
    return pa.DictionaryArray.from_arrays(indices, words)


def as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Plain values as text; whole numbers without point or exponent, also where they came as floats."""
    if pa.types.is_floating(values.type) and pc.all(pc.equal(pc.trunc(values), values)).as_py():
        values = values.cast(pa.int64(), safe=False)
    return values.cast(pa.string())


def translate(values: pa.ChunkedArray, words: Mapping[str, str | int | None]) -> pa.ChunkedArray:
    """Values as text with those among `words` replaced (None: missing)."""
    if pa.types.is_dictionary(values.type):
        return by_word(lambda known: translate(known, words), values)
    text = as_text(values)
    place = pc.index_in(text, value_set=pa.array(list(words), pa.string()))
    new = pa.array([None if word is None else str(word) for word in words.values()], pa.string())
    return pc.if_else(place.is_valid(), new.take(place.combine_chunks()), text)


def further(values: pa.ChunkedArray, typed: bool) -> pa.ChunkedArray | None:
    """An application's column beyond the contract: numbers and yes/no as float64, text as text; None for other types.

    Untyped text, as from CSV, that reads as numbers (or true/false) throughout counts as such.
    """
    kind = values.type
    if pa.types.is_string(kind):
        return values if typed else _untyped(values)
    if pa.types.is_null(kind) or pa.types.is_boolean(kind) or _is_number(kind):
        return values.cast(pa.float64(), safe=False)
    return None


def _untyped(text: pa.ChunkedArray) -> pa.ChunkedArray:
    if pc.all(pc.match_substring_regex(text, _NUMBER)).as_py() is not False:
        return text.cast(pa.float64())
    if set(pc.utf8_lower(text).unique().to_pylist()) <= {"true", "false", None}:
        return text.cast(pa.bool_()).cast(pa.float64())
    return text


def _missing(column: Column, cleaned: pa.ChunkedArray, failures: list[Failure]) -> Failure:
    rank = Rank.TIME if column.kind == "time" else Rank.BORROWER if column.name == "borrower_id" else Rank.MISSING
    rows = _mask(cleaned.is_null())
    for failure in failures:
        rows = rows & ~failure.rows
    return Failure(rank, f"{column.name} missing", rows)


def _id(column: Column, values: pa.ChunkedArray, reading: Reading) -> Cleaned:
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_null(kind):
        return values.cast(pa.string()), []
    if not _is_number(kind):
        raise _wrong_type(column, values, reading, "text or whole numbers")
    values = _nan_as_missing(values)
    if not pa.types.is_integer(kind) and pc.all(pc.equal(pc.trunc(values), values)).as_py() is False:
        raise _wrong_type(column, values, reading, "text or whole numbers")
    try:
        return values.cast(pa.int64()), []
    except pa.ArrowInvalid:
        return as_text(values), []


def _time(column: Column, values: pa.ChunkedArray, reading: Reading) -> Cleaned:
    read = instants(values, reading.time_format)
    if read is None:
        raise _wrong_type(column, values, reading, "timestamps or text; numbers say neither unit nor zone")
    failures = []
    utc, local = read
    if utc.null_count + local.null_count - len(values) > values.null_count:
        unreadable = _mask(values.is_valid()) & _mask(_both_null(utc, local))
        failures.append(Failure(Rank.TIME, f"{column.name} unreadable", unreadable))
    if local.null_count < len(values):
        if reading.timezone is None:
            failures.append(Failure(Rank.TIME, f"{column.name} without a zone", _mask(local.is_valid())))
        else:
            utc = pc.coalesce(utc, with_zone(local, reading.timezone))
    first, last = pc.min_max(utc.cast(pa.int64())).as_py().values()
    if first is not None and (first < FIRST_TICK or last >= LAST_TICK):
        ticks = utc.cast(pa.int64())
        outside = pc.or_(pc.less(ticks, FIRST_TICK), pc.greater_equal(ticks, LAST_TICK)).fill_null(False)
        failures.append(Failure(Rank.RANGE, f"{column.name} before 1900 or after 2199", _mask(outside)))
    return utc, failures


def _category(column: Column, values: pa.ChunkedArray, reading: Reading) -> Cleaned:
    """A dictionary of words; a missing one is the column's default."""
    kind = values.type
    if not pa.types.is_dictionary(kind):
        if not (pa.types.is_null(kind) or pa.types.is_string(kind) or pa.types.is_boolean(kind) or _is_number(kind)):
            raise _wrong_type(column, values, reading, "text")
        values = as_text(_nan_as_missing(values)).dictionary_encode()
    if column.default is not None and values.null_count:
        values = pa.chunked_array([_filled(chunk, column.default) for chunk in values.chunks], CATEGORY)
    return values, _unknown(column, values) if column.values else []


def _filled(values: pa.DictionaryArray, word: str) -> pa.DictionaryArray:
    words = pa.concat_arrays([values.dictionary, pa.array([word])]).unique()
    place = words.index(word).cast(pa.int32())
    return pa.DictionaryArray.from_arrays(values.indices.fill_null(place), words)


def _unknown(column: Column, values: pa.ChunkedArray) -> list[Failure]:
    words = {word for chunk in values.chunks for word in chunk.dictionary.to_pylist()}
    unknown = [] if words <= set(column.values) else _occurring(values, words - set(column.values))
    if len(unknown) > MOST_WORDS_SHOWN:
        return [Failure(Rank.UNKNOWN, unknown_words(column.name), _mask(pc.is_in(_texts(values), pa.array(unknown))))]
    return [
        Failure(
            Rank.UNKNOWN,
            f"unknown {column.name} '{word[:_LONGEST_WORD]}': not one of the contract's values",
            _mask(pc.equal(_texts(values), word).fill_null(False)),
        )
        for word in unknown
    ]


def unknown_words(column: str) -> str:
    """The reason where words are too many to be shown."""
    return f"unknown {column}: not one of the contract's values"


def _occurring(values: pa.ChunkedArray, words: set[str]) -> list[str]:
    return sorted(words & set(_texts(values).unique().to_pylist()))


def _texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.string())


def _fixed(column: Column, values: pa.ChunkedArray, reading: Reading) -> Cleaned:
    """Fixed point, half to even."""
    whole, states = fixed_point(_floats(column, values, reading), column.decimals, column.limit, column.signed)
    if not states.any():
        return _chunked(pa.array(whole)), []
    present = _mask(values.is_valid())
    failures = [
        Failure(Rank.NUMBER, f"{column.name} {what}", (states == state) & present)
        for state, what in _wrong(column).items()
    ]
    return _ints(whole, present & (states == State.GOOD)), failures


def _integer(column: Column, values: pa.ChunkedArray, reading: Reading) -> Cleaned:
    numbers, valid, failures = _numbers(column, values, reading)
    failures.append(Failure(Rank.NUMBER, f"{column.name} not a whole number", numbers != np.rint(numbers)))
    return _ints(np.rint(numbers), valid), failures


def _number(column: Column, values: pa.ChunkedArray, reading: Reading) -> Cleaned:
    numbers, valid, failures = _numbers(column, values, reading)
    return _chunked(pa.array(numbers, mask=~valid)), failures


def _outcome(column: Column, values: pa.ChunkedArray, reading: Reading) -> Cleaned:
    """0, 1 or missing, else SchemaError: rows for training may not be thinned in silence."""
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    numbers = _floats(column, values, reading)
    valid = _mask(values.is_valid())
    wrong = int(np.count_nonzero(valid & (numbers != 0) & (numbers != 1)))
    if wrong:
        raise SchemaError(
            f"{reading.where}: {wrong:,} of {len(values):,} values of '{column.name}' are not 0 (good), 1 (bad) or "
            f"missing (indeterminate); map them under values: {{{column.name}: {{…: 0, …: 1, …: null}}}}"
        )
    return _chunked(pa.array(np.where(valid, numbers, 0).astype(np.int8), mask=~valid)), []


def _flag(column: Column, values: pa.ChunkedArray, reading: Reading) -> Cleaned:
    """Yes or no, as booleans, 1 and 0, or such words; missing is no."""
    kind = values.type
    if not (pa.types.is_boolean(kind) or pa.types.is_null(kind) or pa.types.is_string(kind) or _is_number(kind)):
        raise _wrong_type(column, values, reading, "true or false")
    words = pc.utf8_lower(as_text(_nan_as_missing(values)))
    yes, no = (pc.is_in(words, pa.array(own)) for own in (_YES, _NO))
    unknown = _mask(pc.invert(pc.or_(pc.or_(yes, no), values.is_null())))
    return yes, [Failure(Rank.UNKNOWN, f"{column.name} neither true nor false", unknown)]


_BY_KIND: Mapping[str, Callable[[Column, pa.ChunkedArray, Reading], Cleaned]] = {
    "id": _id,
    "time": _time,
    "category": _category,
    "fixed": _fixed,
    "integer": _integer,
    "number": _number,
    "outcome": _outcome,
    "flag": _flag,
}


def _numbers(column: Column, values: pa.ChunkedArray, reading: Reading) -> tuple[Floats, Bools, list[Failure]]:
    """The numbers of a column (0 where missing or failing), which of them are valid, and the failures."""
    numbers = _floats(column, values, reading)
    present = _mask(values.is_valid())
    size = np.abs(numbers)
    found = (np.isnan(numbers), np.isinf(numbers), (numbers < 0) & (not column.signed), size > column.limit)
    failures = [
        Failure(Rank.NUMBER, f"{column.name} {what}", rows & present)
        for what, rows in zip(_wrong(column).values(), found, strict=True)
    ]
    valid = present & np.isfinite(numbers) & (size <= column.limit)
    return np.where(valid, numbers, 0.0), valid, failures


def _wrong(column: Column) -> Mapping[State, str]:
    return {
        State.NOT_A_NUMBER: "not a number",
        State.INFINITE: "infinite",
        State.BELOW_ZERO: "below zero",
        State.BEYOND: f"beyond {column.limit:,.0f}",
    }


def _floats(column: Column, values: pa.ChunkedArray, reading: Reading) -> Floats:
    """Numbers of any type, or as text, as float64; NaN where missing or not a number."""
    kind = values.type
    if pa.types.is_decimal(kind):
        values = values.cast(pa.string())
    elif not (pa.types.is_string(kind) or pa.types.is_null(kind) or _is_number(kind)):
        raise _wrong_type(column, values, reading, "numbers")
    if pa.types.is_string(values.type):
        values = pc.if_else(pc.match_substring_regex(values, _NUMBER), values, None)
    floats: Floats = values.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy()
    return floats


def _ints(numbers: npt.NDArray[Any], valid: Bools) -> pa.ChunkedArray:
    return _chunked(pa.array(numbers.astype(np.int64), mask=~valid))


def _layout(values: pa.Array) -> pa.Array:
    kind = values.type
    view = pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return values.cast(pa.string()) if view else values


def _both_null(first: pa.ChunkedArray, second: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.and_(first.is_null(), second.is_null())


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _nan_as_missing(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.is_nan(values), None, values) if pa.types.is_floating(values.type) else values


def _mask(values: pa.ChunkedArray) -> Bools:
    mask: Bools = values.to_numpy()
    return mask


def _chunked(array: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array([array])


def _wrong_type(column: Column, values: pa.ChunkedArray, reading: Reading, expected: str) -> SchemaError:
    return SchemaError(
        f"{reading.where}: column '{column.name}' ({column.meaning}) holds {values.type}; expected {expected}; convert "
        f"it, or map another column to it under columns"
    )
