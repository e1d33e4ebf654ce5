"""One pass over one borrower's events for each application: every number of the plan, in integers.

Windows end at `as_of` and are nested, so an event falls in exactly one ring, the smallest window that holds it; adding
up the rings gives every window. Sums are exact (128 bits for squares), so neither order nor partition nor the plan's
other features can change a bit of the result.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.features.columns import (
    AGE,
    AMOUNT_PAID,
    AMOUNT_UNPAID,
    DAY,
    DAYS_PAST_DUE,
    DUE,
    LATE,
    OPEN,
    PAID,
    STATES,
)
from creditscore.features.plan import (
    COUNT,
    DISTINCT,
    LARGEST,
    MEAN,
    RECENCY,
    SMALLEST,
    SPREAD,
    TENURE,
    TOTAL,
    Program,
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Word = np.uint64
Words = npt.NDArray[np.uint64]

NULL = np.iinfo(np.int64).min
NEVER = np.iinfo(np.int64).max


class Columns(NamedTuple):
    """One table's events as the kernel reads them, by borrower and then by time.

    Borrower b owns the events starts[b] … starts[b + 1] − 1. An event counts if known_at < as_of <= superseded_at; its
    status from status_from on. NULL is a missing number, −1 a missing code; `bits` holds each filter's verdict.
    The obligation columns are empty for other tables.
    """

    starts: Ints
    time: Ints
    known_at: Ints
    superseded_at: Ints
    status_from: Ints
    numbers: Ints
    codes: Ints
    bits: npt.NDArray[np.uint64]
    due_at: Ints
    paid_at: Ints
    ended_at: Ints
    amount_due: Ints
    amount_paid: Ints


# de Bruijn's sequence: the position of a lone bit by one multiplication and one look-up.
_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_POSITION = np.zeros(64, dtype=np.int64)
for _bit in range(64):
    _POSITION[((1 << _bit) * int(_BRUIJN) & 0xFFFFFFFFFFFFFFFF) >> 58] = _bit
_ZERO, _ONE, _HALF, _TOP, _LOW = np.uint64(0), np.uint64(1), np.uint64(32), np.uint64(58), np.uint64(0xFFFFFFFF)


@compiled
def aggregate(
    columns: Columns, program: Program, borrowers: Ints, as_of: Ints, first: int, last: int, out: Floats
) -> None:
    """Fill out[first:last], a row an application: its borrower's events before as_of, by slot; float64, missing NaN."""
    rings, channels, distincts = len(program.windows), len(program.channel_column), len(program.distinct_column)
    sums = np.empty((channels, rings, 4), np.int64)
    squares = np.empty((channels, rings, 2), np.uint64)
    counts = np.empty((distincts, rings), np.int64)
    longest = 0
    for i in range(first, last):
        longest = max(longest, columns.starts[borrowers[i] + 1] - columns.starts[borrowers[i]])
    nearest = np.empty((distincts, longest), np.int64)
    states = np.empty(STATES, np.int64)
    for i in range(first, last):
        _clear(sums, squares, counts, nearest, columns.starts[borrowers[i] + 1] - columns.starts[borrowers[i]])
        seen = _pass(columns, program, borrowers[i], as_of[i], states, sums, squares, counts, nearest)
        if seen:
            _add_up(sums, squares, counts)
            _give(program, sums, squares, counts, out[i])
        else:
            out[i, :] = np.nan


@compiled
def divide(numerators: Ints, denominators: Ints, values: Floats, first: int) -> None:
    """Fill the quotients into `values` from column `first` on: missing where a part is, or the denominator is 0."""
    for i in range(len(values)):
        for q in range(len(numerators)):
            bottom = values[i, denominators[q]]
            values[i, first + q] = np.nan if bottom == 0.0 else values[i, numerators[q]] / bottom


