"""How far a command has come, on one line of the terminal; nothing where there is none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TextIO

_SECONDS_BETWEEN = 0.2
_ERASE = "\r\x1b[K"


@contextmanager
def progress_line(
    what: str, out: TextIO | None = None, clock: Callable[[], float] = monotonic
) -> Iterator[Callable[[int, int], None] | None]:
    """What to tell rows done and their total, to show them with their rate and the time left until the end; None where
    `out` (standard error) is no terminal.
    """
    out = out or sys.stderr
    if not out.isatty():
        yield None
        return
    begun = shown = clock()

    def show(done: int, total: int) -> None:
        nonlocal shown
        now = clock()
        if now - shown >= _SECONDS_BETWEEN:
            shown = now
            print(f"{_ERASE}{what}: {_told(done, total, now - begun)}", end="", file=out, flush=True)

    try:
        yield show
    finally:
        print(_ERASE, end="", file=out, flush=True)


def _told(done: int, total: int, seconds: float) -> str:
    """
    >>> _told(2_000_000, 8_000_000, 4.0)
    '2,000,000 of 8,000,000 rows, 500,000 a second, 12 s left'
    """
    rate = done / seconds
    return f"{done:,} of {total:,} rows, {rate:,.0f} a second, {_time((total - done) / rate) if rate else '?'} left"


def _time(seconds: float) -> str:
    """
    >>> [_time(59.4), _time(3_700)]
    ['59 s', '1 h 2 min']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
