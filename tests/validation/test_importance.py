"""Importance is the mean of what reasons add up from, feature by feature."""

import numpy as np
import pytest

from creditscore.scorecard.card import ALL
from creditscore.validation.importance import importance
from tests.scorecard.small import drawn, small_card


def test_a_feature_moves_points_as_its_contributions_do():
    card = small_card()
    X = drawn(card.features)[0][:30]
    found = importance(card, X)
    per_log_odds = card.scale.pdo / np.log(2) * card.calibration.slope
    rows = [card.explainer(ALL).contributions(row[None])[0] for row in X]
    expected = {one.name: per_log_odds * sum(abs(row[i]) for row in rows) / 30 for i, one in enumerate(card.features)}
    assert dict(zip(found["feature"], found["mean_abs_points"], strict=True)) == pytest.approx(expected)
    assert found["mean_abs_points"].is_monotonic_decreasing
    assert found["mean_abs_points"].iloc[0] > 0
    assert set(found["reason"]) == {one.reason for one in card.features}
