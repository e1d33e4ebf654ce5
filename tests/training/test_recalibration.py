"""The intercept set anew: the level follows, order and reasons stay, and the change is on record."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from creditscore.__main__ import main
from creditscore.errors import TrainingError
from creditscore.model.scale import probability
from creditscore.scorecard import load, save
from creditscore.scoring.assess import assess
from creditscore.scoring.conformance import replay
from creditscore.training import log_odds_of, recalibrate
from tests.conftest import SAMPLE


@pytest.fixture(scope="module")
def later(card, sample_events):
    return log_odds_of(card, sample_events, start="2025-07-01")


@pytest.fixture(scope="module")
def made(card, later):
    log_odds, outcome, on = later
    return recalibrate(card, log_odds - 0.7, outcome, on)


def test_the_shift_is_the_likelihoods_maximum(card, made, later):
    log_odds, outcome, _ = later

    def loss(shift):
        z = log_odds - 0.7 + shift
        return np.mean(np.logaddexp(0, z) - outcome * z)

    best = minimize_scalar(loss, bounds=(-5, 5), method="bounded", options={"xatol": 1e-9}).x
    assert made.calibration.intercept - card.calibration.intercept == pytest.approx(best, abs=1e-5)
    assert made.calibration.slope == card.calibration.slope


def test_the_mean_pd_becomes_the_bad_rate(card, later):
    log_odds, outcome, on = later
    again = recalibrate(card, log_odds, outcome, on)
    shift = again.calibration.intercept - card.calibration.intercept
    assert probability(log_odds + shift).mean() == pytest.approx(outcome.mean(), abs=1e-9)


def test_order_and_reasons_stay_and_points_move_together(card, made, prepared):
    before, after = (assess(one, prepared.matrix[:300]) for one in (card, made))
    moved = after.unrounded - before.unrounded
    assert np.ptp(moved) < 1e-9
    assert abs(moved[0]) > 1
    np.testing.assert_allclose(after.code_points, before.code_points, atol=1e-9)
    assert made.mean_points() - card.mean_points() == pytest.approx(moved[0], abs=1e-9)
    edges = np.array(made.baseline.score.edges) - np.array(card.baseline.score.edges)
    np.testing.assert_allclose(edges, moved[0], atol=1e-9)


def test_the_change_is_recorded_with_a_digest_of_its_own(card, made, tmp_path):
    saved = save(made, tmp_path / "new.scorecard")
    found = load(tmp_path / "new.scorecard")
    (change,) = found.facts["recalibrations"]
    assert change["from"] == card.digest != saved.digest
    assert change["intercept_was"] == card.calibration.intercept
    assert replay(found) == []


def test_too_few_bads_are_refused(card):
    outcome = np.zeros(500)
    outcome[:29] = 1
    with pytest.raises(TrainingError, match="got 29 and 471"):
        recalibrate(card, np.full(500, -2.0), outcome, "some")


def test_the_command_writes_another_file_and_never_the_same(card, card_path, tmp_path, capsys):
    out = tmp_path / "new.scorecard"
    command = ["recalibrate", str(card_path), str(SAMPLE), "--from", "2025-01-01", "--out"]
    assert main([*command, str(out)]) == 0
    assert f"made from {card.digest}" in capsys.readouterr().out
    assert load(out).calibration != card.calibration
    assert main([*command, str(card_path)]) == 2
    assert "never changed in place" in capsys.readouterr().err
    assert main([*command[:-3], "--from", "last week", "--out", str(out)]) == 2
    assert "expected a day like" in capsys.readouterr().err
