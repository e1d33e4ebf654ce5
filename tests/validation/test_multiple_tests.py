"""Holm's adjustment: by hand, by its definition test for test, and the error that it promises."""

import numpy as np

from creditscore.validation.multiple_tests import holm


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.2, 0.011, 0.02])), [0.2, 0.033, 0.04])
    np.testing.assert_allclose(holm(np.array([0.9, 0.8])), [1.0, 1.0])
    assert np.isnan(holm(np.array([np.nan]))).all()


def test_rejects_what_the_step_down_rule_rejects():
    draw = np.random.default_rng(3)
    for _ in range(200):
        p = draw.random(int(draw.integers(1, 9))) ** 3
        for level in (0.01, 0.05, 0.2):
            rejected = set()
            for step, i in enumerate(np.argsort(p, kind="stable")):
                if p[i] * (len(p) - step) >= level:
                    break
                rejected.add(int(i))
            assert set(np.flatnonzero(holm(p) < level).tolist()) == rejected


def test_of_tests_that_are_all_of_nothing_few_samples_have_any_rejected():
    draw = np.random.default_rng(5)
    rejected = [(holm(draw.random(20)) < 0.05).any() for _ in range(4_000)]
    assert 0.03 < np.mean(rejected) < 0.065