@compiled
def select(
    columns: Columns,
    program: Program,
    wanted: int,
    length: int,
    borrowers: Ints,
    as_of: Ints,
    picked: Ints,
    states: Ints,
) -> Ints:
    """Write the events of filter `wanted` within `length` of as_of into picked (and their states), application by
    application, oldest first; return where each application's begin. With an empty `picked`, only count.
    """
    starts = np.zeros(len(borrowers) + 1, np.int64)
    state = np.empty(STATES, np.int64)
    n = 0
    for i in range(len(borrowers)):
        for e in range(columns.starts[borrowers[i]], columns.starts[borrowers[i] + 1]):
            if columns.time[e] >= as_of[i]:
                break
            if as_of[i] - columns.time[e] > length or not _visible(columns, e, as_of[i]):
                continue
            _look(columns, e, as_of[i], state)
            mask = _mask(columns, program, wanted // 64, e, as_of[i])
            if (mask >> np.uint64(wanted % 64)) & _ONE and _in_state(program, wanted, state):
                if len(picked):
                    picked[n] = e
                    states[n] = state
                n += 1
        starts[i + 1] = n
    return starts


@compiled
def number_within(starts: Ints, codes: Ints) -> None:
    """Number a column's codes 0, 1, … by first appearance within each borrower, in place; missing codes stay −1."""
    largest = -1
    for code in codes:
        largest = max(largest, code)
    owner = np.full(largest + 1, -1, np.int64)
    number = np.empty(largest + 1, np.int64)
    for b in range(len(starts) - 1):
        known = 0
        for e in range(starts[b], starts[b + 1]):
            code = codes[e]
            if code < 0:
                continue
            if owner[code] != b:
                owner[code], number[code] = b, known
                known += 1
            codes[e] = number[code]


@compiled
def _clear(sums: Ints, squares: Words, counts: Ints, nearest: Ints, length: int) -> None:
    sums[:, :, :2] = 0
    sums[:, :, 2] = NEVER
    sums[:, :, 3] = NULL
    squares[:] = _ZERO
    counts[:] = 0
    nearest[:, :length] = counts.shape[1]


@compiled
def _pass(
    columns: Columns,
    program: Program,
    borrower: int,
    as_of: int,
    states: Ints,
    sums: Ints,
    squares: Words,
    counts: Ints,
    nearest: Ints,
) -> bool:
    """Add every event that counts to its ring; say whether there was one."""
    seen = False
    for e in range(columns.starts[borrower], columns.starts[borrower + 1]):
        if columns.time[e] >= as_of:
            break
        if not _visible(columns, e, as_of):
            continue
        seen = True
        ring = np.searchsorted(program.windows, as_of - columns.time[e])
        if ring == len(program.windows):
            continue
        _look(columns, e, as_of, states)
        for word in range(len(program.status_filters)):
            mask = _mask(columns, program, word, e, as_of)
            while mask:
                f = 64 * word + _POSITION[((mask & (~mask + _ONE)) * _BRUIJN) >> _TOP]
                mask &= mask - _ONE
                if _in_state(program, f, states):
                    _add_numbers(columns, program, f, e, ring, states, sums, squares)
                    _add_codes(columns, program, f, e, ring, counts, nearest)
    return seen


@compiled
def _visible(columns: Columns, e: int, as_of: int) -> bool:
    return columns.known_at[e] < as_of and not columns.superseded_at[e] < as_of


@compiled
def _mask(columns: Columns, program: Program, word: int, e: int, as_of: int) -> Word:
    """The filters of this word that the event meets, those that ask for a status not yet known left out."""
    mask = columns.bits[word, e]
    return mask if columns.status_from[e] < as_of else mask & ~program.status_filters[word]


@compiled
def _look(columns: Columns, e: int, as_of: int, states: Ints) -> None:
    """The event's states at as_of: its age, and of an obligation what was known of its payment by then."""
    states[AGE] = as_of - columns.time[e]
    if len(columns.due_at) == 0:
        return
    paid = columns.paid_at[e] != NULL and columns.paid_at[e] < as_of
    ended = columns.ended_at[e] != NULL and columns.ended_at[e] < as_of
    until = columns.paid_at[e] if paid else (columns.ended_at[e] if ended else as_of)
    due = columns.amount_due[e]
    given = due if columns.amount_paid[e] == NULL else columns.amount_paid[e]
    states[PAID] = paid
    states[OPEN] = not paid and not ended
    states[DUE] = columns.due_at[e] < as_of
    states[DAYS_PAST_DUE] = max(0, (until - columns.due_at[e]) // DAY)
    states[LATE] = states[DAYS_PAST_DUE] > 0
    states[AMOUNT_PAID] = given if paid else 0
    states[AMOUNT_UNPAID] = max(0, due - states[AMOUNT_PAID])


@compiled
def _in_state(program: Program, f: int, states: Ints) -> bool:
    for s in range(program.first_state[f], program.first_state[f + 1]):
        value = states[program.state_column[s]]
        if not (program.state_low[s] <= value < program.state_high[s]):
            return False
    return True


@compiled
def _add_numbers(
    columns: Columns, program: Program, f: int, e: int, ring: int, states: Ints, sums: Ints, squares: Words
) -> None:
    for c in range(program.first_channel[f], program.first_channel[f + 1]):
        column = program.channel_column[c]
        x = states[column] if column < STATES else columns.numbers[column - STATES, e]
        if x == NULL:
            continue
        sums[c, ring, 0] += 1
        sums[c, ring, 1] += x
        if program.channel_extremes[c]:
            sums[c, ring, 2] = min(sums[c, ring, 2], x)
            sums[c, ring, 3] = max(sums[c, ring, 3], x)
        if program.channel_squares[c]:
            high, low = _square(x)
            _increase(squares[c, ring], high, low)


@compiled
def _add_codes(columns: Columns, program: Program, f: int, e: int, ring: int, counts: Ints, nearest: Ints) -> None:
    """A code counts in the nearest ring where it was seen: all windows from there on hold it."""
    for d in range(program.first_distinct[f], program.first_distinct[f + 1]):
        code = columns.codes[program.distinct_column[d], e]
        if code < 0 or nearest[d, code] <= ring:
            continue
        if nearest[d, code] < counts.shape[1]:
            counts[d, nearest[d, code]] -= 1
        counts[d, ring] += 1
        nearest[d, code] = ring


@compiled
def _add_up(sums: Ints, squares: Words, counts: Ints) -> None:
    """Rings → windows."""
    for ring in range(1, sums.shape[1]):
        for c in range(len(sums)):
            sums[c, ring, 0] += sums[c, ring - 1, 0]
            sums[c, ring, 1] += sums[c, ring - 1, 1]
            sums[c, ring, 2] = min(sums[c, ring, 2], sums[c, ring - 1, 2])
            sums[c, ring, 3] = max(sums[c, ring, 3], sums[c, ring - 1, 3])
            _increase(squares[c, ring], squares[c, ring - 1, 0], squares[c, ring - 1, 1])
        for d in range(len(counts)):
            counts[d, ring] += counts[d, ring - 1]


@compiled
def _give(program: Program, sums: Ints, squares: Words, counts: Ints, out: Floats) -> None:
    for s in range(len(program.slot_word)):
        word, source, window = program.slot_word[s], program.slot_source[s], program.slot_window[s]
        if word == DISTINCT:
            out[s] = counts[source, window]
        else:
            out[s] = _number(word, sums[source, window], squares[source, window], program.slot_scale[s])


@compiled
def _number(word: int, sums: Ints, squares: Words, scale: float) -> float:
    n = sums[0]
    if word == COUNT:
        return float(n)
    if word == TOTAL:
        return sums[1] / scale
    if n == 0:
        return np.nan
    if word == MEAN:
        return sums[1] / (n * scale)
    if word in (SMALLEST, RECENCY):
        return sums[2] / scale
    if word in (LARGEST, TENURE):
        return sums[3] / scale
    if word == SPREAD and n > 1:
        return _spread(n, sums[1], squares[0], squares[1], scale)
    return np.nan


@compiled
def _spread(n: int, total: int, high: Word, low: Word, scale: float) -> float:
    """Sample standard deviation: √((n Σx² − (Σx)²) / (n (n − 1))), the numerator exact in 128 bits."""
    top_high, top_low = _multiply(np.uint64(n), low)
    top_high += np.uint64(n) * high
    less_high, less_low = _square(total)
    borrow = _ONE if top_low < less_low else _ZERO
    numerator = float(top_high - less_high - borrow) * 18446744073709551616.0 + float(top_low - less_low)
    return np.sqrt(numerator / (float(n) * float(n - 1))) / scale


@compiled
def _square(x: int) -> tuple[Word, Word]:
    size = np.uint64(-x) if x < 0 else np.uint64(x)
    return _multiply(size, size)


@compiled
def _multiply(a: Word, b: Word) -> tuple[Word, Word]:
    """a · b in 128 bits, as (high, low)."""
    a_high, a_low, b_high, b_low = a >> _HALF, a & _LOW, b >> _HALF, b & _LOW
    low, middle, other = a_low * b_low, a_high * b_low, a_low * b_high
    carry = ((low >> _HALF) + (middle & _LOW) + (other & _LOW)) >> _HALF
    return a_high * b_high + (middle >> _HALF) + (other >> _HALF) + carry, a * b


@compiled
def _increase(pair: Words, high: Word, low: Word) -> None:
    """pair += (high, low), in 128 bits."""
    total = pair[1] + low
    pair[0] += high + (_ONE if total < low else _ZERO)
    pair[1] = total
