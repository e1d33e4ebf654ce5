"""Rows → SHAP values and margins: for each group its cell, and for each of its columns one addition.

All ways of summing, one row or many, add the same numbers in the same order, so that they agree to the bit. Many rows
go through a group together: its table stays in a cache, and a step of the index is one comparison for many rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

from creditscore.compiled import compiled
from creditscore.model.trees_kernel import Floats, Ints
from creditscore.reasons.bins import Codes, bin_of, place
from creditscore.reasons.cells import Layout, Numbers, Places, Turns

# Rows that go through a group together: their sums stay in a second-level cache, nearly.
BLOCK = 1024
# Groups between asking for a row's cell and reading it: as many as the memory's answer takes.
_AHEAD = 16
_ONE, _TWO = np.uint64(1), np.uint64(2)


@intrinsic
def ask_for(_: Any, array: Any, index: Any) -> Any:
    """Have the processor fetch array[index] into its cache, and go on without waiting."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        where = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        number = cgutils.int32_t
        kind = cgutils.ir.FunctionType(cgutils.ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(prefetch, [where, number(0), number(3), number(1)])  # to read, into the nearest cache, as data
        return context.get_dummy_value()

    return types.none(array, index), generate


class Columns(NamedTuple):
    """The bins of a model, as `Bins` holds them."""

    feature: Ints
    starts: Ints
    cuts: Floats


class Room(NamedTuple):
    """Where one row's cells, their places in the table and its sums are put down: a number a group, or a column."""

    cells: Codes
    places: Places
    sums: Floats


@compiled
def sum_rows(columns: Columns, layout: Layout, table: Floats, X: Floats, values: Floats, margins: Floats) -> None:
    """Add to every row's values and margin, in blocks of rows."""
    bins = np.empty((len(columns.feature), BLOCK), np.uint16)
    sums = np.empty((len(columns.feature), BLOCK))
    cell, places, whole = np.empty(BLOCK, np.uint16), np.empty(BLOCK, np.uint64), np.empty(BLOCK)
    for first in range(0, len(X), BLOCK):
        rows = min(BLOCK, len(X) - first)
        place(columns.cuts, columns.starts, columns.feature, X[first : first + rows], bins)
        sums[:] = 0.0
        for g in range(len(layout.base)):
            _find_cells(g, layout, bins, cell[:rows])
            if layout.folded[g]:
                _add_folded(g, layout, table, cell[:rows], whole[:rows], sums, margins[first : first + rows])
            else:
                _add_cells(g, layout, table, cell[:rows], places, sums, margins[first : first + rows])
        add_columns(columns.feature, sums, values[first : first + rows])


@compiled
def add_columns(feature: Ints, sums: Floats, values: Floats) -> None:
    """Add sums[column, row] to values[row, the column's feature]."""
    for row in range(len(values)):
        for column in range(len(feature)):
            values[row, feature[column]] += sums[column, row]


@compiled
def _find_cells(g: int, layout: Layout, bins: Codes, cell: Codes) -> None:
    """The number of each row's cell in a group."""
    cell[:] = layout.base[g]
    for s in range(layout.step_starts[g], layout.step_starts[g + 1]):
        edge, delta, column = layout.edge[s], layout.delta[s], bins[layout.step_column[s]]
        for row in range(len(cell)):
            cell[row] += delta if column[row] >= edge else np.uint16(0)


@compiled
def _add_cells(
    g: int, layout: Layout, table: Floats, cell: Codes, places: Places, sums: Floats, margins: Floats
) -> None:
    """Add each row's cell to its sums."""
    first, start = layout.target_starts[g], layout.table_starts[g]
    size = layout.target_starts[g + 1] - first
    for row in range(len(cell)):
        places[row] = start + (size + _ONE) * np.uint64(cell[row])
    for i in range(size):
        column = sums[layout.target[first + i]]
        for row in range(len(cell)):
            column[row] += table[places[row] + i]
    for row in range(len(cell)):
        margins[row] += table[places[row] + size]


@compiled
def _add_folded(
    g: int, layout: Layout, table: Floats, cell: Codes, whole: Floats, sums: Floats, margins: Floats
) -> None:
    """Add the values of a leaf by itself: A of each row's pattern, less C of it without the column's condition."""
    first, start = layout.target_starts[g], layout.table_starts[g]
    size = layout.target_starts[g + 1] - first
    full = (_ONE << size) - _ONE
    value, mean = table[start + full + _ONE], table[start + full + _TWO]
    whole[:] = 0.0
    for i in range(size):
        others = full ^ (_ONE << i)
        for row in range(len(cell)):
            whole[row] += table[start + (np.uint64(cell[row]) & others)]
    for row in range(len(cell)):
        paid = value if np.uint64(cell[row]) == full else 0.0
        margins[row] += paid
        whole[row] = (whole[row] + (paid - mean)) / size
    for i in range(size):
        column, others = sums[layout.target[first + i]], full ^ (_ONE << i)
        for row in range(len(cell)):
            column[row] += whole[row] - table[start + (np.uint64(cell[row]) & others)]


@compiled
def sum_row(
    columns: Columns, layout: Layout, turns: Turns, table: Floats, x: Floats, room: Room, values: Floats
) -> float:
    """Set one row's values, and give its margin."""
    _find_row(columns, layout.base, turns, x, room.cells)
    room.sums[:] = 0.0
    margin = _add_row(layout, table, room.cells, room.places, room.sums)
    for column in range(len(columns.feature)):
        values[columns.feature[column]] = room.sums[column]
    return margin


@compiled
def _find_row(columns: Columns, base: Codes, turns: Turns, x: Floats, cells: Codes) -> None:
    """The number of a row's cell in each group."""
    cells[:] = base
    for c in range(len(columns.feature)):
        b = bin_of(columns.cuts, columns.starts[c], columns.starts[c + 1], x[columns.feature[c]])
        for s in range(turns.ends[turns.first[c]], turns.ends[turns.first[c] + np.uint64(b)]):
            cells[turns.group[s]] += turns.delta[s]


@compiled
def _add_row(layout: Layout, table: Floats, cells: Codes, places: Places, sums: Floats) -> float:
    """Add a row's cells to its sums, and give its margin; each is asked for some groups ahead of when it is read."""
    margin = 0.0
    for g in range(len(cells) + _AHEAD):
        if g < len(cells):
            size = layout.target_starts[g + 1] - layout.target_starts[g]
            if layout.folded[g]:
                _ask_for_pattern(layout.table_starts[g], np.uint64(cells[g]), size, table)
            else:
                places[g] = layout.table_starts[g] + (size + _ONE) * np.uint64(cells[g])
                ask_for(table, places[g])
                ask_for(table, places[g] + size)
        if g >= _AHEAD:
            h = g - _AHEAD
            first, start = layout.target_starts[h], layout.table_starts[h]
            size = layout.target_starts[h + 1] - first
            if layout.folded[h]:
                margin += _add_pattern(first, size, start, np.uint64(cells[h]), layout.target, table, sums)
            else:
                for i in range(size):
                    sums[layout.target[first + i]] += table[places[h] + i]
                margin += table[places[h] + size]
    return margin


@compiled
def _ask_for_pattern(start: int, met: int, size: int, table: Floats) -> None:
    for i in range(size):
        ask_for(table, start + (met & ~(_ONE << i)))


@compiled
def _add_pattern(first: int, size: int, start: int, met: int, target: Numbers, table: Floats, sums: Floats) -> float:
    """Add the values of a leaf by itself, and give its margin."""
    full = (_ONE << size) - _ONE
    paid = table[start + full + _ONE] if met == full else 0.0
    whole = 0.0
    for i in range(size):
        whole += table[start + (met & ~(_ONE << i))]
    whole = (whole + (paid - table[start + full + _TWO])) / size
    for i in range(size):
        sums[target[first + i]] += whole - table[start + (met & ~(_ONE << i))]
    return paid
