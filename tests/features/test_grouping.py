"""Grouping against NumPy's lexsort, sums against plain loops."""

import numpy as np
import pytest

from creditscore.features.grouping import group, largest_sum, ties


@pytest.mark.parametrize("seed", range(8))
def test_rows_are_grouped_as_a_stable_sort_by_owner_and_time_does(seed):
    draw = np.random.default_rng(seed)
    owner, time = draw.integers(-1, 6, 300), draw.integers(0, 40, 300)
    time = np.sort(time) if seed % 2 else time
    rows, starts = group(owner, time, 6)
    known = np.flatnonzero(owner >= 0)
    assert rows.tolist() == known[np.lexsort((time[known], owner[known]))].tolist()
    assert np.diff(starts).tolist() == [(owner == b).sum() for b in range(6)]


def test_borrowers_without_events_have_empty_places():
    rows, starts = group(np.array([2, 2]), np.array([5, 1]), 4)
    assert rows.tolist() == [1, 0]
    assert starts.tolist() == [0, 0, 0, 2, 2]


def test_ties_are_within_a_borrower_only():
    assert ties(np.array([0, 3, 5]), np.array([1, 1, 2, 2, 3])).tolist() == [True, True, False, False, False]


def test_the_largest_sum_is_over_one_borrower_and_leaves_missing_out():
    missing = np.iinfo(np.int64).min
    assert largest_sum(np.array([0, 2, 3]), np.array([-5, missing, 9]), missing) == 10.0
