"""What a counterfactual says holds when it is scored again; it stays in range and direction, and promises nothing."""

import re

import numpy as np
import pytest

from creditscore.errors import RequestError
from creditscore.scoring import score_features
from creditscore.scoring.wanted import counterfactual

WANTED = 580


@pytest.fixture(scope="module")
def rows(card, prepared):
    return [dict(zip(card.plan.names, row, strict=True)) for row in prepared.matrix[:400].tolist()]


@pytest.fixture(scope="module")
def found(card, rows):
    """(row, counterfactual) of some who are below the wanted points."""
    below = [row for row in rows if (score := score_features(card, row)).scorable and score.points < WANTED]
    return [(row, counterfactual(card, row, points=WANTED)) for row in below[:12]]


def test_most_are_reached_and_score_as_said(card, found):
    reached = [(row, one) for row, one in found if one.changes]
    assert len(reached) >= 6
    for row, one in reached:
        changed = {change.feature: change.value_to for change in (*one.changes, *one.consequences)}
        again = score_features(card, {**row, **changed})
        assert again.points == one.after.points >= WANTED > one.before.points


def test_changes_are_of_changeable_features_towards_less_risk_within_the_range(card, found):
    features = {feature.name: (i, feature) for i, feature in enumerate(card.features)}
    low, high = card.reference().range.T
    for row, one in found:
        for change in one.changes:
            i, feature = features[change.feature]
            assert feature.changeable
            assert change.value_from == row[change.feature]
            rises = change.value_to > change.value_from
            assert rises == (feature.riskier == "lower")
            assert low[i] - 1e-6 <= change.value_to <= high[i] + 1e-6


def test_nested_windows_stay_nested(found):
    windows = ("spending_total_30d", "spending_total_90d", "spending_total_180d", "spending_total_365d")
    for row, one in found:
        changed = {change.feature: change.value_to for change in (*one.changes, *one.consequences)}
        after = {**row, **changed}
        values = [after[name] for name in windows if after[name] is not None and not np.isnan(after[name])]
        assert values == sorted(values)


def test_what_is_not_reached_is_said_plainly(card, rows):
    one = counterfactual(card, rows[0], points=900)
    assert one.changes == ()
    assert "there is none" in one.why_not


def test_points_already_reached_need_no_change(card, rows):
    row = next(row for row in rows if score_features(card, row).scorable)
    one = counterfactual(card, row, points=300)
    assert (one.changes, one.consequences) == ((), ())
    assert one.after.points == one.before.points


def test_it_promises_nothing(found):
    for _, one in found:
        told = repr(one) + one._repr_html_()
        assert "no promise" in told
        assert not re.search(r"approv|guarantee|will (be|get)", told)


@pytest.mark.parametrize("points", [299, 901, 600.5, True, None])
def test_points_outside_the_scale_are_refused(card, rows, points):
    with pytest.raises(RequestError, match="whole number from 300 to 900"):
        counterfactual(card, rows[0], points=points)
