"""Which events meet which clauses: one bit each, for all that does not depend on the instant of decision.

A clause is a conjunction. So each category column has a row of bits for each of its words, those of the clauses that
the word does not rule out, and an event's bits are its words' rows, and-ed, less the clauses whose numbers it misses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.features.columns import NULL, READABLE
from creditscore.features.conditions import Clause, OneOf, Within
from creditscore.features.plan import TablePlan, integer_range

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint64]


class Verdicts(NamedTuple):
    """What decides on the clauses: of a table's words (`words_of`), and of its numbers.

    The row of code c of the plan's code column j is first_word[j] + min(c, known[j]), as no clause asks for words from
    known[j] on, and that of a missing one first_word[j] − 1; for columns that no clause asks for, first_word is −1. A
    number is to be low <= x < high (where low > high, round the clock), or not if `denied`; `clauses` ask for that.
    `status` is the place of the status among the code columns, or −1.
    """

    words: Bits
    first_word: Ints
    known: Ints
    number: Ints
    low: Ints
    high: Ints
    denied: Bools
    clauses: Bits
    status: int


def verdicts_of(plan: TablePlan, words: Sequence[Sequence[str | None]]) -> Verdicts:
    """What decides on a plan's clauses where each of its code columns has these words, and maybe others unasked for."""
    rows, first = [np.empty((0, _width(plan)), np.uint64)], []
    for column, known in zip(plan.codes, words, strict=True):
        asked = _asked(plan.clauses, column)
        first.append(1 + sum(map(len, rows)) if asked else -1)
        if asked:
            rows.append(_rows(asked, known, _all(plan)))
    within = list(dict.fromkeys(_numbers(plan.clauses)))
    ends = [integer_range(one, READABLE[plan.table][one.column].scale) for one, _ in within]
    return Verdicts(
        words=np.concatenate([*rows, _all(plan)[None]]),
        first_word=np.array(first, dtype=np.int64),
        known=np.array([len(known) for known in words], dtype=np.int64),
        number=np.array([plan.numbers.index(one.column) for one, _ in within], dtype=np.int64),
        low=np.array([low for low, _ in ends], dtype=np.int64),
        high=np.array([high for _, high in ends], dtype=np.int64),
        denied=np.array([denied for _, denied in within], dtype=np.bool_),
        clauses=np.array([_asking(plan, one) for one in within], dtype=np.uint64).reshape(-1, _width(plan)),
        status=plan.codes.index("status") if _asked(plan.clauses, "status") else -1,
    )


def _width(plan: TablePlan) -> int:
    return max(1, -(-len(plan.clauses) // 64))


def _all(plan: TablePlan) -> Bits:
    return _bits(plan, range(len(plan.clauses)))


def _bits(plan: TablePlan, clauses: Iterable[int]) -> Bits:
    row = np.zeros(_width(plan), dtype=np.uint64)
    for c in clauses:
        row[c // 64] |= np.uint64(1) << np.uint64(c % 64)
    return row


def _asking(plan: TablePlan, literal: tuple[Within, bool]) -> Bits:
    return _bits(plan, [c for c, clause in enumerate(plan.clauses) if literal in clause.settled])


def _numbers(clauses: Iterable[Clause]) -> Iterable[tuple[Within, bool]]:
    return ((one, denied) for clause in clauses for one, denied in clause.settled if isinstance(one, Within))


Asked = list[tuple[int, OneOf, bool]]


def _asked(clauses: Sequence[Clause], column: str) -> Asked:
    """The clauses' conditions on the column's words."""
    return [
        (c, one, denied)
        for c, clause in enumerate(clauses)
        for one, denied in clause.settled
        if isinstance(one, OneOf) and one.column == column
    ]


def _rows(asked: Asked, words: Sequence[str | None], everything: Bits) -> Bits:
    """A row for a missing word, then one for each word, and one for all others."""
    asked_for = {word for _, one, _ in asked for word in one.values}
    rows = np.empty((2 + len(words), len(everything)), dtype=np.uint64)
    rows[:] = _row(asked, None, everything)
    for i, word in enumerate(words, start=1):
        if word in asked_for:
            rows[i] = _row(asked, word, everything)
    return rows


def mentioned(plan: TablePlan, column: str) -> tuple[str, ...]:
    """The words of a column that the plan's clauses ask for."""
    return tuple(dict.fromkeys(word for _, one, _ in _asked(plan.clauses, column) for word in one.values))


def _row(asked: Asked, word: str | None, everything: Bits) -> Bits:
    row = everything.copy()
    for c, one, denied in asked:
        if (word in one.values) == denied:
            row[c // 64] &= ~(np.uint64(1) << np.uint64(c % 64))
    return row


@compiled
def give_verdicts(codes: Ints, numbers: Ints, verdicts: Verdicts) -> tuple[Bits, Bits]:
    """Each event's bits, uint64[words of 64 clauses, events]: with its status, and while that is not known."""
    width, n = verdicts.words.shape[1], numbers.shape[1]
    bits = np.empty((width, n), np.uint64)
    unknown = bits if verdicts.status < 0 else np.empty((width, n), np.uint64)
    asked = np.flatnonzero(verdicts.first_word >= 0)
    everything = len(verdicts.words) - 1
    for e in range(n):
        for w in range(width):
            met = verdicts.words[everything, w]
            for j in asked:
                if j != verdicts.status:
                    met &= verdicts.words[verdicts.first_word[j] + min(codes[j, e], verdicts.known[j]), w]
            for i in range(len(verdicts.number)):
                if met & verdicts.clauses[i, w] and not _is_met(verdicts, i, numbers[verdicts.number[i], e]):
                    met &= ~verdicts.clauses[i, w]
            bits[w, e] = met
            if verdicts.status >= 0:
                first = verdicts.first_word[verdicts.status]
                unknown[w, e] = met & verdicts.words[first - 1, w]
                code = min(codes[verdicts.status, e], verdicts.known[verdicts.status])
                bits[w, e] = met & verdicts.words[first + code, w]
    return bits, unknown


@compiled
def _is_met(verdicts: Verdicts, i: int, x: int) -> bool:
    """Whether the number is inside its range, which runs round where it ends before it begins, or denied to be."""
    low, high = verdicts.low[i], verdicts.high[i]
    inside = (x >= low) & (x < high) if low <= high else (x >= low) | (x < high)
    return bool((inside and x != NULL) != verdicts.denied[i])
