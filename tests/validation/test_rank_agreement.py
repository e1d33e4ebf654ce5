"""How often reasons stay, against sets in plain Python."""

import numpy as np
import pytest

from creditscore.errors import TrainingError
from creditscore.validation.rank_agreement import rank_agreement


def test_known_values():
    before = np.array([[1, 2, 3, 4], [1, 2, -1, -1], [-1, -1, -1, -1], [5, 6, 7, 8]])
    after = np.array([[1, 2, 3, 9], [2, 1, -1, -1], [-1, -1, -1, -1], [-1, -1, -1, -1]])
    found = rank_agreement(before, after)
    assert found == {"first_kept": 0.5, "set_kept": 0.5, "overlap": pytest.approx((3 / 5 + 1 + 1 + 0) / 4)}


def test_agrees_with_sets():
    generator = np.random.default_rng(1)
    both = [_rankings(generator, 300) for _ in range(2)]
    sets = [[{code for code in row if code >= 0} for row in one.tolist()] for one in both]
    pairs = list(zip(*sets, strict=True))
    found = rank_agreement(*both)
    assert found["set_kept"] == np.mean([one == other for one, other in pairs])
    jaccard = [len(one & other) / len(one | other) if one | other else 1.0 for one, other in pairs]
    assert found["overlap"] == pytest.approx(np.mean(jaccard))
    assert found["first_kept"] == np.mean(
        [one[0] == other[0] for one, other in zip(*(b.tolist() for b in both), strict=True)]
    )


def _rankings(generator, rows):
    """Distinct codes of six, fewer than four on some rows."""
    codes = np.argsort(generator.random((rows, 6)), axis=1)[:, :4]
    return np.where(np.arange(4) < generator.integers(0, 5, rows)[:, None], codes, -1)


def test_nothing_or_other_rows_are_refused():
    with pytest.raises(TrainingError, match="the same rows twice"):
        rank_agreement(np.zeros((2, 4), int), np.zeros((3, 4), int))
    with pytest.raises(TrainingError):
        rank_agreement(np.zeros((0, 4), int), np.zeros((0, 4), int))
