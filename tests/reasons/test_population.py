"""Reference populations: whom they hold, what is kept of them, and what is refused where it comes from a file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditscore.errors import ScorecardError, TrainingError
from creditscore.model.presence import Presence
from creditscore.model.trees import parse_model
from creditscore.reasons.population import ENOUGH, MOST_KEPT, QUANTILES, Population, near_cut_off
from creditscore.reasons.shapley import prepare
from tests.reasons.oracle import chain, made_model, made_rows

# one family, told by the first two features
ONE = Presence(("trips",), np.array([0, 0] + [-1] * 6), np.array([1, 1, 0, 0, 0, 0, 0, 0]))


@pytest.fixture(scope="module")
def trees():
    return parse_model(made_model(rounds=6).model_to_string())


@pytest.fixture(scope="module")
def population(trees):
    return Population.from_rows("all", "all made rows", trees, ONE, made_rows(300, 8, seed=1))


def test_what_a_file_keeps_explains_as_the_rows_did(trees, population):
    again = Population.from_bytes("all", "all made rows", 300, trees, 2, population.to_bytes())
    X = made_rows(20, 8, seed=2)
    found, expected = (prepare(trees, one.counts).contributions(X) for one in (again, population))
    assert found.tobytes() == expected.tobytes()
    np.testing.assert_array_equal(again.quantiles, population.quantiles)
    assert again.digest == population.digest


def test_the_mean_of_the_margin_is_that_of_the_rows(trees, population):
    mean = trees.margin(made_rows(300, 8, seed=1)).mean()
    assert abs(prepare(trees, population.counts).expected - mean) < 1e-12


def test_quantiles_are_numpys(population):
    X = made_rows(300, 8, seed=1)
    for column, found in zip(X.T, population.quantiles, strict=True):
        expected = np.quantile(column[~np.isnan(column)], QUANTILES, method="inverted_cdf")
        assert found.tolist() == expected.tolist()
    assert population.middle.tolist() == population.quantiles[:, [1, 3]].tolist()
    assert population.range.tolist() == population.quantiles[:, [0, 4]].tolist()


def test_absent_families_are_counted(population):
    X = made_rows(300, 8, seed=1)
    without = sum(bool(np.isnan(row[0]) and np.isnan(row[1])) for row in X)
    assert population.absent.tolist() == [300 - without, without]
    assert without


def test_a_feature_that_all_lack_has_no_quantiles(trees):
    X = made_rows(50, 8, seed=1)
    X[:, 5] = np.nan
    made = Population.from_rows("all", "all made rows", trees, ONE, X)
    assert np.isnan(made.quantiles[5]).all()
    again = Population.from_bytes("all", "all made rows", 50, trees, 2, made.to_bytes())
    np.testing.assert_array_equal(again.quantiles, made.quantiles)


def test_of_many_a_sample_is_kept_and_the_rule_says_so(trees):
    X = made_rows(5_000, 8, seed=1)
    made = Population.from_rows("all", "all made rows", trees, ONE, X, seed=3)
    assert made.size == MOST_KEPT
    assert made.rule == "all made rows; 2,000 drawn of 5,000"
    again = Population.from_rows("all", "all made rows", trees, ONE, X, seed=3)
    assert again.digest == made.digest
    assert Population.from_rows("all", "all made rows", trees, ONE, X, seed=4).digest != made.digest


def test_a_handful_is_refused(trees):
    with pytest.raises(TrainingError, match=r"'few'.*19 applicants, at least 20"):
        Population.from_rows("few", "the richest", trees, ONE, made_rows(19, 8, seed=1))


def test_patterns_of_many_conditions_are_kept_too():
    trees = chain(30)
    rows = np.random.default_rng(4).normal(size=(100, 30)) + 0.5
    made = Population.from_rows("all", "all made rows", trees, ONE, rows)
    again = Population.from_bytes("all", "all made rows", 100, trees, 2, made.to_bytes())
    np.testing.assert_array_equal(again.counts.pattern, made.counts.pattern)


@given(st.data())
def test_a_damaged_part_is_refused_or_still_a_population(trees, population, data):
    whole = population.to_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from([whole[:at], whole + b"0", whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :]])
    )
    try:
        found = Population.from_bytes("all", "all made rows", 300, trees, 2, damaged)
    except ScorecardError:
        return
    assert found.digest != population.digest
    assert (np.add.reduceat(found.counts.count, found.counts.starts[:-1]) == 300).all()


@pytest.mark.parametrize("size", [0, 19, 299, 2_001])
def test_another_size_is_refused(trees, population, size):
    with pytest.raises(ScorecardError):
        Population.from_bytes("all", "all made rows", size, trees, 2, population.to_bytes())


def test_another_models_part_is_refused(population):
    other = parse_model(made_model(rounds=5).model_to_string())
    with pytest.raises(ScorecardError):
        Population.from_bytes("all", "all made rows", 300, other, 2, population.to_bytes())


@given(st.lists(st.floats(300, 900), max_size=1_500), st.floats(300, 900), st.floats(1, 200))
def test_those_at_a_cut_off_are_the_nearest_above_it(points, cut_off, width):
    found = near_cut_off(np.array(points), cut_off, width).tolist()
    assert found == sorted(set(found))
    above = sorted(point for point in points if point >= cut_off)
    within = [point for point in above if point < cut_off + width]
    expected = above[: max(len(within), min(ENOUGH, len(above)))]
    assert sorted(points[row] for row in found) == expected
