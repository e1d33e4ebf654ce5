"""Integers of 128 bits for the kernel, as pairs (high, low) of unsigned words; below zero in two's complement."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled

Word = np.uint64
Words = npt.NDArray[np.uint64]

_ZERO, _ONE, _HALF, _LOW = np.uint64(0), np.uint64(1), np.uint64(32), np.uint64(0xFFFFFFFF)
_SIGN = np.uint64(63)


@compiled
def multiply(a: Word, b: Word) -> tuple[Word, Word]:
    """a · b of two unsigned words."""
    a_high, a_low, b_high, b_low = a >> _HALF, a & _LOW, b >> _HALF, b & _LOW
    low, middle, other = a_low * b_low, a_high * b_low, a_low * b_high
    carry = ((low >> _HALF) + (middle & _LOW) + (other & _LOW)) >> _HALF
    return a_high * b_high + (middle >> _HALF) + (other >> _HALF) + carry, a * b


@compiled
def square(x: int) -> tuple[Word, Word]:
    """x² of a signed integer."""
    size = np.uint64(-x) if x < 0 else np.uint64(x)
    return multiply(size, size)


@compiled
def product(x: int, y: int) -> tuple[Word, Word]:
    """x · y of signed integers."""
    size = np.uint64(-x) if x < 0 else np.uint64(x)
    other = np.uint64(-y) if y < 0 else np.uint64(y)
    high, low = multiply(size, other)
    return negative(high, low) if (x < 0) != (y < 0) else (high, low)


@compiled
def add(high: Word, low: Word, more_high: Word, more_low: Word) -> tuple[Word, Word]:
    """The sum of two pairs."""
    total = low + more_low
    return high + more_high + (_ONE if total < low else _ZERO), total


@compiled
def increase(pair: Words, high: Word, low: Word) -> None:
    """pair += (high, low), in place."""
    total = pair[1] + low
    pair[0] += high + (_ONE if total < low else _ZERO)
    pair[1] = total


@compiled
def negative(high: Word, low: Word) -> tuple[Word, Word]:
    """−(high, low)."""
    return ~high + (_ONE if low == _ZERO else _ZERO), ~low + _ONE


@compiled
def as_float(high: Word, low: Word) -> float:
    """The pair as the double next to it, within two units in the last place."""
    if high >> _SIGN:
        high, low = negative(high, low)
        return -(float(high) * 18446744073709551616.0 + float(low))
    return float(high) * 18446744073709551616.0 + float(low)


@compiled
def deviation(n: int, total: int, high: Word, low: Word) -> float:
    """The sample standard deviation of n > 1 integers by their sum and sum of squares (high, low).

    √((n Σx² − (Σx)²) / (n (n − 1))), the numerator exact.
    """
    top_high, top_low = multiply(np.uint64(n), low)
    less_high, less_low = square(total)
    less_high, less_low = negative(less_high, less_low)
    high, low = add(top_high + np.uint64(n) * high, top_low, less_high, less_low)
    return np.sqrt(as_float(high, low) / (float(n) * float(n - 1)))
