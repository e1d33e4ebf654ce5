"""The kernel for one application: the events are handed over as one array, and all that the plan needs as another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.features.arrange import Gathered, Layout, fill, layout_of
from creditscore.features.plan import Program, Sequences, Slots, Sums, TablePlan
from creditscore.features.verdicts import Bits, Verdicts
from creditscore.packed import Packed, pack, part

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

# Where each part's arrays begin; a verdicts' status is a number, and stands before.
_VERDICTS = 2
_SUMS = _VERDICTS + len(Verdicts._fields) - 1
_SEQUENCES = _SUMS + len(Sums._fields)
_SLOTS = _SEQUENCES + len(Sequences._fields)

# What a table's events may have, whatever the plan: all of `Gathered` but where borrowers begin, and the plan's own.
OWN = Gathered._fields[1:-2]


class Matrix(NamedTuple):
    """One borrower's events of a table, by time: a row for each of OWN, then for each of the plan's numbers and codes.

    Bit i of `present` is set where the i-th of OWN is there; the row of one that is not holds nothing of meaning.
    """

    columns: Ints
    present: int


def pack_plan(plan: TablePlan, verdicts: Verdicts) -> Packed:
    """A table's plan as one array: first the layout and the numbers that are no arrays, then all arrays."""
    *arrays, status = verdicts
    numbers = np.array([verdicts.words.shape[1], status, len(plan.numbers)])
    program = plan.program
    return pack([np.array(layout_of(plan)), numbers, *arrays, *program.sums, *program.sequences, *program.slots])


@compiled
def fill_one(columns: Ints, present: int, packed: Packed, as_of: int, out: Floats) -> int:
    """What `fill` does, for one application of the borrower of a `Matrix`; float64[1, aggregates]."""
    events, first, when = _gathered(columns, present, packed), np.zeros(1, np.int64), np.full(1, as_of)
    return int(fill(events, _layout(packed), _verdicts(packed), _program(packed), first, when, out))


@compiled
def _gathered(columns: Ints, present: int, packed: Packed) -> Gathered:
    c, has = columns, present
    codes = len(OWN) + _ints(packed, 1)[2]
    return Gathered(
        np.array([0, c.shape[1]]), _own(c, has, 0), _own(c, has, 1), _own(c, has, 2), _own(c, has, 3), _own(c, has, 4),
        _own(c, has, 5), _own(c, has, 6), _own(c, has, 7), _own(c, has, 8), _own(c, has, 9), _own(c, has, 10),
        c[len(OWN) : codes], c[codes:],
    )  # fmt: skip


@compiled
def _own(columns: Ints, present: int, i: int) -> Ints:
    found: Ints = columns[i] if present >> i & 1 else columns[i][:0]
    return found


@compiled
def _layout(packed: Packed) -> Layout:
    given = _ints(packed, 0)
    return Layout(given[0] != 0, given[1] != 0, given[2], given[3], given[4], given[5])


@compiled
def _verdicts(packed: Packed) -> Verdicts:
    width, status, _ = _ints(packed, 1)
    p, i = packed, _VERDICTS
    return Verdicts(
        _bits(p, i, width), _ints(p, i + 1), _ints(p, i + 2), _ints(p, i + 3), _ints(p, i + 4), _ints(p, i + 5),
        _bools(p, i + 6), _bits(p, i + 7, width), status,
    )  # fmt: skip


@compiled
def _program(packed: Packed) -> Program:
    p, i, j, k = packed, _SUMS, _SEQUENCES, _SLOTS
    sums = Sums(
        _ints(p, i), _ints(p, i + 1), _ints(p, i + 2), _ints(p, i + 3), _ints(p, i + 4), _ints(p, i + 5),
        _ints(p, i + 6), _bools(p, i + 7), _ints(p, i + 8), _ints(p, i + 9), _bools(p, i + 10), _bools(p, i + 11),
        _ints(p, i + 12), _ints(p, i + 13),
    )  # fmt: skip
    sequences = Sequences(_ints(p, j), _ints(p, j + 1), _ints(p, j + 2), _ints(p, j + 3))
    slots = Slots(_ints(p, k), _ints(p, k + 1), _ints(p, k + 2), _floats(p, k + 3), _floats(p, k + 4))
    return Program(sums, sequences, slots)


@compiled
def _ints(packed: Packed, i: int) -> Ints:
    found: Ints = part(packed, i, np.int64)
    return found


@compiled
def _bools(packed: Packed, i: int) -> Bools:
    found: Bools = part(packed, i, np.bool_)
    return found


@compiled
def _floats(packed: Packed, i: int) -> Floats:
    found: Floats = part(packed, i, np.float64)
    return found


@compiled
def _bits(packed: Packed, i: int, width: int) -> Bits:
    found: Bits = part(packed, i, np.uint64).reshape(-1, width)
    return found
