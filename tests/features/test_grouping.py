"""Grouping against NumPy's lexsort, sums against plain loops."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from creditscore.features.grouping import group, largest_sum, put_in_time, ties, wanted


def grouped(owner, time, borrowers, oldest=-1, latest=1_000):
    """In three parts at once; the codes number the owners backwards."""
    with ThreadPoolExecutor(3) as pool:
        place = np.append(np.arange(borrowers)[::-1], -1)
        codes = np.where(owner < 0, -1, borrowers - 1 - owner).astype(np.int32)
        asked = wanted(place, np.full(borrowers, oldest), np.full(borrowers, latest))
        return group(codes, time, asked, borrowers, pool, 3)


@pytest.mark.parametrize("seed", range(8))
def test_rows_are_grouped_as_a_stable_sort_by_owner_and_time_does(seed):
    draw = np.random.default_rng(seed)
    owner, time = draw.integers(-1, 6, 300), draw.integers(0, 40, 300)
    time = np.sort(time) if seed % 2 else time
    rows, starts = grouped(owner, time, 6)
    put_in_time(starts, time_of := time[rows], rows)
    assert time_of.tolist() == time[rows].tolist()
    known = np.flatnonzero(owner >= 0)
    assert rows.tolist() == known[np.lexsort((time[known], owner[known]))].tolist()
    assert np.diff(starts).tolist() == [(owner == b).sum() for b in range(6)]


def test_borrowers_without_events_have_empty_places():
    rows, starts = grouped(np.array([2, 2]), np.array([5, 1]), 4)
    assert rows.tolist() == [0, 1]
    assert starts.tolist() == [0, 0, 0, 2, 2]


@pytest.mark.parametrize("seed", range(4))
def test_rows_from_latest_on_are_left_out_and_of_those_before_oldest_one_a_borrower_shows_that_there_are_any(seed):
    draw = np.random.default_rng(seed)
    owner, time = draw.integers(-1, 9, 100), draw.integers(0, 40, 100)
    rows, starts = grouped(owner, time, 9, oldest=15, latest=30)
    inside = (time >= 15) & (time < 30)
    for b in range(9):
        own = rows[starts[b] : starts[b + 1]]
        assert (owner[own] == b).all()
        assert own[inside[own]].tolist() == np.flatnonzero((owner == b) & inside).tolist()
        # one a part at most, of three
        old = (owner == b) & (time < 15)
        assert min(1, old.sum()) <= (time[own] < 15).sum() <= min(3, old.sum())
        assert (time[own] < 30).all()


def test_ties_are_within_a_borrower_only():
    assert ties(np.array([0, 3, 5]), np.array([1, 1, 2, 2, 3])).tolist() == [True, True, False, False, False]


def test_the_largest_sum_is_over_one_borrower_and_leaves_missing_out():
    missing = np.iinfo(np.int64).min
    assert largest_sum(np.array([0, 2, 3]), np.array([-5, missing, 9]), missing) == 10.0
