"""Rows → SHAP values and margins: for each group its cell, and for each of its columns one addition.

All ways of summing, one row or many, add the same numbers in the same order, so that they agree to the bit. Many rows
go through a group together: its table stays in a cache, and a step of the index is one comparison for many rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from creditscore.compiled import compiled
from creditscore.model.trees_kernel import Floats, Ints
from creditscore.reasons.bins import Codes, bin_of, place
from creditscore.reasons.cells import Layout, Places

# Rows that go through a group together: their sums stay in a second-level cache, nearly.
BLOCK = 1024
_ONE, _TWO = np.uint64(1), np.uint64(2)


class Columns(NamedTuple):
    """The bins of a model, as `Bins` holds them."""

    feature: Ints
    starts: Ints
    cuts: Floats


class Room(NamedTuple):
    """Where one row's bins, cells and sums are put down: a number a column, a group and a column."""

    bins: Codes
    cells: Codes
    sums: Floats


@compiled
def sum_rows(columns: Columns, layout: Layout, table: Floats, X: Floats, values: Floats, margins: Floats) -> None:
    """Add to every row's values and margin, in blocks of rows."""
    bins = np.empty((len(columns.feature), BLOCK), np.uint16)
    sums = np.empty((len(columns.feature), BLOCK))
    cell, places = np.empty(BLOCK, np.uint16), np.empty(BLOCK, np.uint64)
    for first in range(0, len(X), BLOCK):
        rows = min(BLOCK, len(X) - first)
        place(columns.cuts, columns.starts, columns.feature, X[first : first + rows], bins)
        sums[:] = 0.0
        for g in range(len(layout.base)):
            _find_cells(g, layout, bins, cell[:rows])
            if layout.folded[g]:
                _add_folded(g, layout, table, cell[:rows], sums, margins[first : first + rows])
            else:
                _add_cells(g, layout, table, cell[:rows], places, sums, margins[first : first + rows])
        for row in range(rows):
            for column in range(len(columns.feature)):
                values[first + row, columns.feature[column]] += sums[column, row]


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
def _add_folded(g: int, layout: Layout, table: Floats, cell: Codes, sums: Floats, margins: Floats) -> None:
    """Add the values of a leaf by itself: A of each row's pattern, less C of it without the column's condition."""
    first, start = layout.target_starts[g], layout.table_starts[g]
    size = layout.target_starts[g + 1] - first
    patterns, full = _ONE << size, (_ONE << size) - _ONE
    for i in range(size):
        column, others = sums[layout.target[first + i]], full ^ (_ONE << i)
        for row in range(len(cell)):
            met = np.uint64(cell[row])
            column[row] += table[start + patterns + met] - table[start + (met & others)]
    value = table[start + _TWO * patterns]
    for row in range(len(cell)):
        margins[row] += value if np.uint64(cell[row]) == full else 0.0


@compiled
def sum_row(columns: Columns, layout: Layout, table: Floats, x: Floats, room: Room, values: Floats) -> float:
    """Set one row's values, and give its margin.

    All cells are found before any is read, and read for the margin before the values, so that reads wait together.
    """
    for column in range(len(columns.feature)):
        first, last = columns.starts[column], columns.starts[column + 1]
        room.bins[column] = bin_of(columns.cuts, first, last, x[columns.feature[column]])
    _find_row(layout, room.bins, room.cells)
    margin = _margin_of(layout, table, room.cells)
    room.sums[:] = 0.0
    _add_row(layout, table, room.cells, room.sums)
    for column in range(len(columns.feature)):
        values[columns.feature[column]] = room.sums[column]
    return margin


@compiled
def _find_row(layout: Layout, bins: Codes, cells: Codes) -> None:
    """The number of a row's cell in each group; without a branch, as none could be foreseen."""
    for g in range(len(layout.base)):
        cell = np.uint32(layout.base[g])
        for s in range(layout.step_starts[g], layout.step_starts[g + 1]):
            cell += np.uint32(layout.delta[s]) * np.uint32(bins[layout.step_column[s]] >= layout.edge[s])
        cells[g] = cell & np.uint32(0xFFFF)


@compiled
def _margin_of(layout: Layout, table: Floats, cells: Codes) -> float:
    """A row's margin."""
    margin = 0.0
    for g in range(len(layout.base)):
        cell, start, size = (
            np.uint64(cells[g]),
            layout.table_starts[g],
            layout.target_starts[g + 1] - layout.target_starts[g],
        )
        if not layout.folded[g]:
            margin += table[start + (size + _ONE) * cell + size]
        elif cell == (_ONE << size) - _ONE:
            margin += table[start + (_TWO << size)]
    return margin


@compiled
def _add_row(layout: Layout, table: Floats, cells: Codes, sums: Floats) -> None:
    """Add a row's cells to its sums."""
    for g in range(len(layout.base)):
        cell, start, first = np.uint64(cells[g]), layout.table_starts[g], layout.target_starts[g]
        size = layout.target_starts[g + 1] - first
        if layout.folded[g]:
            whole = table[start + (_ONE << size) + cell]
            for i in range(size):
                sums[layout.target[first + i]] += whole - table[start + (cell & ~(_ONE << i))]
        else:
            for i in range(size):
                sums[layout.target[first + i]] += table[start + (size + _ONE) * cell + i]
