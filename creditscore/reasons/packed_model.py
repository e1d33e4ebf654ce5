"""The sums for one row: what a model needs besides the row and its tables is handed over as one array."""

from __future__ import annotations

import numpy as np

from creditscore.compiled import compiled
from creditscore.model.trees_kernel import Floats
from creditscore.packed import Packed, pack, part
from creditscore.reasons.cells import Layout, Turns
from creditscore.reasons.sums import Columns, Room, sum_row

_LAYOUT = len(Columns._fields)
_TURNS = _LAYOUT + len(Layout._fields)


def pack_model(columns: Columns, layout: Layout, turns: Turns) -> Packed:
    """Where a row's values fall, and which cells they make, as one array."""
    return pack([*columns, *layout, *turns])


@compiled
def sum_one(packed: Packed, table: Floats, X: Floats, values: Floats, margins: Floats) -> None:
    """Set the values and the margin of the one row of X, float64[1, features]."""
    columns, layout = _columns(packed), _layout(packed)
    groups = len(layout.base)
    room = Room(np.empty(groups, np.uint16), np.empty(groups, np.uint64), np.empty(len(columns.feature)))
    margins[0] = sum_row(columns, layout, _turns(packed), table, X[0], room, values[0])


@compiled
def _columns(p: Packed) -> Columns:
    return Columns(part(p, 0, np.int64), part(p, 1, np.int64), part(p, 2, np.float64))


@compiled
def _layout(p: Packed) -> Layout:
    i = _LAYOUT
    return Layout(
        part(p, i, np.bool_), part(p, i + 1, np.uint16), part(p, i + 2, np.uint64), part(p, i + 3, np.uint32),
        part(p, i + 4, np.uint16), part(p, i + 5, np.uint16), part(p, i + 6, np.uint64), part(p, i + 7, np.uint32),
        part(p, i + 8, np.uint64),
    )  # fmt: skip


@compiled
def _turns(p: Packed) -> Turns:
    i = _TURNS
    return Turns(part(p, i, np.uint64), part(p, i + 1, np.uint64), part(p, i + 2, np.uint32), part(p, i + 3, np.uint16))
