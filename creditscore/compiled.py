"""How the library compiles: Numba, without the GIL, kept on disk where there is a place to keep it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compile on first call and keep the machine code on disk; where nothing is writable, in memory, and warn once."""
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        _warn_once()
        return numba.njit(nogil=True)(function)


@cache
def _warn_once() -> None:
    warnings.warn(
        "no writable place to keep compiled code: compiling in memory in each new process; "
        "set NUMBA_CACHE_DIR to a writable folder",
        RuntimeWarning,
        stacklevel=3,
    )
