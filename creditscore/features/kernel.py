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
from creditscore.features.wide import Words, as_float, deviation, increase, square
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


class Scratch(NamedTuple):
    """What one borrower's pass needs, made once for all: events count from 0 for the borrower's first.

    `rings` and `states` by event; picked[f, : lengths[f]] are filter f's events; `sums`, `squares` and `counts` by
    channel or distinct, and window; `nearest` is for counting; sequences[s, :, : sequence_lengths[s]] ages and values.
    """

    rings: Ints
    states: Ints
    picked: Ints
    lengths: Ints
    sums: Ints
    squares: Words
    counts: Ints
    nearest: Ints
    sequences: Ints
    sequence_lengths: Ints


# de Bruijn's sequence: the position of a lone bit by one multiplication and one look-up.
_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_POSITION = np.zeros(64, dtype=np.int64)
for _bit in range(64):
    _POSITION[((1 << _bit) * int(_BRUIJN) & 0xFFFFFFFFFFFFFFFF) >> 58] = _bit
_ZERO, _ONE, _TOP = np.uint64(0), np.uint64(1), np.uint64(58)


@compiled
def aggregate(columns: Columns, program: Program, borrowers: Ints, as_of: Ints, out: Floats) -> None:
    """Fill `out`, a row an application: its borrower's events before as_of, by slot; float64, missing NaN."""
    scratch = _scratch(program, _most_events(columns.starts, borrowers))
    for i in range(len(borrowers)):
        first, last = columns.starts[borrowers[i]], columns.starts[borrowers[i] + 1]
        if _see(columns, program.sums.windows, first, last, as_of[i], scratch.rings, scratch.states):
            _pick(columns, program.sums, first, last, as_of[i], scratch)
            _sum(columns.numbers, program.sums, first, scratch)
            _count(columns.codes, program.sums, first, scratch)
            _put_in_order(columns, program, first, scratch)
            _give(program, scratch, out[i])
        else:
            out[i, :] = np.nan


@compiled
def _most_events(starts: Ints, borrowers: Ints) -> int:
    most = 0
    for b in borrowers:
        most = max(most, starts[b + 1] - starts[b])
    return most


@compiled
def _scratch(program: Program, most: int) -> Scratch:
    plan = program.sums
    rings, filters = len(plan.windows), len(plan.first_clause) - 1
    channels, distincts, sequences = len(plan.channel_column), len(plan.distinct_column), len(program.sequences.column)
    return Scratch(
        np.empty(most, np.int64),
        np.empty((STATES, most), np.int64),
        np.empty((filters, most), np.int64),
        np.empty(filters, np.int64),
        np.empty((channels, rings, 4), np.int64),
        np.empty((channels, rings, 2), np.uint64),
        np.empty((distincts, rings), np.int64),
        np.empty(most, np.int64),
        np.empty((sequences, 2, most), np.int64),
        np.empty(sequences, np.int64),
    )


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
def seen(columns: Columns, borrowers: Ints, as_of: Ints) -> npt.NDArray[np.bool_]:
    """Whether each application's borrower has any event that counts, in a window or not."""
    found = np.zeros(len(borrowers), np.bool_)
    for i in range(len(borrowers)):
        for e in range(columns.starts[borrowers[i]], columns.starts[borrowers[i] + 1]):
            if columns.time[e] >= as_of[i] or found[i]:
                break
            found[i] = _visible(columns, e, as_of[i])
    return found


@compiled
def _see(columns: Columns, windows: Ints, first: int, last: int, as_of: int, rings: Ints, states: Ints) -> bool:
    """Set each event's ring, −1 where it has none, and its states; say whether any counts, in a ring or not."""
    time, known_at, superseded_at = columns.time, columns.known_at, columns.superseded_at
    seen, ring = False, len(windows)
    rings[: last - first] = -1
    for e in range(first, last):
        age = as_of - time[e]
        if age <= 0:
            break
        if known_at[e] < as_of and not superseded_at[e] < as_of:
            seen = True
            # Oldest first, so that rings only become smaller.
            while ring > 0 and age <= windows[ring - 1]:
                ring -= 1
            if ring < len(windows):
                rings[e - first], states[AGE, e - first] = ring, age
    if len(columns.due_at):
        for e in range(first, last):
            if rings[e - first] >= 0:
                _look(columns, e, as_of, states[:, e - first])
    return seen


