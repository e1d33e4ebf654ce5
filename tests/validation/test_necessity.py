"""What fewer features lose: by hand, against DeLong on one fold, and excluded or not by the interval."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from creditscore.errors import TrainingError
from creditscore.validation.challenger import compare_auc
from creditscore.validation.necessity import auc_lost


def _made(n: int, noise: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    risk = generator.normal(size=n)
    outcome = (generator.random(n) < 1 / (1 + np.exp(1.5 - risk))).astype(float)
    return outcome, risk, risk + noise * generator.normal(size=n)


def test_aucs_are_means_over_folds() -> None:
    outcome, whole, fewer = _made(400, 1.0)
    fold = np.arange(400) % 3
    found = auc_lost(outcome, whole, fewer + 9 * fold, fold=fold, resamples=2)
    by_hand = np.mean([[roc_auc_score(outcome[fold == k], r[fold == k]) for r in (whole, fewer)] for k in range(3)], 0)
    assert [found.whole, found.fewer] == pytest.approx(by_hand.tolist(), abs=1e-12)
    assert found.lost.value == pytest.approx(by_hand[0] - by_hand[1])


def test_one_fold_is_the_comparison_of_two_pds() -> None:
    outcome, whole, fewer = _made(500, 0.7)
    borrower = np.arange(500) // 2
    found = auc_lost(outcome, whole, fewer, borrower, seed=3)
    other = compare_auc(outcome, fewer, whole, borrower, seed=3)
    assert [found.lost.low, found.lost.high] == pytest.approx([other.bootstrap.low, other.bootstrap.high])


def test_a_loss_is_excluded_only_where_data_suffice() -> None:
    assert not auc_lost(*_made(3000, 1.0)).within(0.02)
    assert not auc_lost(*_made(300, 0.1)).within(0.002)
    assert auc_lost(*_made(20_000, 0.01)).within(0.002)
    outcome, whole, _ = _made(50, 0.0)
    assert auc_lost(outcome, whole, 2 * whole).within(1e-9)


def test_a_fold_of_one_class_is_refused() -> None:
    with pytest.raises(TrainingError, match="0 goods and 2 bads"):
        auc_lost([0, 1, 1, 1], [1, 2, 3, 4], [1, 2, 3, 4], fold=[0, 0, 1, 1])
