"""Work in parts on all cores, by kernels that let the GIL go."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

Done = TypeVar("Done")
# Fewer are done before threads have started.
_FEW = 64


def share_out(work: Callable[[int, int], Done], count: int) -> list[Done]:
    """What `work(first, last)` gives for runs of consecutive numbers below `count`, in their order."""
    cores = os.cpu_count() or 1
    if count < _FEW:
        return [work(0, count)]
    bounds = np.unique(np.linspace(0, count, 8 * cores + 1).astype(np.int64)).tolist()
    with ThreadPoolExecutor(cores) as pool:
        return list(pool.map(work, bounds, bounds[1:]))
