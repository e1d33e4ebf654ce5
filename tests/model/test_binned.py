from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.errors import ScorecardError, TrainingError
from creditscore.model.binned import FEWEST, Bins, binned

VALUES = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6), st.just(float("nan")))


def _bin_of(value: float, edges: tuple[float, ...]) -> int:
    """A value's bin, by its definition."""
    if value != value:
        return len(edges) + 1
    return sum(edge < value for edge in edges)


def test_continuous_values_fall_in_tenths() -> None:
    values = np.random.default_rng(1).normal(size=5_000)
    found = binned(values)
    assert found.counts == (500,) * 10 + (0,)
    assert found.edges == pytest.approx(np.quantile(values, np.arange(1, 10) / 10, method="inverted_cdf"), abs=0)


@given(st.lists(VALUES, min_size=1, max_size=300), st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_bins_count_every_row_once_and_none_of_values_is_small(values: list[float], n_bins: int) -> None:
    found = binned(values, n_bins)
    by_hand = Counter(_bin_of(value, found.edges) for value in values)
    assert found.counts == tuple(by_hand[k] for k in range(len(found.edges) + 2))
    assert set(found.edges) <= set(values)
    if found.edges:
        assert min(found.counts[:-1]) >= FEWEST


def test_few_values_have_a_bin_each_and_rare_ones_share() -> None:
    found = binned(np.repeat([0.0, 1.0, 2.0, 5.0], [800, 100, 60, 3]))
    assert found == Bins((0.0, 1.0), (800, 100, 63, 0))


@pytest.mark.parametrize("side", [-1, 1])
def test_value_that_most_rows_share_does_not_hide_the_others(side: int) -> None:
    rest = side * np.random.default_rng(2).uniform(1, 2, 50)
    found = binned(np.concatenate([np.zeros(950), rest]))
    assert sorted(found.counts[:-1]) == [50, 950]
    assert sorted(found.count(2 * rest)[:-1]) == [0, 50]


def test_values_that_were_never_seen_fall_in_the_end_bins() -> None:
    found = binned(np.random.default_rng(3).random(1_000))
    counts = found.count([-np.inf, -9.0, 9.0, 9.0, np.inf, np.nan])
    assert counts.tolist() == [2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1]


def test_feature_that_nobody_has_is_one_missing_bin() -> None:
    assert binned([np.nan] * 30) == Bins((), (0, 30))


@pytest.mark.parametrize("values", [[], [1.0, np.inf], [-np.inf]])
def test_no_row_and_infinite_values_are_refused(values: list[float]) -> None:
    with pytest.raises(TrainingError, match=f"got {len(values)} rows"):
        binned(values)


@given(st.lists(VALUES, min_size=1, max_size=200))
@settings(max_examples=50, deadline=None)
def test_json_gives_the_same_bins_back(values: list[float]) -> None:
    found = binned(values)
    assert Bins.from_record(json.loads(json.dumps(found.to_record(), allow_nan=False))) == found


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        {"edges": [1.0]},
        {"edges": [1.0], "counts": [1, 2, 3], "more": 1},
        {"edges": (1.0,), "counts": [1, 2, 3]},
        {"edges": [1], "counts": [1, 2, 3]},
        {"edges": [True], "counts": [1, 2, 3]},
        {"edges": ["1.0"], "counts": [1, 2, 3]},
        {"edges": [1.0], "counts": [1.0, 2.0, 3.0]},
        {"edges": [1.0], "counts": [True, 2, 3]},
        {"edges": [1.0], "counts": [1, 2]},
        {"edges": [1.0], "counts": [1, 2, -3]},
        {"edges": [1.0], "counts": [0, 0, 0]},
        {"edges": [1.0, 1.0], "counts": [1, 2, 3, 4]},
        {"edges": [2.0, 1.0], "counts": [1, 2, 3, 4]},
        {"edges": [float("nan")], "counts": [1, 2, 3]},
        {"edges": [float("inf")], "counts": [1, 2, 3]},
        {"edges": [], "counts": []},
    ],
)
def test_malformed_records_are_refused(record: object) -> None:
    with pytest.raises(ScorecardError, match="bins: "):
        Bins.from_record(record)