@compiled
def _visible(columns: Columns, e: int, as_of: int) -> bool:
    return columns.known_at[e] < as_of and not columns.superseded_at[e] < as_of


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
def _pick(columns: Columns, plan: Sums, first: int, last: int, as_of: int, scratch: Scratch) -> None:
    """List each filter's events, oldest first, by the clauses that they meet."""
    rings, states, picked, lengths = scratch.rings, scratch.states, scratch.picked, scratch.lengths
    clause_filter, first_state, status_from = plan.clause_filter, plan.first_state, columns.status_from
    lengths[:] = 0
    for word in range(len(columns.bits)):
        bits, unknown_bits = columns.bits[word], columns.unknown_bits[word]
        for e in range(first, last):
            if rings[e - first] < 0:
                continue
            mask = bits[e] if status_from[e] < as_of else unknown_bits[e]
            while mask:
                clause = 64 * word + _POSITION[((mask & (~mask + _ONE)) * _BRUIJN) >> _TOP]
                mask &= mask - _ONE
                if first_state[clause] < first_state[clause + 1] and not _in_state(plan, clause, states[:, e - first]):
                    continue
                f = clause_filter[clause]
                if lengths[f] == 0 or picked[f, lengths[f] - 1] != e - first:
                    picked[f, lengths[f]] = e - first
                    lengths[f] += 1


