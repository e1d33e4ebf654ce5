"""Gaps and choices, by hand and against fairlearn."""

from __future__ import annotations

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_ratio

from creditscore.validation.fairness.frontier import approval_gap, gap_change, least_gap, lowest_risk, worst_gap

GROUP = np.array(["a"] * 100 + ["b"] * 50 + ["tiny"] * 5 + ["not given"] * 40, object)
APPROVED = np.r_[np.arange(100) < 80, np.arange(50) < 30, np.zeros(45)].astype(bool)


def test_the_gap_is_of_the_worst_group_against_the_largest() -> None:
    assert approval_gap(APPROVED, GROUP) == pytest.approx(1 - 0.6 / 0.8)
    large = np.isin(GROUP, ["a", "b"])
    ratio = demographic_parity_ratio(APPROVED[large], APPROVED[large], sensitive_features=GROUP[large])
    assert approval_gap(APPROVED, GROUP) == pytest.approx(1 - ratio)
    assert approval_gap(~APPROVED, GROUP) == pytest.approx(1 - 0.2 / 0.4)


def test_one_measurable_group_has_no_gap() -> None:
    assert np.isnan(approval_gap(APPROVED[:105], GROUP[:105]))
    assert np.isnan(worst_gap(APPROVED, {}))


def test_weights_are_copies() -> None:
    weight = np.random.default_rng(1).integers(0, 3, len(GROUP))
    copied = np.repeat(np.arange(len(GROUP)), weight)
    rates = [APPROVED[copied][GROUP[copied] == name].mean() for name in "ab"]
    assert approval_gap(APPROVED, GROUP, weight.astype(float)) == pytest.approx(1 - min(rates) / max(rates))


def test_a_closed_gap_is_a_change_beyond_chance_and_none_is_none() -> None:
    alike = np.r_[np.arange(100) < 75, np.arange(50) < 37, np.zeros(45)].astype(bool)
    before, after, group = (np.tile(one[:150], 20) for one in (APPROVED, alike, GROUP))
    found = gap_change(before, after, {"group": group}, np.arange(len(group)))
    assert (found.before, found.after) == (pytest.approx(0.25), pytest.approx(1 - 0.74 / 0.75))
    assert found.change.high < 0
    same = gap_change(APPROVED, APPROVED, {"group": GROUP}, np.arange(len(GROUP)))
    assert (same.change.value, same.change.low, same.change.high) == (0, 0, 0)


def test_who_ties_at_the_end_is_approved_too() -> None:
    assert lowest_risk(np.array([1.0, 1, 1, 2]), 0.5).tolist() == [True, True, True, False]


def test_nothing_within_the_margin_leaves_the_first() -> None:
    assert least_gap(np.array([0.7, 0.6]), np.array([0.3, 0.0]), 0.005) == 0
    assert least_gap(np.array([0.7, 0.7]), np.array([0.3, 0.3]), 0.005) == 0
