"""A matrix in a file, read in blocks of rows: LightGBM takes it where memory would not hold it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from creditscore.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Rows read at a time.
BATCH = 1 << 15


class MatrixFile:
    """float64[rows, columns] in a file, row after row, written in blocks and read by rows; never mapped into memory."""

    def __init__(self, path: Path, columns: int) -> None:
        self.path, self.columns = path, columns

    def __len__(self) -> int:
        return self.path.stat().st_size // (8 * self.columns) if self.path.exists() else 0

    def append(self, block: Floats) -> None:
        """Add rows, float64[rows, columns]. Raises InputError for another width."""
        if block.ndim != 2 or block.shape[1] != self.columns:
            raise InputError(f"a matrix of {self.columns} columns: expected rows of as many, got {block.shape}")
        with self.path.open("ab") as file:
            file.write(np.ascontiguousarray(block, np.float64).data)

    def read(self, first: int, last: int) -> Floats:
        """The rows first … last − 1."""
        values = np.fromfile(self.path, np.float64, (last - first) * self.columns, offset=8 * self.columns * first)
        return values.reshape(-1, self.columns)

    def blocks(self) -> Iterator[tuple[int, Floats]]:
        """All rows in blocks, each with the number of its first."""
        for first in range(0, len(self), BATCH):
            yield first, self.read(first, min(first + BATCH, len(self)))


class RowsOf(lightgbm.Sequence):  # type: ignore[misc]
    """Rows of a matrix in a file, as LightGBM asks for them; `chosen` are their numbers, rising, all without it."""

    batch_size = BATCH

    def __init__(self, matrix: MatrixFile, chosen: Ints | None = None) -> None:
        self.matrix = matrix
        self.chosen = np.arange(len(matrix)) if chosen is None else chosen
        self.shape = (len(self.chosen), matrix.columns)

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, asked: Any) -> Floats:
        rows = self.chosen[asked]
        if np.ndim(rows) == 0:
            row: Floats = self.matrix.read(int(rows), int(rows) + 1)[0]
            return row
        if not len(rows):
            return np.empty((0, self.matrix.columns))
        first = int(rows[0])
        block: Floats = self.matrix.read(first, int(rows[-1]) + 1)[rows - first]
        return block
