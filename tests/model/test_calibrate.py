"""Platt's calibration, and margins out of fold."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from creditscore.errors import TrainingError
from creditscore.model.calibrate import ENOUGH_TO_SHIFT, FOLDS, fit_calibration, out_of_fold
from creditscore.model.scale import probability


def simulated(intercept, slope, rows=20_000, seed=0):
    """Margins, and outcomes drawn at log-odds = intercept + slope · margin."""
    draw = np.random.default_rng(seed)
    margin = draw.normal(-1.5, 1.2, rows)
    return margin, (draw.random(rows) < probability(intercept + slope * margin)).astype(float)


def line(margin, outcome):
    """Without any family."""
    return fit_calibration(margin, outcome, np.zeros(len(margin), np.int64), 1)


@pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (-0.7, 1.6), (0.4, 0.3)])
def test_the_intercept_and_slope_of_simulated_margins_are_recovered(intercept, slope):
    found = line(*simulated(intercept, slope))
    # about four standard errors at 20,000 rows
    assert found.intercept == pytest.approx(intercept, abs=0.15)
    assert found.slope == pytest.approx(slope, abs=0.1)


def test_the_fit_is_the_maximum_of_the_likelihood_without_any_penalty():
    margin, outcome = simulated(-0.3, 1.2, rows=300)

    def loss(line):
        z = line[0] + line[1] * margin
        return np.mean(np.logaddexp(0, z) - outcome * z)

    best = minimize(loss, (0.0, 1.0), method="BFGS", tol=1e-12).x
    found = line(margin, outcome)
    np.testing.assert_allclose((found.intercept, found.slope), best, rtol=1e-4)


def test_the_mean_pd_is_the_share_of_bads():
    margin, outcome = simulated(0.2, 0.8, rows=3_000)
    assert probability(line(margin, outcome)(margin, np.zeros(len(margin), np.int64))).mean() == pytest.approx(
        outcome.mean(), abs=1e-6
    )


@pytest.mark.parametrize("rank", [lambda margin: -margin, np.zeros_like], ids=["the wrong way", "not at all"])
def test_a_margin_that_does_not_rank_is_refused_with_its_slope(rank):
    margin, outcome = simulated(0.0, 1.0, rows=2_000)
    with pytest.raises(TrainingError, match=r"calibration slope -?\d\.\d{3}, expected above 0"):
        line(rank(margin), outcome)


def with_families(rows=40_000, seed=1, shifts=(0.0, 0.8, -0.6, 0.3), share=(0.7, 0.15, 0.14, 0.01)):
    draw = np.random.default_rng(seed)
    margin, absent = draw.normal(-1.5, 1.2, rows), draw.choice(4, rows, p=share)
    log_odds = -0.3 + 1.2 * margin + np.array(shifts)[absent]
    return margin, (draw.random(rows) < probability(log_odds)).astype(float), absent


def test_a_pattern_with_enough_bads_is_shifted_and_one_without_is_not():
    margin, outcome, absent = with_families()
    assert outcome[absent == 3].sum() < ENOUGH_TO_SHIFT <= outcome[absent == 2].sum()
    found = fit_calibration(margin, outcome, absent, 4)
    assert found.shifts[0] == found.shifts[3] == 0
    assert found.shifts[1:3] == pytest.approx([0.8, -0.6], abs=0.15)
    assert found.slope == pytest.approx(1.2, abs=0.05)


def test_each_shifted_pattern_has_the_mean_pd_of_its_bads():
    margin, outcome, absent = with_families()
    pd = probability(fit_calibration(margin, outcome, absent, 4)(margin, absent))
    for pattern in (1, 2):
        assert pd[absent == pattern].mean() == pytest.approx(outcome[absent == pattern].mean(), abs=1e-5)


def test_where_everybody_lacks_something_the_intercept_is_somebodys():
    margin, outcome, absent = with_families(share=(0.0, 0.6, 0.4, 0.0))
    found = fit_calibration(margin, outcome, absent, 4)
    assert found.shifts[1] == 0
    assert found.shifts[2] == pytest.approx(-1.4, abs=0.15)


def with_seen(seed=3, seen_rows=60_000, rows=8_000, shifts=(0.0, 0.8, -0.6, 0.3)):
    """Rows that trees have seen, with margins too good by half, before rows that they have not."""
    first, then = (with_families(rows=many, seed=seed + i, shifts=shifts) for i, many in enumerate((seen_rows, rows)))
    seen = np.arange(seen_rows + rows) < seen_rows
    margin, outcome, absent = (np.concatenate(both) for both in zip(first, then, strict=True))
    return np.where(seen, 1.5 * margin + 0.4, margin), outcome, absent, seen


def test_rows_that_the_trees_have_seen_tell_the_shifts_and_not_the_line():
    margin, outcome, absent, seen = with_seen()
    found = fit_calibration(margin, outcome, absent, 4, seen=seen)
    assert found.slope == pytest.approx(1.2, abs=0.1)
    assert found.intercept == pytest.approx(-0.3, abs=0.15)
    # three standard errors of all rows' bads; of the unseen rows alone they are three times as wide
    assert found.shifts[1:3] == pytest.approx([0.8, -0.6], abs=0.12)
    assert found.shifts[3] == pytest.approx(0.3, abs=0.4)


def test_with_seen_rows_it_is_the_maximum_of_the_likelihood_of_both():
    margin, outcome, absent, seen = with_seen(seen_rows=6_000, rows=3_000)

    def loss(x):
        z = np.where(seen, x[2] + x[3] * margin, x[0] + x[1] * margin) + np.array([0, x[4], x[5], 0])[absent]
        return np.mean(np.logaddexp(0, z) - outcome * z)

    best = minimize(loss, [0, 1, 0, 1, 0, 0], method="BFGS", tol=1e-12).x
    found = fit_calibration(margin, outcome, absent, 4, seen=seen)
    told = (found.intercept, found.slope, *found.shifts[1:3])
    np.testing.assert_allclose(told, best[[0, 1, 4, 5]], rtol=1e-3, atol=1e-4)


def test_without_families_seen_rows_change_nothing():
    margin, outcome, absent, seen = with_seen(seen_rows=6_000, rows=3_000, shifts=(0.0,) * 4)
    nobody = np.zeros(len(absent), np.int64)
    found, alone = fit_calibration(margin, outcome, nobody, 1, seen=seen), line(margin[~seen], outcome[~seen])
    np.testing.assert_allclose((found.intercept, found.slope), (alone.intercept, alone.slope), rtol=1e-4)


def test_whole_weights_are_repeated_rows():
    margin, outcome, absent = with_families(rows=12_000, share=(0.6, 0.2, 0.2, 0.0))
    weight = np.random.default_rng(2).integers(0, 4, len(margin)).astype(float)
    again = np.repeat(np.arange(len(margin)), weight.astype(int))
    weighted = fit_calibration(margin, outcome, absent, 4, weight)
    repeated = fit_calibration(margin[again], outcome[again], absent[again], 4)
    np.testing.assert_allclose(weighted.shifts, repeated.shifts, atol=1e-4)
    np.testing.assert_allclose((weighted.intercept, weighted.slope), (repeated.intercept, repeated.slope), rtol=1e-4)
    assert weighted.slope != fit_calibration(margin, outcome, absent, 4).slope


def test_the_bads_of_a_pattern_are_counted_in_rows_whatever_they_weigh():
    margin, outcome, absent = with_families()
    few = absent == 3
    assert 0 < outcome[few].sum() < ENOUGH_TO_SHIFT
    assert fit_calibration(margin, outcome, absent, 4, np.where(few, 1_000.0, 1.0)).shifts[3] == 0


def made_borrowers(seed, rows=400):
    draw = np.random.default_rng(seed)
    return (draw.random(rows) < 0.2).astype(float), draw.integers(0, 120, rows)


@pytest.mark.parametrize("seed", range(5))
def test_no_fold_trains_on_a_borrower_that_it_predicts(seed):
    outcome, borrowers = made_borrowers(seed)
    tested = []

    def fit_and_predict(train, test):
        assert not set(borrowers[train]) & set(borrowers[test])
        assert sorted([*train, *test]) == list(range(len(outcome)))
        tested.extend(test)
        return test.astype(float)

    margin = out_of_fold(fit_and_predict, outcome, borrowers, seed)
    assert sorted(tested) == list(range(len(outcome)))
    assert margin.tolist() == list(range(len(outcome)))


def test_folds_have_about_equally_many_bads():
    outcome, borrowers = made_borrowers(0)
    bads = []
    out_of_fold(lambda _, test: bads.append(outcome[test].sum()) or np.zeros(len(test)), outcome, borrowers, 1)
    assert len(bads) == FOLDS
    assert max(bads) - min(bads) <= math.ceil(outcome.sum() / FOLDS / 2)


def test_the_same_seed_makes_the_same_folds_and_another_others():
    outcome, borrowers = made_borrowers(0)

    def folds(seed):
        made = []
        out_of_fold(lambda _, test: made.append(test.tolist()) or np.zeros(len(test)), outcome, borrowers, seed)
        return made

    assert folds(1) == folds(1) != folds(2)


def test_too_few_borrowers_for_the_folds_are_refused():
    outcome = np.array([0.0, 1.0] * 10)
    with pytest.raises(TrainingError, match="at least 5 borrowers"):
        out_of_fold(lambda _, test: np.zeros(len(test)), outcome, np.arange(20) % 4, 1)
