"""One pass over one borrower's events for each application: every number of the plan, in integers.

Windows end at `as_of` and are nested, so an event falls in exactly one ring, the smallest window that holds it; adding
up the rings gives every window. Sums are exact (128 bits for squares), so neither order nor partition nor the plan's
other features can change a bit of the result. Words that need the events in order get them as sequences, oldest first,
of which a window is the last part, and each of these numbers is made from its window alone.
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
    NEVER,
    NULL,
    OPEN,
    PAID,
    STATES,
)
from creditscore.features.plan import DIFFERENCE, Program, Sums
from creditscore.features.sequence import word_of
from creditscore.features.wide import Word, Words, as_float, deviation, increase, square
from creditscore.features.words import (
    COUNT,
    DISTINCT,
    LARGEST,
    MEAN,
    RADIUS,
    RECENCY,
    SMALLEST,
    SPREAD,
    TENURE,
    TOTAL,
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Columns(NamedTuple):
    """One table's events as the kernel reads them, by borrower and then by time.

    Borrower b owns the events starts[b] … starts[b + 1] − 1. An event counts if known_at < as_of <= superseded_at; its
    status from status_from on. NULL is a missing number, −1 a missing code; `bits` holds each clause's verdict,
    `unknown_bits` that while the status is not known. The obligation columns are empty for other tables.
    """

    starts: Ints
    time: Ints
    known_at: Ints
    superseded_at: Ints
    status_from: Ints
    numbers: Ints
    codes: Ints
    bits: Words
    unknown_bits: Words
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
_ZERO, _ONE, _TOP = np.uint64(0), np.uint64(1), np.uint64(58)


@compiled
def aggregate(columns: Columns, program: Program, borrowers: Ints, as_of: Ints, out: Floats) -> None:
    """Fill `out`, a row an application: its borrower's events before as_of, by slot; float64, missing NaN."""
    plan = program.sums
    rings, channels, distincts = len(plan.windows), len(plan.channel_column), len(plan.distinct_column)
    sums = np.empty((channels, rings, 4), np.int64)
    squares = np.empty((channels, rings, 2), np.uint64)
    counts = np.empty((distincts, rings), np.int64)
    longest = 0
    for i in range(len(borrowers)):
        longest = max(longest, columns.starts[borrowers[i] + 1] - columns.starts[borrowers[i]])
    nearest = np.empty((distincts, longest), np.int64)
    ordered = np.empty((len(program.sequences.column), 2, longest), np.int64)
    lengths = np.zeros(len(ordered), np.int64)
    states = np.empty(STATES, np.int64)
    for i in range(len(borrowers)):
        _clear(sums, squares, counts, nearest, columns.starts[borrowers[i] + 1] - columns.starts[borrowers[i]])
        seen = _pass(columns, plan, borrowers[i], as_of[i], states, sums, squares, counts, nearest)
        if seen:
            if len(ordered):
                _collect(columns, program, borrowers[i], as_of[i], states, ordered, lengths)
            _add_up(sums, squares, counts)
            _give(program, sums, squares, counts, ordered, lengths, out[i])
        else:
            out[i, :] = np.nan


@compiled
def combine(combinations: Ints, values: Floats, first: int) -> None:
    """Fill the quotients and differences into `values` from column `first` on, each a row (operation, slot, slot).

    Missing where an operand is, and where a denominator is 0.
    """
    for i in range(len(values)):
        for c in range(len(combinations)):
            one, other = values[i, combinations[c, 1]], values[i, combinations[c, 2]]
            if combinations[c, 0] == DIFFERENCE:
                values[i, first + c] = one - other
            else:
                values[i, first + c] = np.nan if other == 0.0 else one / other


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
            if _meets(columns, program.sums, wanted, e, as_of[i], state):
                if len(picked):
                    picked[n] = e
                    states[n] = state
                n += 1
        starts[i + 1] = n
    return starts


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
    plan: Sums,
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
        ring = np.searchsorted(plan.windows, as_of - columns.time[e])
        if ring == len(plan.windows):
            continue
        _look(columns, e, as_of, states)
        counted = -1
        for word in range(len(columns.bits)):
            mask = _mask(columns, word, e, as_of)
            while mask:
                clause = 64 * word + _POSITION[((mask & (~mask + _ONE)) * _BRUIJN) >> _TOP]
                mask &= mask - _ONE
                f = plan.clause_filter[clause]
                if f != counted and _in_state(plan, clause, states):
                    counted = f
                    _add_numbers(columns, plan, f, e, ring, states, sums, squares)
                    _add_codes(columns, plan, f, e, ring, counts, nearest)
    return seen


@compiled
def _visible(columns: Columns, e: int, as_of: int) -> bool:
    return columns.known_at[e] < as_of and not columns.superseded_at[e] < as_of


@compiled
def _mask(columns: Columns, word: int, e: int, as_of: int) -> Word:
    """The clauses of this word that the event meets, by what is known of its status."""
    return columns.bits[word, e] if columns.status_from[e] < as_of else columns.unknown_bits[word, e]


