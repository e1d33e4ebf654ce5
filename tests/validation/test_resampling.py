from __future__ import annotations

import numpy as np

from creditscore.validation.metrics import discrimination
from creditscore.validation.resampling import clusters, draws, percentile_ends


def test_each_resample_draws_as_many_borrowers_as_there_are() -> None:
    cluster = clusters(["c", "a", "c", None, "b"], 5)
    assert cluster.tolist() == [0, 1, 0, 2, 3]
    drawn = np.array(list(draws(cluster, 400, seed=1)))
    assert drawn.shape == (400, 4)
    assert set(drawn.sum(axis=1)) == {4.0}
    # a borrower's count is Binomial(4, ¼): mean 1, variance ¾
    assert np.abs(drawn.mean(axis=0) - 1).max() < 0.2
    assert np.abs(drawn.var(axis=0) - 0.75).max() < 0.25


def test_the_same_seed_draws_what_discrimination_draws() -> None:
    generator = np.random.default_rng(4)
    risk, borrower = generator.random(400), np.arange(400) // 2
    bad = (generator.random(400) < risk / 4).astype(float)
    ranking = discrimination(bad, risk, borrower, resamples=40, seed=9)
    aucs = []
    for copies in draws(clusters(borrower, 400), 40, seed=9):
        rows = np.repeat(np.arange(400), copies[borrower].astype(int))
        aucs.append([np.mean(_above(risk[rows][bad[rows] == 1], risk[rows][bad[rows] == 0]))])
    low, high = percentile_ends(np.array(aucs))
    np.testing.assert_allclose([low[0], high[0]], [ranking.auc.low, ranking.auc.high], rtol=1e-12)


def _above(bads: np.ndarray, goods: np.ndarray) -> np.ndarray:
    return (bads[:, None] > goods) + 0.5 * (bads[:, None] == goods)


def test_ends_leave_out_what_a_resample_does_not_tell() -> None:
    drawn = np.array([[0.0, np.nan, np.nan], [1.0, 5.0, np.nan], [2.0, 7.0, np.nan]])
    low, high = percentile_ends(drawn)
    np.testing.assert_allclose(low, [0.05, 5.05, np.nan])
    np.testing.assert_allclose(high, [1.95, 6.95, np.nan])
    assert np.isnan(percentile_ends(np.empty((0, 2)))).all()
