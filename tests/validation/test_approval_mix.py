"""Whom two models approve at the same rate, against counts by hand and a plain reading."""

import numpy as np
import pytest

from creditscore.errors import TrainingError
from creditscore.validation.approval_mix import approval_mix, approved_share

EVERYONE = np.ones(5, np.bool_)


def test_those_who_tie_are_approved_in_part():
    # of four who tie for the last two places half of each is approved
    place, ones = np.array([0, 1, 1, 1, 1]), np.ones(5)
    assert approved_share(place, ones, 0.6).tolist() == [1, 0.5, 0.5, 0.5, 0.5]
    assert approved_share(place, np.array([2.0, 1, 0, 0, 0]), 0.5).tolist() == [0.75, 0, 0, 0, 0]


def test_mix_is_by_hand():
    outcome = np.array([0.0, 1, 0, 1, 1])
    with_, without = np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.array([0.5, 0.1, 0.2, 0.3, 0.4])
    thin = np.array([True, True, False, False, False])
    mix = approval_mix(outcome, with_, without, thin, np.arange(5), 0.6)
    assert mix["approved_with"] == 1  # 1, 2 of the three approved
    assert mix["approved_without"] == 0.5  # 2 alone
    assert mix["bad_rate_with"] == 0.5
    assert mix["bad_rate_without"] == 1
    assert (mix["approved_change"], mix["bad_rate_change"]) == (0.5, -0.5)
    assert mix["approved_change_low"] <= 0.5 <= mix["approved_change_high"]


def test_intervals_hold_what_copies_of_rows_would_give():
    generator = np.random.default_rng(3)
    outcome = (generator.random(300) < 0.2).astype(float)
    with_, without = outcome + generator.normal(0, 1, 300), generator.normal(0, 1, 300)
    own, borrower = generator.random(300) < 0.4, generator.integers(0, 200, 300)
    mix = approval_mix(outcome, with_, without, own, borrower, 0.7, resamples=40)
    codes = np.unique(borrower, return_inverse=True)[1]
    by_appearance = {code: i for i, code in enumerate(dict.fromkeys(codes.tolist()))}
    cluster = np.array([by_appearance[code] for code in codes.tolist()])
    draw, drawn = np.random.default_rng(1), []
    for _ in range(40):
        chosen = draw.integers(0, len(by_appearance), len(by_appearance))
        rows = np.concatenate([np.flatnonzero(cluster == one) for one in chosen])
        drawn.append(_plain(with_[rows], own[rows]) - _plain(without[rows], own[rows]))
    assert [mix["approved_change_low"], mix["approved_change_high"]] == pytest.approx(
        np.quantile(drawn, [0.025, 0.975])
    )


def _plain(risk, own):
    """The approved share of `own`, of the 70% with the lowest risk; copies of a row tie, and share what is left."""
    wanted, share = 0.7 * len(risk), np.zeros(len(risk))
    for one in np.unique(risk):
        tied = risk == one
        share[tied] = min(1, max(0, wanted) / tied.sum())
        wanted -= tied.sum()
    return share[own].mean()


def test_a_rate_must_be_one():
    with pytest.raises(TrainingError, match="between 0 and 1"):
        approval_mix(np.zeros(5), np.zeros(5), np.zeros(5), EVERYONE, np.arange(5), 1.0)
