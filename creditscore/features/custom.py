"""Features of one's own: a function of one borrower's events, compiled by itself.

```python
@feature(trips, days=365, reason="T03", needs=2)
def longest_pause_days(trips):  # the borrower's trips before as_of, oldest first
    return np.diff(trips.time).max() / DAY
```
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from creditscore.errors import FeatureError
from creditscore.features.columns import READABLE
from creditscore.features.define import Days, described, windows_of
from creditscore.features.formula import Call, Feature, Selection

Array = npt.NDArray[Any]

# What words may count and a function may not see: with all of an event before it, it could tell one from another.
UNSEEN = ("platform",)


def feature(
    selection: Selection, *, days: Days = "all", needs: int = 1, name: str | None = None, **about: Any
) -> Callable[[Callable[..., float]], tuple[Feature, ...]]:
    """Make a feature of a function that takes a borrower's selected events and returns a number.

    The function gets a record array, oldest event first, with a field for each column that features may read: `time` in
    microseconds, numbers as float64 (missing: NaN), categories as codes numbered by first appearance (missing: −1). Who
    supplied an event is no field: `distinct(trips.platform, …)` counts platforms, and a function does not see them.
    With fewer than `needs` events the feature is missing. Numba compiles the function (`nopython`); what it raises
    stops the build with its name. `days`, `reason`, `riskier`, `en`, `zh` are as for every feature.
    """
    windows = windows_of(days)
    if len(windows) != 1:
        raise FeatureError(f"a function has one window of days, got {days!r}; define one feature for each window")
    if type(needs) is not int or needs < 0:
        raise FeatureError(f"needs is how many events a function needs at least, got {needs!r}")
    (window,) = windows

    def define(function: Callable[..., float]) -> tuple[Feature, ...]:
        call = Call(
            function.__module__, function.__qualname__, digest_of(function), selection, window, needs, run=function
        )
        return (described(name or function.__name__, call, about),)

    return define


def digest_of(function: Callable[..., float]) -> str:
    """SHA-256 of the function's source and of the plain values that it reads from around it: what a scorecard keeps."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except OSError:
        source = function.__code__.co_code.hex()
    around = inspect.getclosurevars(function)
    read = {**around.globals, **around.nonlocals}
    values = [(name, repr(value)) for name, value in sorted(read.items()) if _plain(value)]
    return hashlib.sha256(repr((source, values, function.__defaults__)).encode()).hexdigest()


def record_type(table: str) -> np.dtype[Any]:
    """The fields of one event as a function sees it.

    >>> record_type("obligations")["days_past_due"]
    dtype('float64')
    """
    fields: list[tuple[str, Any]] = [("time", np.int64)]
    seen = [column for name, column in READABLE[table].items() if name not in UNSEEN]
    fields += [(column.name, np.int64 if column.kind == "code" else np.float64) for column in seen]
    # aligned, for some of Numba's functions (np.ediff1d) fail on fields that are not
    return np.dtype(fields, align=True)


def apply(call: Call, events: Array, starts: Array, seen: Array) -> Array:
    """The function's value for each borrower: events[starts[i]:starts[i + 1]], missing below `needs`; float64.

    Missing too where not `seen[i]`: the borrower has no event in the table at all.

    Raises FeatureError with the function's name where it cannot be compiled or raises.
    """
    out = np.full(len(starts) - 1, np.nan)
    try:
        _drive(_compiled(call.run), events, starts, seen, max(call.needs, 0), out)
    except numba.core.errors.NumbaError as error:
        unseen = next((name for name in UNSEEN if f"attribute '{name}'" in str(error)), None)
        why = _first_lines(error) if unseen is None else f"'{unseen}' is no input; count it, by distinct()"
        raise FeatureError(f"feature function '{call.function}' cannot be compiled: {why}") from None
    except Exception as error:
        raise FeatureError(f"feature function '{call.function}' failed: {type(error).__name__}: {error}") from error
    return out


@functools.cache
def _compiled(function: Callable[..., float]) -> Any:
    """Compiled once in a process: a bank's single requests come one after another."""
    return numba.njit(nogil=True, boundscheck=True)(function)


@numba.extending.overload(np.diff)
def _differences(a, n=1):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """np.diff of a record's field, which Numba itself knows of contiguous arrays only."""
    if isinstance(a, numba.types.Array) and a.layout == "A":
        return lambda a, n=1: np.diff(np.ascontiguousarray(a), n)
    return None


@numba.njit(nogil=True)
def _drive(function, events, starts, seen, needs, out):  # type: ignore[no-untyped-def]
    for i in range(len(out)):
        if seen[i] and starts[i + 1] - starts[i] >= needs:
            out[i] = function(events[starts[i] : starts[i + 1]])


def _plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float, str, tuple))


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
