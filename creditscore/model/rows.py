"""Rows of a matrix in a file, as LightGBM asks for them: training takes them where memory would not hold them."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from creditscore.features.matrix_file import BATCH, MatrixFile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class RowsOf(lightgbm.Sequence):  # type: ignore[misc]
    """`chosen` are the rows' numbers, rising, all without it."""

    batch_size = BATCH

    def __init__(self, matrix: MatrixFile, chosen: Ints | None = None) -> None:
        self.matrix = matrix
        self.chosen = np.arange(len(matrix)) if chosen is None else chosen
        self.shape = (len(self.chosen), matrix.shape[1])

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, asked: Any) -> Floats:
        rows = np.atleast_1d(self.chosen[asked])
        if not len(rows):
            return np.empty((0, self.shape[1]))
        found = self.matrix[rows]
        return found if np.ndim(self.chosen[asked]) else found[0]
