from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit

from creditscore.errors import TrainingError
from creditscore.validation.cox import cox_calibration
from tests.validation.chdage import AGE, CHD


def _likelihood(bad: np.ndarray, log_odds: np.ndarray) -> np.ndarray:
    """Maximum likelihood by a general optimiser."""

    def loss(line: np.ndarray) -> float:
        z = line[0] + line[1] * log_odds
        return float(np.logaddexp(0, z).sum() - z @ bad)

    return minimize(loss, [0.0, 1.0], method="BFGS", options={"gtol": 1e-9}).x


def _made(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    risk = generator.beta(1.2, 8, n)
    return (generator.random(n) < risk).astype(float), risk


def test_published_logistic_regression() -> None:
    """Hosmer & Lemeshow (2000), table 1.3: constant −5.309 (1.1337), age 0.111 (0.0241)."""
    found = cox_calibration(CHD, expit(AGE / 10))
    assert (found.n, found.bads) == (100, 43)
    assert found.intercept.value == pytest.approx(-5.309, abs=5e-4)
    assert found.slope.value == pytest.approx(1.11, abs=5e-3)
    spread = 2 * 1.959964
    assert (found.intercept.high - found.intercept.low) / spread == pytest.approx(1.1337, abs=5e-5)
    assert (found.slope.high - found.slope.low) / spread == pytest.approx(0.241, abs=5e-4)


def test_line_is_the_likelihoods_maximum() -> None:
    bad, risk = _made(800)
    found = cox_calibration(bad, risk**1.4)
    expected = _likelihood(bad, logit(risk**1.4))
    assert [found.intercept.value, found.slope.value] == pytest.approx(expected.tolist(), abs=1e-4)
    large = minimize(lambda a: np.logaddexp(0, a[0] + logit(risk**1.4)).sum() - a[0] * bad.sum(), [0.0]).x[0]
    assert found.in_the_large.value == pytest.approx(large, abs=1e-4)
    assert expit(found.in_the_large.value + logit(risk**1.4)).mean() == pytest.approx(bad.mean())


@pytest.mark.parametrize(("stretch", "slope"), [(2.0, 0.5), (0.5, 2.0)])
def test_slope_tells_pds_that_are_too_extreme_from_those_too_timid(stretch: float, slope: float) -> None:
    bad, risk = _made(20_000)
    found = cox_calibration(bad, expit(stretch * logit(risk)))
    assert found.slope.low < slope < found.slope.high
    assert found.p_value < 1e-6


def test_calibrated_pds_pass_as_often_as_they_should() -> None:
    found = [cox_calibration(*_made(600, seed)) for seed in range(120)]
    assert 0.01 < np.mean([one.p_value < 0.05 for one in found]) < 0.10
    for name, truth in (("slope", 1), ("intercept", 0), ("in_the_large", 0)):
        covered = [getattr(one, name).low <= truth <= getattr(one, name).high for one in found]
        assert 0.90 < np.mean(covered) <= 0.99


def test_clusters_widen_intervals_where_a_borrowers_rows_are_copies() -> None:
    bad, risk = _made(400)
    borrower = np.arange(400)
    once = cox_calibration(bad, risk, borrower)
    copied = cox_calibration(np.tile(bad, 9), np.tile(risk, 9), np.tile(borrower, 9))
    alone = cox_calibration(np.tile(bad, 9), np.tile(risk, 9))
    for name in ("intercept", "slope", "in_the_large"):
        one, nine, none = (getattr(each, name) for each in (once, copied, alone))
        assert [nine.low, nine.high] == pytest.approx([one.low, one.high], rel=1e-5)
        assert none.high - none.low < 0.5 * (one.high - one.low)


@pytest.mark.parametrize("risk", [[0.2, 0.2, 0.2, 0.2], [0.1, 0.2, 0.3, 0.4]])
def test_equal_pds_and_a_ranking_without_fault_have_no_line(risk: list[float]) -> None:
    found = cox_calibration([0, 0, 1, 1], risk)
    assert np.isnan([found.slope.value, found.intercept.low, found.p_value]).all()
    assert expit(found.in_the_large.value + logit(risk)).mean() == pytest.approx(0.5)


def test_certain_pds_are_taken_and_points_are_not() -> None:
    assert np.isfinite(cox_calibration([0, 1, 0, 1], [0.0, 0.3, 0.6, 1.0]).slope.value)
    with pytest.raises(TrainingError, match=r"needs PDs in 0 … 1"):
        cox_calibration([0, 1], [600, 700])
    with pytest.raises(TrainingError, match="needs goods and bads"):
        cox_calibration([0, 0], [0.1, 0.2])
