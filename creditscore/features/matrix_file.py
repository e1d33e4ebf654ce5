"""A feature matrix in a file, for more applications than memory holds: written and read by rows, never all at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Rows read at a time.
BATCH = 1 << 15


class MatrixFile:
    """float64[rows, columns] in a file, row after row; `matrix[rows]` reads some rows, rising or a slice, as an array.

    `kept` are the columns that are read, all without it.
    """

    def __init__(self, path: Path, columns: int, kept: Ints | None = None) -> None:
        self.path, self.columns, self.kept = path, columns, kept

    def __len__(self) -> int:
        return self.path.stat().st_size // (8 * self.columns) if self.path.exists() else 0

    @property
    def shape(self) -> tuple[int, int]:
        return len(self), self.columns if self.kept is None else len(self.kept)

    def only(self, columns: Ints) -> MatrixFile:
        """The same rows, of some columns."""
        return MatrixFile(self.path, self.columns, columns if self.kept is None else self.kept[columns])

    def make(self, rows: int) -> None:
        """Room for so many rows; what is not written reads as 0."""
        with self.path.open("wb") as file:
            file.truncate(8 * self.columns * rows)

    def write(self, rows: Ints, block: Floats) -> None:
        """Put rows down, float64[rows, columns], at their numbers. Raises InputError for another shape."""
        if block.shape != (len(rows), self.columns):
            raise InputError(
                f"a matrix of {self.columns} columns: expected {len(rows)} rows of as many, got {block.shape}"
            )
        if len(rows):
            # mapped for this block alone, so that its pages are not counted as ours afterwards
            np.memmap(self.path, np.float64, "r+", shape=(len(self), self.columns))[rows] = block

    def __getitem__(self, rows: slice | Ints) -> Floats:
        if isinstance(rows, slice):
            first, last, step = rows.indices(len(self))
            return self._read(first, max(first, last))[::step]
        wanted = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        found = np.empty((len(wanted), self.shape[1]))
        for at in range(0, len(wanted), BATCH):
            own = wanted[at : at + BATCH]
            found[at : at + BATCH] = self._some(own)
        return found

    def blocks(self, rows: Ints | None = None) -> Iterator[tuple[slice, Floats]]:
        """All rows, or some that rise, in blocks; each with its place among them."""
        wanted = np.arange(len(self)) if rows is None else rows
        for at in range(0, len(wanted), BATCH):
            yield slice(at, at + BATCH), self[wanted[at : at + BATCH]]

    def _some(self, rows: Ints) -> Floats:
        """Rows that may lie apart: those of one stretch are read together."""
        ends = np.flatnonzero(np.diff(rows) > _NEAR) + 1
        return np.concatenate([self._read(int(run[0]), int(run[-1]) + 1)[run - run[0]] for run in np.split(rows, ends)])

    def _read(self, first: int, last: int) -> Floats:
        values = np.fromfile(self.path, np.float64, (last - first) * self.columns, offset=8 * self.columns * first)
        block = values.reshape(-1, self.columns)
        return block if self.kept is None else block[:, self.kept]


# Rows nearer to each other than this are read in one go, with those between them.
_NEAR = 64
Matrix = Floats | MatrixFile


def blocks_of(matrix: Any, rows: Ints | None = None) -> Iterator[tuple[slice, Floats]]:
    """A matrix, in memory or in a file, or some of its rows, in blocks; each with its place among them."""
    if isinstance(matrix, MatrixFile):
        yield from matrix.blocks(rows)
    else:
        yield slice(0, len(matrix) if rows is None else len(rows)), matrix if rows is None else matrix[rows]
