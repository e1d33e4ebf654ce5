"""ISO 8601 text, as JSON has it, to UTC microseconds: many at once, in the forms that machines write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.events.exact import MISSING

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

_UNREAD = MISSING + 1
_SECOND = 1_000_000
# "2024-03-01T12:00:00", to which a fraction of a second and a zone are added
_CLOCK = 19
_NEWLINE, _DASH, _PLUS, _COLON, _POINT, _SPACE, _T, _Z = b"\n-+:. TZ"


def ticks_of_iso(texts: Sequence[str | None]) -> Ints | None:
    """UTC microseconds of texts such as 2024-03-01T12:00:00.123456+08:00, None as MISSING, int64[texts].

    Seconds, a zone (Z, +08:00) and, if any, three or six digits of a fraction. None where one of them has another form
    or is no time: those are for `datetime.fromisoformat`, with which all that is read here agrees.

    >>> ticks_of_iso(["1970-01-01T08:00:01+08:00", "1970-01-01 00:00:00.250Z"]).tolist()
    [1000000, 250000]
    >>> ticks_of_iso(["1970-01-01T08:00"]) is None
    True
    """
    missing = None in texts
    if missing and "" in texts:
        return None
    lines = "\n".join([text or "" for text in texts] if missing else texts)  # type: ignore[arg-type]  # none missing
    ticks = np.empty(len(texts), np.int64)
    return ticks if _read(np.frombuffer(lines.encode(errors="replace"), np.uint8), missing, ticks) else None


@compiled
def _read(lines: Bytes, missing: bool, ticks: Ints) -> bool:
    """Fill the ticks, a line each; whether all could be read. An empty line is a missing time, where there are such."""
    at = 0
    for i in range(len(ticks)):
        end = at
        while end < len(lines) and lines[end] != _NEWLINE:
            end += 1
        ticks[i] = MISSING if missing and end == at else _tick(lines, at, end)
        if ticks[i] == _UNREAD:
            return False
        at = end + 1
    return at == len(lines) + 1


@compiled
def _tick(text: Bytes, at: int, end: int) -> int:
    """One time, or _UNREAD."""
    zone = at + _CLOCK
    if end <= zone or not (
        text[at + 4] == text[at + 7] == _DASH
        and (text[at + 10] == _T or text[at + 10] == _SPACE)
        and text[at + 13] == text[at + 16] == _COLON
    ):
        return _UNREAD
    fraction = 0
    if text[zone] == _POINT:
        digits = 6 if end >= zone + 8 and _digits(text, zone + 4, 3) >= 0 else 3
        if end <= zone + 1 + digits:
            return _UNREAD
        fraction = _digits(text, zone + 1, digits) * (1 if digits == 6 else 1_000)
        zone += 1 + digits
    day: int = _day(text, at)
    clock: int = _seconds(text, at + 11)
    offset: int = _offset(text, zone, end)
    if day == _UNREAD or clock < 0 or fraction < 0 or offset == _UNREAD:
        return _UNREAD
    return (day * 86_400 + clock - offset) * _SECOND + fraction


@compiled
def _day(text: Bytes, at: int) -> int:
    """Days since 1970, in the Gregorian calendar before it was one too (Hinnant, chrono-compatible date algorithms)."""
    year: int = _digits(text, at, 4)
    month: int = _digits(text, at + 5, 2)
    day: int = _digits(text, at + 8, 2)
    if year < 1 or month < 1 or month > 12 or day < 1 or day > _days_in(year, month):
        return _UNREAD
    if month <= 2:
        year -= 1
    of_era, of_year = year % 400, (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return year // 400 * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@compiled
def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@compiled
def _seconds(text: Bytes, at: int) -> int:
    """Of the day, by a clock of hours, minutes and seconds; −1 where it is none."""
    hour: int = _digits(text, at, 2)
    minute: int = _digits(text, at + 3, 2)
    second: int = _digits(text, at + 6, 2)
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return -1
    return hour * 3_600 + minute * 60 + second


@compiled
def _offset(text: Bytes, at: int, end: int) -> int:
    """Seconds east of UTC."""
    if end == at + 1 and text[at] == _Z:
        return 0
    if end != at + 6 or (text[at] != _PLUS and text[at] != _DASH) or text[at + 3] != _COLON:
        return _UNREAD
    hours: int = _digits(text, at + 1, 2)
    minutes: int = _digits(text, at + 4, 2)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
        return _UNREAD
    seconds = hours * 3_600 + minutes * 60
    return seconds if text[at] == _PLUS else -seconds


@compiled
def _digits(text: Bytes, at: int, length: int) -> int:
    """The number that these digits make; −1 where one is none."""
    number = 0
    for i in range(at, at + length):
        digit = np.int64(text[i]) - 48
        if digit < 0 or digit > 9:
            return -1
        number = number * 10 + int(digit)
    return number
