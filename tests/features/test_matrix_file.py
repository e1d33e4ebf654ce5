"""A matrix in a file reads as the array that was written."""

import numpy as np
import pytest

from creditscore.errors import InputError
from creditscore.events.storing import temporary_store
from creditscore.features.build import matrix_of, write_matrix
from creditscore.features.catalogue import CATALOGUE
from creditscore.features.matrix_file import BATCH, MatrixFile, blocks_of
from creditscore.features.plan import make_plan
from creditscore.training import sources_of
from tests.conftest import SAMPLE


@pytest.fixture(scope="module")
def matrix():
    X = np.random.default_rng(1).normal(size=(BATCH + 5_000, 6))
    X[::7, 3] = np.nan
    return X


@pytest.fixture
def kept(matrix, tmp_path):
    found = MatrixFile(tmp_path / "matrix", 6)
    found.make(len(matrix))
    order = np.random.default_rng(4).permutation(len(matrix))
    for first in range(0, len(matrix), 7_000):
        own = np.sort(order[first : first + 7_000])
        found.write(own, matrix[own])
    return found


def test_rows_come_back_as_written(matrix, kept):
    assert kept.shape == matrix.shape
    np.testing.assert_array_equal(kept[6_990:7_010], matrix[6_990:7_010])
    np.testing.assert_array_equal(kept[:], matrix)
    np.testing.assert_array_equal(kept[10:4], matrix[10:4])
    rows = np.flatnonzero(np.random.default_rng(2).random(len(matrix)) < 0.01)
    np.testing.assert_array_equal(kept[rows], matrix[rows])
    np.testing.assert_array_equal(kept[np.arange(len(matrix)) < 9], matrix[:9])
    assert kept[rows[:0]].shape == (0, 6)


def test_some_columns_read_as_such(matrix, kept):
    some = kept.only(np.array([1, 3, 5])).only(np.array([0, 2]))
    assert some.shape == (len(matrix), 2)
    np.testing.assert_array_equal(some[np.array([4, 900])], matrix[[4, 900]][:, [1, 5]])


@pytest.mark.parametrize("rows", [None, np.arange(0, BATCH + 5_000, 3)])
def test_blocks_are_all_rows_in_order_from_file_and_memory(matrix, kept, rows):
    expected = matrix if rows is None else matrix[rows]
    for source in (kept, matrix):
        blocks = list(blocks_of(source, rows))
        np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), expected)
        for place, block in blocks:
            np.testing.assert_array_equal(expected[place], block)
    assert len(list(blocks_of(kept))) == 2


def test_another_shape_is_refused(kept):
    with pytest.raises(InputError, match="6 columns"):
        kept.write(np.array([0, 1]), np.zeros((2, 5)))


def test_a_store_writes_the_bits_that_it_builds(sample_config, sample_events, tmp_path):
    plan = make_plan(CATALOGUE[::9])
    with temporary_store(**sources_of(sample_config, SAMPLE)) as store:
        found = write_matrix(plan, store, store.applications, tmp_path / "matrix", "2GiB")
        expected = matrix_of(plan, sample_events, store.applications)
    np.testing.assert_array_equal(found[:], expected)
