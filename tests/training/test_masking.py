"""Families hidden at random from what trees learn from."""

import numpy as np
import pytest

from creditscore.features import count, obligations, ratio, total, transactions, trips
from creditscore.features.define import flatten
from creditscore.governance.basis import ConsentRule
from creditscore.model.presence import Presence
from creditscore.training.masking import drawn, maskable, masked

FEATURES = flatten(
    [
        count(transactions, days=30),
        count(trips, days=30),
        count(obligations, days=30),
        ratio(total(trips.amount, days=30), total(transactions.amount, days=30), name="both"),
    ]
)
PRESENCE = Presence.of(FEATURES)
SCORED_WITHOUT = ConsentRule(masking=0.2, scorable_without=True)


def test_families_are_hidden_at_the_rate_and_apart_from_each_other():
    hidden = drawn(SCORED_WITHOUT, PRESENCE, 100_000, seed=1)
    shares = [np.mean(hidden >> f & 1) for f in range(3)]
    # all three together are shown again: .2 less .2^3
    assert shares == pytest.approx([0.192] * 3, abs=0.005)
    assert np.mean(hidden == 0b11) == pytest.approx(0.2 * 0.2 * 0.8, abs=0.003)
    assert (hidden != 0b111).all()


def test_the_same_seed_hides_the_same():
    one, again, other = (drawn(SCORED_WITHOUT, PRESENCE, 1_000, seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()
    assert not drawn(ConsentRule(), PRESENCE, 1_000, 1).any()


def test_obligations_are_hidden_only_where_one_is_scored_without_them():
    assert maskable(ConsentRule(masking=0.2), PRESENCE) == (0, 1)
    assert maskable(SCORED_WITHOUT, PRESENCE) == (0, 1, 2)


def test_the_only_family_is_never_hidden():
    alone = Presence.of(FEATURES[:1])
    assert maskable(SCORED_WITHOUT, alone) == ()
    assert not drawn(SCORED_WITHOUT, alone, 1_000, 1).any()


def test_what_reads_a_hidden_family_is_missing_and_the_rest_is_as_it_was():
    X = np.arange(12.0).reshape(3, 4)
    found = masked(X, PRESENCE, np.array([0, 0b010, 0b101]))
    nan = np.nan
    np.testing.assert_array_equal(found, [[0, 1, 2, 3], [4, nan, 6, nan], [nan, 9, nan, nan]])
    assert not np.isnan(X).any()
