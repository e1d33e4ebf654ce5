"""Platt's calibration, and margins out of fold."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from creditscore.errors import TrainingError
from creditscore.model.calibrate import FOLDS, fit_calibration, out_of_fold
from creditscore.model.scale import probability


def simulated(intercept, slope, rows=20_000, seed=0):
    """Margins, and outcomes drawn at log-odds = intercept + slope · margin."""
    draw = np.random.default_rng(seed)
    margin = draw.normal(-1.5, 1.2, rows)
    return margin, (draw.random(rows) < probability(intercept + slope * margin)).astype(float)


@pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (-0.7, 1.6), (0.4, 0.3)])
def test_the_intercept_and_slope_of_simulated_margins_are_recovered(intercept, slope):
    found = fit_calibration(*simulated(intercept, slope))
    # about four standard errors at 20,000 rows
    assert found.intercept == pytest.approx(intercept, abs=0.15)
    assert found.slope == pytest.approx(slope, abs=0.1)


def test_the_fit_is_the_maximum_of_the_likelihood_without_any_penalty():
    margin, outcome = simulated(-0.3, 1.2, rows=300)

    def loss(line):
        z = line[0] + line[1] * margin
        return np.mean(np.logaddexp(0, z) - outcome * z)

    best = minimize(loss, (0.0, 1.0), method="BFGS", tol=1e-12).x
    found = fit_calibration(margin, outcome)
    np.testing.assert_allclose((found.intercept, found.slope), best, rtol=1e-4)


def test_the_mean_pd_is_the_share_of_bads():
    margin, outcome = simulated(0.2, 0.8, rows=3_000)
    assert probability(fit_calibration(margin, outcome)(margin)).mean() == pytest.approx(outcome.mean(), abs=1e-6)


@pytest.mark.parametrize("rank", [lambda margin: -margin, np.zeros_like], ids=["the wrong way", "not at all"])
def test_a_margin_that_does_not_rank_is_refused_with_its_slope(rank):
    margin, outcome = simulated(0.0, 1.0, rows=2_000)
    with pytest.raises(TrainingError, match=r"calibration slope -?\d\.\d{3}, expected above 0"):
        fit_calibration(rank(margin), outcome)


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
