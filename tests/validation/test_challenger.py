from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from creditscore.errors import TrainingError
from creditscore.validation.challenger import compare_auc, delong


def _made(n: int, seed: int = 1, noise: float = 0.7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes, a PD, and another that ranks a little worse."""
    generator = np.random.default_rng(seed)
    log_odds = generator.normal(-2, 1, n)
    bad = (generator.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return bad, 1 / (1 + np.exp(-log_odds - generator.normal(0, noise, n))), 1 / (1 + np.exp(-log_odds))


def _by_definition(bad: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """DeLong, DeLong & Clarke-Pearson (1988), equations 4 to 8, over every pair of a bad and a good."""
    kernel = [np.sign(one[bad == 1][:, None] - one[bad == 0]) / 2 + 0.5 for one in risk]
    auc = [pairs.mean() for pairs in kernel]
    m, n = kernel[0].shape
    found = np.empty((len(risk), len(risk)))
    for r, one in enumerate(kernel):
        for s, other in enumerate(kernel):
            s10 = ((one.mean(axis=1) - auc[r]) * (other.mean(axis=1) - auc[s])).sum() / (m - 1)
            s01 = ((one.mean(axis=0) - auc[r]) * (other.mean(axis=0) - auc[s])).sum() / (n - 1)
            found[r, s] = s10 / m + s01 / n
    return found


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_delong_by_mid_ranks_is_delong_by_pairs_where_pds_tie(seed: int, decimals: int) -> None:
    bad, old, new = _made(120, seed)
    bad[:10], bad[10:20] = 0, 1
    risk = np.round([old, new, old * new], decimals)
    auc, covariance = delong(bad, risk)
    assert auc.tolist() == pytest.approx([roc_auc_score(bad, one) for one in risk])
    np.testing.assert_allclose(covariance, _by_definition(bad, risk), rtol=1e-9, atol=1e-15)


def test_difference_interval_and_p_value_by_hand() -> None:
    bad, old, new = _made(800)
    found = compare_auc(bad, old, new, resamples=20)
    variance = _by_definition(bad, np.array([old, new]))
    spread = np.sqrt(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1])
    assert found.delong.value == pytest.approx(roc_auc_score(bad, new) - roc_auc_score(bad, old))
    assert found.delong.high - found.delong.low == pytest.approx(2 * 1.959963985 * spread)
    assert found.p_value == pytest.approx(2 * norm.cdf(-found.delong.value / spread))
    assert (found.n, found.bads) == (800, bad.sum())


def test_bootstrap_is_that_of_borrowers_copied_out() -> None:
    bad, old, new = _made(300)
    borrower = np.arange(300) // 2
    found = compare_auc(bad, old, new, borrower, resamples=40, seed=3)
    generator, drawn = np.random.default_rng(3), []
    for _ in range(40):
        rows = np.concatenate([np.flatnonzero(borrower == one) for one in generator.integers(0, 150, 150)])
        drawn.append(roc_auc_score(bad[rows], new[rows]) - roc_auc_score(bad[rows], old[rows]))
    assert [found.bootstrap.low, found.bootstrap.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]).tolist())


def test_bootstrap_agrees_with_delong_where_rows_stand_alone_and_is_wider_where_they_are_copies() -> None:
    bad, old, new = _made(1_500)
    alone = compare_auc(bad, old, new, resamples=300)
    width = alone.delong.high - alone.delong.low
    assert alone.bootstrap.high - alone.bootstrap.low == pytest.approx(width, rel=0.2)
    who = np.tile(np.arange(1_500), 4)
    copied = compare_auc(np.tile(bad, 4), np.tile(old, 4), np.tile(new, 4), who, resamples=300)
    assert copied.bootstrap.high - copied.bootstrap.low == pytest.approx(width, rel=0.2)
    assert copied.delong.high - copied.delong.low < 0.6 * width


def test_equal_models_are_found_different_about_as_often_as_by_chance() -> None:
    p_values = []
    for seed in range(300):
        generator = np.random.default_rng(seed)
        truth = generator.normal(size=500)
        bad = (truth + generator.normal(size=500) > 1.5).astype(float)
        old, new = truth + generator.normal(size=(2, 500))
        p_values.append(compare_auc(bad, old, new, resamples=1).p_value)
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.09


def test_same_ranking_on_another_scale_differs_by_nothing() -> None:
    bad, old, _ = _made(400)
    found = compare_auc(bad, old, np.log(old), resamples=20)
    assert found.delong.value == found.bootstrap.low == found.bootstrap.high == 0
    assert found.p_value == 1


def test_few_bads_give_no_interval_and_indeterminates_change_nothing() -> None:
    bad, old, new = _made(400)
    more = [np.append(bad, [np.nan] * 3), np.append(old, [0.9] * 3), np.append(new, [0.1, np.nan, 0.2])]
    assert compare_auc(*more, resamples=5) == compare_auc(bad, old, new, resamples=5)
    few = compare_auc(np.arange(100) < 9, np.arange(100.0), -np.arange(100.0), resamples=5)
    assert few.delong.value == 1
    assert np.isnan([few.delong.low, few.bootstrap.high, few.p_value]).all()


def test_rows_that_one_model_cannot_score_are_refused() -> None:
    with pytest.raises(TrainingError, match="1 of 3 applications have an outcome and no PD"):
        compare_auc([0, 1, 1], [0.1, 0.2, 0.3], [0.1, np.nan, 0.2])
    with pytest.raises(TrainingError, match="needs goods and bads"):
        compare_auc([1, 1], [0.1, 0.2], [0.1, 0.2])
