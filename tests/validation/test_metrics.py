from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from creditscore.errors import TrainingError
from creditscore.validation.metrics import (
    brier,
    calibration_table,
    discrimination,
    grade_table,
    jeffreys,
    observed_over_expected,
)


def _made(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes drawn from their own PDs, so that the PDs are calibrated."""
    generator = np.random.default_rng(seed)
    risk = generator.beta(1.2, 18, n)
    return (generator.random(n) < risk).astype(float), risk


def _widest_gap(bads: np.ndarray, goods: np.ndarray) -> float:
    """KS by its definition: at every value, the shares of the two classes up to it."""
    return max(abs((bads <= at).mean() - (goods <= at).mean()) for at in {*bads, *goods})


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=60))
@settings(max_examples=60, deadline=None)
def test_auc_agrees_with_sklearn_and_ks_with_its_definition_where_pds_tie(rows: list[tuple[bool, int]]) -> None:
    outcome, risk = np.array(rows, float).T
    if 0 < outcome.sum() < len(outcome):
        got = discrimination(outcome, risk / 10, resamples=2)
        assert got.auc.value == pytest.approx(roc_auc_score(outcome, risk), abs=1e-12)
        assert got.gini.value == pytest.approx(2 * got.auc.value - 1)
        assert got.ks.value == pytest.approx(_widest_gap(risk[outcome == 1], risk[outcome == 0]), abs=1e-12)


def test_resampled_intervals_equal_those_of_rows_copied_out() -> None:
    outcome, risk = _made(300)
    borrower = np.arange(300) // 2
    got = discrimination(outcome, risk, borrower, resamples=50, seed=7)
    generator = np.random.default_rng(7)
    drawn = []
    for _ in range(50):
        rows = np.concatenate([np.flatnonzero(borrower == one) for one in generator.integers(0, 150, 150)])
        drawn.append(roc_auc_score(outcome[rows], risk[rows]))
    assert [got.auc.low, got.auc.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]).tolist())


def test_same_seed_gives_the_same_interval_and_another_does_not() -> None:
    outcome, risk = _made(500)
    assert discrimination(outcome, risk, seed=3) == discrimination(outcome, risk, seed=3)
    assert discrimination(outcome, risk, seed=3).auc != discrimination(outcome, risk, seed=4).auc


def test_copies_of_a_borrower_do_not_narrow_the_interval() -> None:
    outcome, risk = _made(1000)
    once = discrimination(outcome, risk)
    copied = discrimination(np.tile(outcome, 9), np.tile(risk, 9), np.tile(np.arange(1000), 9))
    alone = discrimination(np.tile(outcome, 9), np.tile(risk, 9))
    assert copied.auc.high - copied.auc.low == pytest.approx(once.auc.high - once.auc.low)
    assert alone.auc.high - alone.auc.low < 0.6 * (once.auc.high - once.auc.low)


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    truth = roc_auc_score(*_made(400_000, seed=99))
    intervals = [discrimination(*_made(1500, seed=seed), resamples=150).auc for seed in range(60)]
    assert 0.85 <= np.mean([one.low <= truth <= one.high for one in intervals]) <= 1


def test_indeterminates_change_nothing() -> None:
    outcome, risk = _made(400)
    more_outcome, more_risk = np.append(outcome, [np.nan] * 50), np.append(risk, np.linspace(0, 1, 50))
    assert discrimination(more_outcome, more_risk) == discrimination(outcome, risk)
    assert brier(more_outcome, more_risk) == brier(outcome, risk)
    pd.testing.assert_frame_equal(calibration_table(more_outcome, more_risk), calibration_table(outcome, risk))


@pytest.mark.parametrize("outcome", [[0.0, 0.0], [1.0, 1.0], [np.nan, 1.0], []])
def test_one_class_is_refused_with_counts(outcome: list[float]) -> None:
    with pytest.raises(
        TrainingError, match=rf"ranking needs goods and bads: got \d goods and \d bads among {len(outcome)}"
    ):
        discrimination(outcome, [0.1, 0.2][: len(outcome)])


def test_fewer_than_ten_bads_give_no_interval() -> None:
    risk = np.linspace(0, 1, 200)
    nine = discrimination(np.arange(200) >= 191, risk)
    assert nine.auc.value == 1
    assert np.isnan([nine.auc.low, nine.auc.high, nine.gini.low, nine.ks.high]).all()
    assert not np.isnan(discrimination(np.arange(200) >= 190, risk).auc.low)


def test_no_known_outcome_is_refused() -> None:
    with pytest.raises(TrainingError, match="known outcomes: got none"):
        calibration_table([np.nan], [0.1])
    with pytest.raises(TrainingError, match="known outcomes: got none"):
        brier([np.nan], [0.1])


def test_outcome_without_a_pd_is_refused_with_the_count() -> None:
    for measure in (discrimination, calibration_table, brier):
        with pytest.raises(TrainingError, match="1 of 3 applications have an outcome and no PD"):
            measure([0, 1, np.nan], [np.nan, 0.2, np.nan])


def test_calibration_bins_are_equal_ordered_and_add_up() -> None:
    outcome, risk = _made(1003)
    table = calibration_table(outcome, risk, bins=10)
    assert set(table["n"]) <= {100, 101}
    assert table["bads"].sum() == outcome.sum()
    assert (table["lowest_pd"].to_numpy()[1:] > table["highest_pd"].to_numpy()[:-1]).all()
    assert (table["expected"] * table["n"]).sum() == pytest.approx(risk.sum())
    first = np.sort(risk)[: table["n"][0]]
    assert table["expected"][0] == pytest.approx(first.mean())


def test_equal_pds_share_a_bin_in_whatever_order_they_come() -> None:
    outcome, risk = np.array([0, 1, 0, 1, 0, 0.0]), np.array([0.2, 0.2, 0.2, 0.2, 0.2, 0.5])
    table = calibration_table(outcome, risk, bins=3)
    assert table["n"].tolist() == [5, 1]
    pd.testing.assert_frame_equal(calibration_table(outcome[::-1], risk[::-1], bins=3), table)


def test_jeffreys_interval_holds_ninety_five_percent_of_the_posterior() -> None:
    low, high = jeffreys([0, 4, 50], [50, 50, 50])
    for bads, start, end in zip([0, 4, 50], low, high, strict=True):
        assert quad(beta(bads + 0.5, 50.5 - bads).pdf, start, end)[0] == pytest.approx(0.95, abs=1e-6)


def test_brier_and_observed_over_expected_by_hand() -> None:
    assert brier([0, 1, 1], [0.1, 0.7, 0.4]) == pytest.approx((0.01 + 0.09 + 0.36) / 3)
    ratio = observed_over_expected([0, 1, 0, 0], [0.1, 0.2, 0.1, 0.1])
    assert ratio.value == pytest.approx(0.25 / 0.125)
    assert [ratio.low, ratio.high] == pytest.approx([float(end) / 0.125 for end in jeffreys(1, 4)])


def test_grades_are_ordered_by_pd_and_too_low_pds_show() -> None:
    scored = pd.DataFrame(
        {
            "grade": ["C"] * 100 + ["A"] * 100 + ["B"] * 10,
            "pd": [0.05] * 100 + [0.01] * 100 + [0.02] * 10,
            "outcome": [1.0] * 20 + [0.0] * 80 + [1.0] + [0.0] * 99 + [np.nan] * 10,
        }
    )
    table = grade_table(scored)
    assert table["grade"].tolist() == ["A", "C"]
    assert table["n"].tolist() == [100, 100]
    assert table["bads"].tolist() == [1, 20]
    assert table["p_value"][0] > 0.3
    assert table["p_value"][1] < 1e-5
