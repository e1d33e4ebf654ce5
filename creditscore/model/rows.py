"""Rows of a matrix in a file, as LightGBM asks for them: training takes them where memory would not hold them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from creditscore.features.matrix_file import BATCH, MatrixFile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class RowsOf(lightgbm.Sequence):  # type: ignore[misc]
    """`chosen` are the rows' numbers, rising, all without it; `change` makes of their values, and of their places among
    the chosen, what is to be seen of them.
    """

    batch_size = BATCH

    def __init__(
        self, matrix: MatrixFile, chosen: Ints | None = None, change: Callable[[Floats, Ints], Floats] | None = None
    ) -> None:
        self.matrix, self.change = matrix, change
        self.chosen = np.arange(len(matrix)) if chosen is None else chosen
        self.shape = (len(self.chosen), matrix.shape[1])

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, asked: Any) -> Floats:
        rows = np.atleast_1d(self.chosen[asked])
        if not len(rows):
            return np.empty((0, self.shape[1]))
        found = self.matrix[rows]
        if self.change is not None:
            found = self.change(found, np.atleast_1d(np.arange(len(self.chosen))[asked]))
        return found if np.ndim(self.chosen[asked]) else found[0]
