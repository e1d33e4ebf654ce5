"""What a model is fitted to: classes, weights, borrowers and seeds as given."""

import numpy as np
import pyarrow as pa
import pytest

from creditscore.errors import InputError
from creditscore.estimators.rows import Rows, borrowers_of, classes_of, seed_of, weights_of

X = np.zeros((4, 1))


@pytest.mark.parametrize("y", [[0, 1, 1], [True, False, True], ["lost", "kept"], [3.0, 7.0]])
def test_two_classes_of_any_kind_are_sorted(y):
    assert classes_of(np.array(y)).tolist() == sorted(set(y))


@pytest.mark.parametrize("y", [[0, 1, 2], ["a", "b", "c"], [0.1, 0.2, 0.7]], ids=["three", "three names", "numbers"])
def test_other_targets_are_refused(y):
    with pytest.raises(ValueError, match=r"Only binary|Unknown label type"):
        classes_of(np.array(y))


def test_borrowers_are_numbered_by_appearance_whatever_they_are_called():
    for groups in (["z", "a", "z", "m"], np.array([9, 2, 9, 4]), pa.chunked_array([["z", "a"], ["z", "m"]])):
        assert borrowers_of(groups, X).tolist() == [0, 1, 0, 2]
    assert borrowers_of(None, X).tolist() == [0, 1, 2, 3]


def test_borrowers_that_are_missing_or_too_few_are_refused_and_not_named():
    with pytest.raises(InputError, match="some rows have none") as caught:
        borrowers_of(["anna", None, "anna", "bo"], X)
    assert "anna" not in str(caught.value)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        borrowers_of([1, 2], X)


@pytest.mark.parametrize("weights", [[1, 2, 3], [1, -1, 1, 1], [1, np.nan, 1, 1]])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match=r"sample_weight|Sample weights"):
        weights_of(weights, X)


def test_some_rows_keep_what_belongs_together():
    rows = Rows(np.arange(4.0)[:, None], np.arange(4.0) + 10, np.arange(4.0) + 20, np.arange(4) + 30)
    some = rows.of(np.array([3, 1]))
    assert (some.X[:, 0] + 10).tolist() == some.outcome.tolist() == [13, 11]
    assert (some.outcome + 10).tolist() == some.weight.tolist() == [23, 21]
    assert some.borrowers.tolist() == [33, 31]
    assert Rows(rows.X, rows.outcome, None, rows.borrowers).of(np.array([0])).weight is None


def test_a_whole_number_is_the_seed_and_a_generator_draws_another_each_time():
    assert seed_of(7) == seed_of(np.int64(7)) == 7
    draw = np.random.RandomState(0)
    assert seed_of(draw) != seed_of(draw)
    assert seed_of(np.random.RandomState(0)) == seed_of(np.random.RandomState(0))
