"""Arrays as one, for compiled code that is called for a single row: there each costs more to hand over than to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled

Packed = npt.NDArray[np.uint64]


def pack(arrays: Iterable[npt.NDArray[Any]]) -> Packed:
    """The arrays one after another, each from a whole number of 8 bytes on; before them, where each begins and its
    size.

    >>> packed = pack([np.array([7, 8]), np.array([True, False])])
    >>> part(packed, 0, np.int64).tolist(), part(packed, 1, np.bool_).tolist()
    ([7, 8], [True, False])
    """
    given = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
    words = [-(-array.nbytes // 8) for array in given]
    starts = np.cumsum([2 * len(given), *words])
    packed = np.zeros(starts[-1], np.uint64)
    for i, (array, start) in enumerate(zip(given, starts.tolist(), strict=False)):
        packed[2 * i : 2 * i + 2] = start, array.size
        packed[start:].view(array.dtype)[: array.size] = array
    return packed


@compiled
def part(packed: Packed, i: int, kind: Any) -> Any:
    """Array i, of one dimension and of this kind, in place."""
    start, size = np.int64(packed[2 * i]), np.int64(packed[2 * i + 1])
    return packed[start:].view(kind)[:size]
