"""Patterns of conditions as the bits of a number."""

from __future__ import annotations

import numpy as np

from creditscore.compiled import compiled


@compiled
def count_bits(number: int) -> int:
    """The bits that are set; the compiler knows this loop and takes the processor's own instruction."""
    left, count = np.uint64(number), 0
    while left:
        left &= left - np.uint64(1)
        count += 1
    return count


@compiled
def lowest_bit(number: int) -> int:
    """The place of the lowest bit set of a uint64 that is not 0."""
    return count_bits((number & (~number + np.uint64(1))) - np.uint64(1))
