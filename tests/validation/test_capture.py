from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from creditscore.errors import TrainingError
from creditscore.validation.capture import capture_table, gains


def _made(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    risk = generator.beta(1.2, 8, n)
    return (generator.random(n) < risk).astype(float), risk


def _captured(bad: np.ndarray, risk: np.ndarray, share: float) -> float:
    """Capture by its definition: of the riskiest rows, equal PDs in every order and so each in part."""
    left, found = share * len(bad), 0.0
    for value in sorted(set(risk), reverse=True):
        tied = risk == value
        part = min(1.0, left / tied.sum())
        found += part * bad[tied].sum()
        left -= part * tied.sum()
    return found / bad.sum()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
@settings(max_examples=80, deadline=None)
def test_capture_agrees_with_its_definition_where_pds_tie(rows: list[tuple[bool, int]]) -> None:
    bad, risk = np.array(rows, float).T
    if 0 < bad.sum() < len(bad):
        table = capture_table(bad, risk, shares=(0.1, 0.33, 0.5, 1.0), resamples=2)
        expected = [_captured(bad, risk, share) for share in table["share"]]
        assert table["capture"].tolist() == pytest.approx(expected, abs=1e-12)
        assert table["lift"].tolist() == pytest.approx((table["capture"] / table["share"]).tolist())


def test_area_under_the_gains_curve_is_that_under_the_roc_curve_on_another_scale() -> None:
    bad, risk = _made(500)
    curve = gains(bad, np.round(risk, 2))
    area = np.trapezoid(curve["capture"], curve["share"])
    auc, rate = roc_auc_score(bad, np.round(risk, 2)), bad.mean()
    assert area == pytest.approx(auc * (1 - rate) + rate / 2)


def test_intervals_are_those_of_borrowers_copied_out() -> None:
    bad, risk = _made(300)
    borrower = np.arange(300) // 3
    table = capture_table(bad, risk, borrower, shares=(0.1, 0.3), resamples=30, seed=5)
    generator, drawn = np.random.default_rng(5), []
    for _ in range(30):
        rows = np.concatenate([np.flatnonzero(borrower == one) for one in generator.integers(0, 100, 100)])
        drawn.append([_captured(bad[rows], risk[rows], share) for share in (0.1, 0.3)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert table["capture_low"].tolist() == pytest.approx(low.tolist())
    assert table["lift_high"].tolist() == pytest.approx((high / [0.1, 0.3]).tolist())


def test_few_bads_give_no_interval_and_indeterminates_change_nothing() -> None:
    bad, risk = _made(400)
    table = capture_table(bad, risk, resamples=5)
    more = capture_table(np.append(bad, [np.nan] * 9), np.append(risk, [0.9] * 9), resamples=5)
    assert table.equals(more)
    few = capture_table(np.arange(100) < 9, np.linspace(1, 0, 100), resamples=5)
    assert few["capture"].tolist()[:3] == pytest.approx([1 / 9, 5 / 9, 1.0])
    assert few[["capture_low", "lift_high"]].isna().all(axis=None)


def test_one_class_and_impossible_shares_are_refused() -> None:
    with pytest.raises(TrainingError, match="needs goods and bads"):
        gains([0, 0], [0.1, 0.2])
    with pytest.raises(TrainingError, match="expected shares above 0"):
        capture_table([0, 1], [0.1, 0.2], shares=(0.0, 0.5))
