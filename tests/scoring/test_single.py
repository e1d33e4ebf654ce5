"""One score: what it says of its reference, its reasons and the features behind them."""

import json
from itertools import pairwise

import numpy as np
import pytest

from creditscore.reasons.codes import RULE
from creditscore.scoring import score_features
from creditscore.scoring.assess import assess


@pytest.fixture(scope="module")
def rows(card, prepared):
    return [dict(zip(card.plan.names, row, strict=True)) for row in prepared.matrix[:300].tolist()]


def test_one_score_is_the_tables(card, rows, prepared):
    assessed = assess(card, prepared.matrix[:300])
    for i, row in enumerate(rows):
        found = score_features(card, row)
        assert found.unrounded == (assessed.unrounded[i] if found.scorable else None)
        costs = [(assessed.codes[c], assessed.code_points[i, c]) for c in assessed.worst[i] if c >= 0]
        assert [(reason.code, reason.points) for reason in found.reasons] == (costs if found.scorable else [])


def test_it_names_its_reference_and_rule(card, rows):
    found = score_features(card, rows[0])
    assert (found.reference, found.reference_points) == ("cut_off", card.mean_points())
    assert found.rule == RULE
    assert score_features(card, rows[0], reference="all").reference == "all"


def test_evidence_adds_up_to_its_reason_worst_first(card, rows):
    for row in rows[:50]:
        for reason in score_features(card, row).reasons:
            points = [one.points for one in reason.evidence]
            assert abs(sum(points) - reason.points) < 1e-9
            assert all(a <= b for a, b in pairwise(points))


def test_evidence_is_the_rows_value_beside_the_references_middle_half(card, rows, prepared):
    train = prepared.matrix[prepared.samples == "train"]
    points = assess(card, train).unrounded
    near = train[np.argsort(np.where(points >= 580, points, np.inf), kind="stable")[: card.reference().size]]
    column = {name: i for i, name in enumerate(card.plan.names)}
    codes = {feature.name: feature.reason for feature in card.features}
    lacking = {"H05", "H06", "H07"}
    for row in rows[:50]:
        for reason in score_features(card, row).reasons:
            for one in reason.evidence:
                assert codes[one.feature] == reason.code or (reason.code in lacking and one.value is None)
                assert one.value == (None if np.isnan(row[one.feature]) else row[one.feature])
                values = near[:, column[one.feature]]
                ends = np.quantile(values[~np.isnan(values)], [0.25, 0.75], method="inverted_cdf").tolist()
                assert [one.low, one.high] == ends


def test_whom_nothing_costs_gets_no_reason_but_key_factors_against_all(card, prepared):
    # against people who are all as they are, nothing costs
    like = card.with_reference("like", "twenty alike", np.tile(prepared.matrix[7], (20, 1)))
    row = dict(zip(card.plan.names, prepared.matrix[7].tolist(), strict=True))
    found, expected = (score_features(like, row, reference=name) for name in ("like", "all"))
    assert found.unrounded == pytest.approx(found.reference_points, abs=1e-9)
    assert found.reasons == ()
    assert found.key_factors == expected.reasons != ()


def test_it_is_plain_as_json(card, rows):
    told = json.loads(json.dumps(score_features(card, rows[0]).to_dict(), allow_nan=False))
    assert told["reasons"][0]["evidence"][0]["records"] == []
    assert told["reference"] == "cut_off"