@compiled
def _meets(columns: Columns, plan: Sums, f: int, e: int, as_of: int, states: Ints) -> bool:
    """Whether the event meets one of the filter's clauses."""
    for clause in range(plan.first_clause[f], plan.first_clause[f + 1]):
        met = (_mask(columns, clause // 64, e, as_of) >> np.uint64(clause % 64)) & _ONE
        if met and _in_state(plan, clause, states):
            return True
    return False


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
def _in_state(plan: Sums, clause: int, states: Ints) -> bool:
    for s in range(plan.first_state[clause], plan.first_state[clause + 1]):
        value = states[plan.state_column[s]]
        if (plan.state_low[s] <= value < plan.state_high[s]) == plan.state_outside[s]:
            return False
    return True


@compiled
def _add_numbers(
    columns: Columns, plan: Sums, f: int, e: int, ring: int, states: Ints, sums: Ints, squares: Words
) -> None:
    for c in range(plan.first_channel[f], plan.first_channel[f + 1]):
        column = plan.channel_column[c]
        x = states[column] if column < STATES else columns.numbers[column - STATES, e]
        if x == NULL:
            continue
        sums[c, ring, 0] += 1
        sums[c, ring, 1] += x
        if plan.channel_extremes[c]:
            sums[c, ring, 2] = min(sums[c, ring, 2], x)
            sums[c, ring, 3] = max(sums[c, ring, 3], x)
        if plan.channel_squares[c]:
            high, low = square(x)
            increase(squares[c, ring], high, low)


@compiled
def _add_codes(columns: Columns, plan: Sums, f: int, e: int, ring: int, counts: Ints, nearest: Ints) -> None:
    """A code counts in the nearest ring where it was seen: all windows from there on hold it."""
    for d in range(plan.first_distinct[f], plan.first_distinct[f + 1]):
        code = columns.codes[plan.distinct_column[d], e]
        if code < 0 or nearest[d, code] <= ring:
            continue
        if nearest[d, code] < counts.shape[1]:
            counts[d, nearest[d, code]] -= 1
        counts[d, ring] += 1
        nearest[d, code] = ring


@compiled
def _collect(
    columns: Columns, program: Program, borrower: int, as_of: int, states: Ints, ordered: Ints, lengths: Ints
) -> None:
    """Fill the sequences with the ages and values of the events that count, as far back as each needs."""
    lengths[:] = 0
    farthest = program.sequences.length.max()
    for e in range(columns.starts[borrower], columns.starts[borrower + 1]):
        if columns.time[e] >= as_of:
            break
        if as_of - columns.time[e] > farthest or not _visible(columns, e, as_of):
            continue
        _look(columns, e, as_of, states)
        for f in program.sequences.filters:
            if _meets(columns, program.sums, f, e, as_of, states):
                _append(columns, program, f, e, as_of, states, ordered, lengths)


@compiled
def _append(
    columns: Columns, program: Program, f: int, e: int, as_of: int, states: Ints, ordered: Ints, lengths: Ints
) -> None:
    for s in range(program.sequences.first[f], program.sequences.first[f + 1]):
        if states[AGE] > program.sequences.length[s]:
            continue
        value = _value(columns, program.sums, program.sequences.column[s], e, as_of, states)
        if value != NULL:
            ordered[s, 0, lengths[s]] = states[AGE]
            ordered[s, 1, lengths[s]] = value
            lengths[s] += 1


@compiled
def _value(columns: Columns, plan: Sums, column: int, e: int, as_of: int, states: Ints) -> int:
    """A state, a number or a code; below 0 whether the event meets the filter ~column. NULL where missing."""
    if column < 0:
        return int(_meets(columns, plan, ~column, e, as_of, states))
    if column < STATES:
        return states[column]
    if column < STATES + len(columns.numbers):
        return columns.numbers[column - STATES, e]
    code = columns.codes[column - STATES - len(columns.numbers), e]
    return NULL if code < 0 else code


@compiled
def _add_up(sums: Ints, squares: Words, counts: Ints) -> None:
    """Rings → windows."""
    for ring in range(1, sums.shape[1]):
        for c in range(len(sums)):
            sums[c, ring, 0] += sums[c, ring - 1, 0]
            sums[c, ring, 1] += sums[c, ring - 1, 1]
            sums[c, ring, 2] = min(sums[c, ring, 2], sums[c, ring - 1, 2])
            sums[c, ring, 3] = max(sums[c, ring, 3], sums[c, ring - 1, 3])
            increase(squares[c, ring], squares[c, ring - 1, 0], squares[c, ring - 1, 1])
        for d in range(len(counts)):
            counts[d, ring] += counts[d, ring - 1]


@compiled
def _give(
    program: Program, sums: Ints, squares: Words, counts: Ints, ordered: Ints, lengths: Ints, out: Floats
) -> None:
    slots = program.slots
    for s in range(len(slots.word)):
        word, source, window = slots.word[s], slots.source[s], slots.window[s]
        if word == DISTINCT:
            out[s] = counts[source, window]
        elif word <= RADIUS:
            out[s] = _number(word, sums[source, window], squares[source, window], slots.scale[s])
        else:
            n, length = lengths[source], program.sums.windows[window]
            out[s] = word_of(word, ordered[source, :, :n], length, slots.scale[s], slots.parameter[s])


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
        return deviation(n, sums[1], squares[0], squares[1]) / scale
    if word == RADIUS:
        return np.sqrt(as_float(squares[0], squares[1]) / n) / scale
    return np.nan
