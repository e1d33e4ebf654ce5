"""Lists of dicts, straight from JSON, read without Arrow where all in them is plain: one borrower, in microseconds.

What is not plain (text for numbers, times without a zone, words that the contract does not know, ids that recur) is
left to `load_events`, which reads it or says what is wrong. What is read here is the same to the last bit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.events.exact import MISSING, fixed_point
from creditscore.events.iso import ticks_of_iso
from creditscore.events.schema import MADE_ID, Column, TableContract
from creditscore.events.times import EARLIEST, LATEST

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Row = Mapping[str, Any]

FIRST_TICK, LAST_TICK = (int(time.timestamp()) * 1_000_000 for time in (EARLIEST, LATEST))
# An ISO 8601 time with seconds and a zone: its date's dashes and its T, which other calendars' forms lack.
_SHORTEST_TIME = len("2024-03-01T12:00:00Z")


class Words(NamedTuple):
    """A category's different words (None: missing), and which of them each row has; `which` is None where it is one."""

    different: tuple[str | None, ...]
    which: Ints | None


class Plain(NamedTuple):
    """One borrower's rows as they came: numbers as int64 (MISSING where missing), words as numbers of different words.

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
    ticks = ticks_of_iso(values) if kinds <= {str, type(None)} else None
    if ticks is None:
        ticks = _ticks(np.array(_seconds(values, kinds)))
    if not _within_years(ticks):
        raise NotPlainError
    return ticks


def _seconds(values: Sequence[Any], kinds: set[type]) -> list[float]:
    if kinds == {dt.datetime} and None not in {value.tzinfo for value in values}:
        return [value.timestamp() for value in values]
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
    if states.any():
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
    if type(None) not in kinds:
        return np.array(values, dtype=np.float64), None
    known = np.array([value is not None for value in values])
    return np.array([0.0 if value is None else value for value in values], dtype=np.float64), known


def _words(column: Column, values: Sequence[Any] | None) -> Words:
    """Words of the contract, a missing one its default."""
    number = _different(values or (None,))
    if not set(map(type, number)) <= {str, type(None)} or "" in number:
        raise NotPlainError
    if column.values and not number.keys() <= {*column.values, None}:
        raise NotPlainError
    if column.required and None in number:
        raise NotPlainError
    different = tuple(column.default if word is None else word for word in number)
    if len(number) == 1 or values is None:
        return Words(different, None)
    for i, word in enumerate(number):
        number[word] = i
    return Words(different, np.fromiter(map(number.__getitem__, values), np.int64, len(values)))


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
    kinds = set(map(type, ids))
    if len(_different(ids)) < length or kinds not in ({str}, {int}) or "" in ids:
        raise NotPlainError
    return kinds.pop()
