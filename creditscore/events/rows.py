"""Lists of dicts, straight from JSON, read without Arrow where all in them is plain: one borrower, in microseconds.

What is not plain (text for numbers, times without a zone, words that the contract does not know, ids that recur) is
left to `load_events`, which reads it or says what is wrong. What is read here is the same to the last bit.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Collection, Mapping, Sequence
from itertools import count, repeat
from operator import itemgetter, sub
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.events.exact import MISSING, fixed_point
from creditscore.events.iso import ticks_of_iso
from creditscore.events.schema import MADE_ID, Column, TableContract
from creditscore.events.times import EPOCH, FIRST_TICK, LAST_TICK

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Row = Mapping[str, Any]

_TEXTS = {str, type(None)}
_MISSING = (None,)
# An ISO 8601 time with seconds and a zone: its date's dashes and its T, which other calendars' forms lack.
_SHORTEST_TIME = len("2024-03-01T12:00:00Z")


class Words(NamedTuple):
    """A category's words as they came: each one once in `given` (None: missing, which says `default`), and each row's
    in `rows`; that is None where all have the one.
    """

    given: Collection[str | None]
    rows: Sequence[str | None] | None
    default: str | None

    @property
    def different(self) -> Collection[str | None]:
        """The words, each once, a missing one as its default."""
        if self.default is None or None not in self.given:
            return self.given
        return [self.default if word is None else word for word in self.given]

    def codes(self, known: Mapping[str, int]) -> Ints | int:
        """Each row's number, int64[rows], or the one of all: a known word's own, which is one of 0 … len(known) − 1,
        other words' from there on, in the order of `given`; −1 where missing.
        """
        if self.rows is None:
            word = next(iter(self.different))
            return -1 if word is None else known.get(word, len(known))
        code = dict(zip(self.given, count(len(known)), strict=False))
        code.update({word: known[word] for word in code.keys() & known.keys() if word is not None})
        if None in code:
            code[None] = -1 if self.default is None else known.get(self.default, code.get(self.default, code[None]))
        numbers = itemgetter(*self.rows)(code)
        return np.frombuffer(struct.pack(f"{len(numbers)}q", *numbers), np.int64)  # half the time of np.array


class Plain(NamedTuple):
    """One borrower's rows as they came: numbers as int64 (MISSING where missing), and words.

    `order` puts them by time and then event id; None where they lie so. `borrower` is None where no row says whose.
    """

    borrower: str | int | None
    order: Ints | None
    length: int
    numbers: Mapping[str, Ints]
    words: Mapping[str, Words]


class NotPlainError(Exception):
    """These rows are for `load_events`; never seen by a caller."""


def plain(rows: Sequence[Row], contract: TableContract) -> Plain:
    """One borrower's rows of a table. Raises NotPlainError."""
    given = _columns(rows)
    borrower = _one_borrower(given.get("borrower_id"))
    numbers: dict[str, Ints] = {}
    words: dict[str, Words] = {}
    for column in contract.columns:
        values = given.get(column.name)
        if column.kind == "category":
            words[column.name] = _words(column, values)
        elif column.kind in _READ:
            if values is not None:
                numbers[column.name] = _READ[column.kind](column, values)
            elif column.required:
                raise NotPlainError
    return Plain(borrower, _order(numbers["time"], given.get("event_id")), len(rows), numbers, words)


def _columns(rows: Sequence[Row]) -> dict[str, Sequence[Any]]:
    """Each column's values, None where a row lacks it."""
    if set(map(type, rows)) != {dict}:
        raise NotPlainError
    names = list(rows[0])
    if len(names) > 1 and set(map(len, rows)) == {len(names)}:
        try:
            return dict(zip(names, zip(*map(itemgetter(*names), rows), strict=True), strict=True))
        except KeyError:
            pass  # other names, as many
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: [row.get(name) for row in rows] for name in names}


def _one_borrower(ids: Sequence[Any] | None) -> str | int | None:
    if ids is None:
        return None
    if len(_different(ids)) > 1 or type(ids[0]) not in (str, int) or ids[0] == "":
        raise NotPlainError
    one: str | int = ids[0]
    return one


def _different(values: Sequence[Any]) -> dict[Any, int]:
    """Each value once, in their order, with a 0; lists and dicts are no words."""
    try:
        return dict.fromkeys(values, 0)
    except TypeError:
        raise NotPlainError from None


def _times(column: Column, values: Sequence[Any]) -> Ints:
    """Times with a zone, or ISO text with one, as UTC microseconds."""
    kinds = set(map(type, values))
    if column.required and type(None) in kinds:
        raise NotPlainError
    ticks = ticks_of_iso(values) if kinds <= _TEXTS else None
    if ticks is None:
        ticks = _ticks(np.array(_seconds(values, kinds)))
    if not _within_years(ticks):
        raise NotPlainError
    return ticks


