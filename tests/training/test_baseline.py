"""What a scorecard keeps of its own making: distributions, no rows."""

import json

import numpy as np
import pytest

from creditscore.errors import ScorecardError
from creditscore.scorecard.baseline import Baseline
from creditscore.scoring.assess import assess


@pytest.fixture(scope="module")
def calibrate(card, prepared):
    return assess(card, prepared.matrix[prepared.samples == "calibrate"])


def test_the_score_is_of_a_sample_that_the_trees_have_not_seen(card, calibrate):
    assert card.baseline.sample == "calibrate"
    points = calibrate.unrounded[calibrate.scorable]
    assert card.baseline.score.n == len(points)
    assert card.baseline.score.count(points).tolist() == list(card.baseline.score.counts)
    assert card.baseline.not_scorable == pytest.approx(1 - calibrate.scorable.mean())


def test_first_reasons_are_counted(card, calibrate):
    codes = [calibrate.codes[c] for c in calibrate.worst[calibrate.scorable, 0] if c >= 0]
    for code, share in card.baseline.reasons.items():
        assert share == pytest.approx(codes.count(code) / calibrate.scorable.sum())
    assert set(card.baseline.reasons) == set(codes)


def test_features_are_of_the_train_sample(card, prepared):
    train = prepared.matrix[prepared.samples == "train"]
    assert len(card.baseline.features) == len(card.features)
    for bins, column in zip(card.baseline.features, train.T, strict=True):
        assert bins.n == len(train)
        assert bins.counts[-1] == np.isnan(column).sum()
        assert bins.count(column).tolist() == list(bins.counts)


def test_it_comes_back_from_json_and_is_refused_where_it_is_not_one(card):
    record = card.baseline.to_record()
    n = len(card.features)
    assert Baseline.from_record(json.loads(json.dumps(record)), n) == card.baseline
    wrong = [{"not_scorable": 2.0}, {"reasons": {"S01": "x"}}, {"features": record["features"][1:]}, {"sample": 3},
             {"score": {"edges": [2.0, 1.0], "counts": [1, 1, 1, 1]}}]  # fmt: skip
    for change in wrong:
        with pytest.raises(ScorecardError):
            Baseline.from_record(record | change, n)
