"""A matrix in a file gives the trees that the same matrix in memory gives."""

import numpy as np
import pytest

from creditscore.features.formula import ApplicationValue, Feature
from creditscore.features.matrix_file import BATCH, MatrixFile
from creditscore.model.fit import fit_trees
from creditscore.model.rows import RowsOf

FEATURES = tuple(
    Feature(f"f{i}", ApplicationValue(f"f{i}"), riskier=("higher", "lower", None)[i % 3]) for i in range(6)
)


@pytest.fixture(scope="module")
def matrix():
    draw = np.random.default_rng(1)
    X = draw.normal(size=(BATCH + 5_000, 6))
    X[draw.random(X.shape) < 0.1] = np.nan
    return X


@pytest.fixture(scope="module")
def outcome(matrix):
    return (np.nan_to_num(matrix[:, 0]) + np.random.default_rng(2).normal(size=len(matrix)) > 1.5).astype(float)


@pytest.fixture
def kept(matrix, tmp_path):
    found = MatrixFile(tmp_path / "matrix", 6)
    found.make(len(matrix))
    order = np.random.default_rng(4).permutation(len(matrix))
    for first in range(0, len(matrix), 7_000):
        own = np.sort(order[first : first + 7_000])
        found.write(own, matrix[own])
    return found


def test_a_model_from_the_file_is_the_one_from_memory(matrix, outcome, kept):
    from_file = fit_trees(RowsOf(kept), outcome, FEATURES, params={"num_iterations": 20})
    assert from_file == fit_trees(matrix, outcome, FEATURES, params={"num_iterations": 20})


def test_so_is_one_of_chosen_rows(matrix, outcome, kept):
    chosen = np.flatnonzero(np.random.default_rng(3).random(len(matrix)) < 0.4)
    from_file = fit_trees(RowsOf(kept, chosen), outcome[chosen], FEATURES, params={"num_iterations": 20})
    assert from_file == fit_trees(matrix[chosen], outcome[chosen], FEATURES, params={"num_iterations": 20})


def test_as_lightgbm_asks_one_row_some_or_none(matrix, kept):
    rows = RowsOf(kept, np.array([3, 8, 20]))
    np.testing.assert_array_equal(rows[1], matrix[8])
    np.testing.assert_array_equal(rows[0:2], matrix[[3, 8]])
    np.testing.assert_array_equal(rows[[0, 2]], matrix[[3, 20]])
    assert rows[0:0].shape == (0, 6)