def _seconds(values: Sequence[Any], kinds: set[type]) -> list[float]:
    if kinds == {dt.datetime}:
        try:
            return [*map(dt.timedelta.total_seconds, map(sub, values, repeat(EPOCH)))]
        except TypeError:  # a time without a zone
            raise NotPlainError from None
    return [instant(value) for value in values]


@compiled
def _ticks(seconds: Floats) -> Ints:
    """Seconds as microseconds, NaN as MISSING."""
    ticks = np.full(len(seconds), MISSING)
    for i in range(len(seconds)):
        if not np.isnan(seconds[i]):
            ticks[i] = np.int64(np.rint(seconds[i] * 1e6))
    return ticks


@compiled
def _within_years(ticks: Ints) -> bool:
    """Whether all that are known lie within the years that are read."""
    sound = True
    for tick in ticks:
        sound &= tick == MISSING or FIRST_TICK <= tick < LAST_TICK
    return sound


def instant(value: Any) -> float:
    """A time with a zone, or ISO text with one, as seconds since 1970; NaN where missing. Raises NotPlainError."""
    if value is None:
        return float("nan")
    if type(value) is str:
        if len(value) < _SHORTEST_TIME or not value[4] == value[7] == "-" or value[10] not in "T ":
            raise NotPlainError
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            raise NotPlainError from None
    if type(value) is not dt.datetime or value.tzinfo is None:
        raise NotPlainError
    return value.timestamp()


def _fixed(column: Column, values: Sequence[Any]) -> Ints:
    numbers, known = _floats(column, values)
    whole, states = fixed_point(numbers, column.decimals, column.limit, column.signed)
    if np.count_nonzero(states):
        raise NotPlainError
    return whole if known is None else np.where(known, whole, MISSING)


def _integers(column: Column, values: Sequence[Any]) -> Ints:
    numbers, known = _floats(column, values)
    size = np.abs(numbers)
    if not ((numbers == np.rint(numbers)) & (size <= column.limit)).all() or (
        not column.signed and (numbers < 0).any()
    ):
        raise NotPlainError
    whole = numbers.astype(np.int64)
    return whole if known is None else np.where(known, whole, MISSING)


_READ = {"time": _times, "fixed": _fixed, "integer": _integers}


def _floats(column: Column, values: Sequence[Any]) -> tuple[Floats, npt.NDArray[np.bool_] | None]:
    """Numbers, 0 where missing, and which are not; None where none is."""
    kinds = set(map(type, values))
    if not kinds <= {int, float, type(None)} or (column.required and type(None) in kinds):
        raise NotPlainError
    known = None
    if type(None) in kinds:
        known = np.array([value is not None for value in values])
        values = [0.0 if value is None else value for value in values]
    numbers = np.empty(len(values))
    try:
        struct.pack_into(f"{len(values)}d", numbers.data, 0, *values)  # half the time of np.fromiter
    except struct.error:  # an integer that no float holds
        raise NotPlainError from None
    return numbers, known


def _words(column: Column, values: Sequence[Any] | None) -> Words:
    """Words of the contract, or any where it lists none."""
    if values is None and not column.required:
        return Words(_MISSING, None, column.default)
    given = _different(values or _MISSING)
    if not set(map(type, given)) <= _TEXTS or "" in given or (column.required and None in given):
        raise NotPlainError
    if column.values and not given.keys() <= column.words:
        raise NotPlainError
    return Words(given, None if len(given) == 1 else values, column.default)


def _order(time: Ints, ids: Sequence[Any] | None) -> Ints | None:
    """The rows by time and then id, None where they lie so; ids must be of one kind, and all different."""
    kind = _kind_of_ids(ids, len(time))
    if _rises(time):
        return None
    order = np.argsort(time, kind="stable")
    if _rises(time[order]):
        return order
    if ids is None or (kind is str and any(one.startswith(MADE_ID) for one in ids)):
        raise NotPlainError
    ticks = time.tolist()
    return np.array(sorted(range(len(ticks)), key=lambda i: (ticks[i], ids[i])), dtype=np.int64)


@compiled
def _rises(time: Ints) -> bool:
    """Whether each time is later than the one before it."""
    for i in range(1, len(time)):  # noqa: SIM110  all() of a generator does not compile
        if time[i] <= time[i - 1]:
            return False
    return True


def _kind_of_ids(ids: Sequence[Any] | None, length: int) -> type | None:
    if ids is None:
        return None
    kinds, different = set(map(type, ids)), _different(ids)
    if len(different) < length or kinds not in ({str}, {int}) or "" in different:
        raise NotPlainError
    return kinds.pop()
