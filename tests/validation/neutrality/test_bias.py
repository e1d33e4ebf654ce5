"""Bias at equal risk: its variance against a bootstrap, its adjustment by hand, its power and its restraint."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from creditscore.errors import TrainingError
from creditscore.validation.neutrality.bias import bias_at_equal_risk, clustered_logistic

NAMES = ("alder", "birch", "cedar")


def made(seed, n=6_000, gap=0.0, borrowers=None):
    """Scores that hold but for the gap of cedar's borrowers: (outcome, log-odds, member, borrower)."""
    draw = np.random.default_rng(seed)
    borrower = np.arange(n) if borrowers is None else draw.integers(0, borrowers, n)
    member = draw.random((n, 3))[borrower] < [0.85, 0.7, 0.6]
    log_odds = draw.normal(-2, 1, n)[borrower] + 0.3 * draw.normal(size=n)
    outcome = (draw.random(n) < expit(log_odds + gap * member[:, 2])).astype(float)
    return outcome, log_odds, member, borrower


def test_coefficients_and_plain_variance_are_those_of_a_library_and_of_the_information():
    outcome, log_odds, member, _ = made(1)
    design = np.column_stack([np.ones(len(outcome)), log_odds, member])
    found, variance = clustered_logistic(design, outcome, np.arange(len(outcome)))
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1_000).fit(design[:, 1:], outcome)
    np.testing.assert_allclose(found, [fitted.intercept_[0], *fitted.coef_[0]], atol=1e-6)
    pd = expit(design @ found)
    plain = np.linalg.inv(design.T @ (design * (pd * (1 - pd))[:, None]))
    np.testing.assert_allclose(np.diag(variance), np.diag(plain), rtol=0.1)


def test_the_clustered_variance_is_a_bootstraps_of_borrowers():
    draw = np.random.default_rng(5)
    outcome, log_odds, member, borrower = made(4, n=3_000, borrowers=300)
    mood = draw.normal(0, 1.5, 300)[borrower]  # what makes a borrower's applications hang together
    outcome = (draw.random(len(outcome)) < expit(log_odds + mood)).astype(float)
    design = np.column_stack([np.ones(len(outcome)), log_odds, member])
    _, variance = clustered_logistic(design, outcome, borrower)
    _, alone = clustered_logistic(design, outcome, np.arange(len(outcome)))
    rows = [np.flatnonzero(borrower == b) for b in range(300)]
    drawn = []
    for _ in range(400):
        some = np.concatenate([rows[b] for b in draw.integers(0, 300, 300)])
        drawn.append(clustered_logistic(design[some], outcome[some], np.arange(len(some)))[0])
    by_bootstrap = np.std(drawn, axis=0, ddof=1)
    np.testing.assert_allclose(np.sqrt(np.diag(variance)), by_bootstrap, rtol=0.2)
    assert (np.sqrt(np.diag(alone))[2:] < 0.8 * by_bootstrap[2:]).all()


def test_copying_every_application_within_its_borrower_changes_no_interval():
    outcome, log_odds, member, borrower = made(2, n=2_000)
    once = bias_at_equal_risk(outcome, log_odds, member, NAMES, borrower)
    twice = bias_at_equal_risk(*(np.concatenate([x, x]) for x in (outcome, log_odds, member)), NAMES,
                               np.concatenate([borrower, borrower]))  # fmt: skip
    for name in ("gap", "low", "high", "p"):
        np.testing.assert_allclose(once[name], twice[name], rtol=1e-6, atol=1e-9)


def test_a_planted_gap_is_found_with_its_sign_and_its_platform_and_without_one_few_are_flagged():
    found = [bias_at_equal_risk(*made(seed, gap=-0.4)[:3], NAMES, made(seed)[3]) for seed in range(20)]
    assert sum(table["flagged"].tolist() == [False, False, True] for table in found) >= 17
    assert np.mean([table["gap"][2] for table in found]) == pytest.approx(-0.4, abs=0.06)
    unbiased = [bias_at_equal_risk(*made(seed)[:3], NAMES)["flagged"].any() for seed in range(40)]
    assert sum(unbiased) <= 5


def test_a_sure_gap_that_is_small_is_not_flagged():
    outcome, log_odds, member, _ = made(3, n=400_000, gap=0.07)
    row = bias_at_equal_risk(outcome, log_odds, member, NAMES).iloc[2]
    assert row["holm"] < 0.01
    assert not row["flagged"]
    assert bias_at_equal_risk(outcome, log_odds, member, NAMES, least=0.02).iloc[2]["flagged"]


def test_what_cannot_be_told_is_not_tested_and_says_why():
    outcome, log_odds, member, _ = made(1)
    everybody = np.ones(len(outcome), bool)
    outcome[:50] = np.nan
    several = np.column_stack([member, member[:, 0], everybody, ~member[:, 1]])
    table = bias_at_equal_risk(outcome, log_odds, several, (*NAMES, "twin", "all", "other"))
    same = "the same borrowers as other platforms"
    assert table["why"].tolist() == ["", "", "", same, "too few bads or goods, in it or outside", same]
    assert table["gap"].isna().tolist() == [False] * 3 + [True] * 3
    assert not table["flagged"][3:].any()
    without = bias_at_equal_risk(outcome, log_odds, member, NAMES)
    np.testing.assert_array_equal(table["gap"][:3], without["gap"])
    with pytest.raises(TrainingError, match="ranking needs goods and bads"):
        bias_at_equal_risk(np.zeros(9), np.zeros(9), np.ones((9, 1), bool), ("p",))