@compiled
def _meets(columns: Columns, plan: Sums, f: int, e: int, as_of: int, states: Ints) -> bool:
    """Whether the event meets one of the filter's clauses."""
    bits = columns.bits if columns.status_from[e] < as_of else columns.unknown_bits
    for clause in range(plan.first_clause[f], plan.first_clause[f + 1]):
        met = (bits[clause // 64, e] >> np.uint64(clause % 64)) & _ONE
        if met and _in_state(plan, clause, states):
            return True
    return False


@compiled
def _in_state(plan: Sums, clause: int, states: Ints) -> bool:
    for s in range(plan.first_state[clause], plan.first_state[clause + 1]):
        value = states[plan.state_column[s]]
        if (plan.state_low[s] <= value < plan.state_high[s]) == plan.state_outside[s]:
            return False
    return True


@compiled
def _sum(numbers: Ints, plan: Sums, first: int, scratch: Scratch) -> None:
    """Every channel's sums by window."""
    for f in range(len(plan.first_channel) - 1):
        picked = scratch.picked[f, : scratch.lengths[f]]
        for c in range(plan.first_channel[f], plan.first_channel[f + 1]):
            sums, squares, column = scratch.sums[c], scratch.squares[c], plan.channel_column[c]
            values = scratch.states[column] if column < STATES else numbers[column - STATES, first:]
            _add_numbers(values, picked, scratch.rings, plan.channel_extremes[c], sums)
            if plan.channel_squares[c]:
                _add_squares(values, picked, scratch.rings, squares)


@compiled
def _add_numbers(values: Ints, picked: Ints, rings: Ints, extremes: bool, sums: Ints) -> None:
    """Number, sum, least and greatest by ring, and then by window."""
    sums[:, :2], sums[:, 2], sums[:, 3] = 0, NEVER, NULL
    for e in picked:
        x, ring = values[e], rings[e]
        if x != NULL:
            sums[ring, 0] += 1
            sums[ring, 1] += x
            if extremes:
                sums[ring, 2] = min(sums[ring, 2], x)
                sums[ring, 3] = max(sums[ring, 3], x)
    for ring in range(1, len(sums)):
        sums[ring, 0] += sums[ring - 1, 0]
        sums[ring, 1] += sums[ring - 1, 1]
        sums[ring, 2] = min(sums[ring, 2], sums[ring - 1, 2])
        sums[ring, 3] = max(sums[ring, 3], sums[ring - 1, 3])


@compiled
def _add_squares(values: Ints, picked: Ints, rings: Ints, squares: Words) -> None:
    """The sum of squares by ring, and then by window."""
    squares[:] = _ZERO
    for e in picked:
        if values[e] != NULL:
            high, low = square(values[e])
            increase(squares[rings[e]], high, low)
    for ring in range(1, len(squares)):
        increase(squares[ring], squares[ring - 1, 0], squares[ring - 1, 1])


@compiled
def _count(codes: Ints, plan: Sums, first: int, scratch: Scratch) -> None:
    """How many different codes every window has."""
    for f in range(len(plan.first_distinct) - 1):
        picked = scratch.picked[f, : scratch.lengths[f]]
        for d in range(plan.first_distinct[f], plan.first_distinct[f + 1]):
            _add_codes(
                codes[plan.distinct_column[d], first:], picked, scratch.rings, scratch.nearest, scratch.counts[d]
            )


@compiled
def _add_codes(codes: Ints, picked: Ints, rings: Ints, nearest: Ints, counts: Ints) -> None:
    """A code counts in the nearest ring where it was seen: all windows from there on hold it."""
    counts[:] = 0
    nearest[:] = len(counts)
    for e in picked:
        code, ring = codes[e], rings[e]
        if code >= 0 and ring < nearest[code]:
            if nearest[code] < len(counts):
                counts[nearest[code]] -= 1
            counts[ring] += 1
            nearest[code] = ring
    for ring in range(1, len(counts)):
        counts[ring] += counts[ring - 1]


@compiled
def _put_in_order(columns: Columns, program: Program, first: int, scratch: Scratch) -> None:
    """Fill the sequences with the ages and values of their filter's events, as far back as each needs."""
    order = program.sequences
    for f in order.filters:
        picked = scratch.picked[f, : scratch.lengths[f]]
        for s in range(order.first[f], order.first[f + 1]):
            column = order.column[s]
            if column < 0:
                values = _membership(scratch.picked[~column, : scratch.lengths[~column]], scratch.nearest)
            elif column < STATES:
                values = scratch.states[column]
            elif column < STATES + len(columns.numbers):
                values = columns.numbers[column - STATES, first:]
            else:
                values = columns.codes[column - STATES - len(columns.numbers), first:]
            missing = NULL if column < STATES + len(columns.numbers) else -1
            ages, sequence = scratch.states[AGE], scratch.sequences[s]
            scratch.sequence_lengths[s] = _in_order(values, missing, picked, ages, order.length[s], sequence)


@compiled
def _membership(picked: Ints, marks: Ints) -> Ints:
    """1 where an event is among those picked, else 0; in `marks`."""
    marks[:] = 0
    for e in picked:
        marks[e] = 1
    return marks


@compiled
def _in_order(values: Ints, missing: int, picked: Ints, ages: Ints, length: int, sequence: Ints) -> int:
    n = 0
    for e in picked:
        if ages[e] <= length and values[e] != missing:
            sequence[0, n], sequence[1, n] = ages[e], values[e]
            n += 1
    return n


@compiled
def _give(program: Program, scratch: Scratch, out: Floats) -> None:
    slots, windows = program.slots, program.sums.windows
    for s in range(len(slots.word)):
        word, source, window = slots.word[s], slots.source[s], slots.window[s]
        if word == DISTINCT:
            out[s] = scratch.counts[source, window]
        elif word <= RADIUS:
            out[s] = _number(word, scratch.sums[source, window], scratch.squares[source, window], slots.scale[s])
        else:
            events = scratch.sequences[source, :, : scratch.sequence_lengths[source]]
            out[s] = word_of(word, events, windows[window], slots.scale[s], slots.parameter[s])


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
