"""Shapley's values against every order of joining, and their axioms; drawn orders against all coalitions."""

from itertools import permutations

import numpy as np
import pytest

from creditscore.validation.neutrality.game import shapley


def drawn_game(players, seed, figures=2):
    values = np.random.default_rng(seed).normal(size=(1 << players, figures))
    values[0] = 0
    return values


@pytest.mark.parametrize("players", [1, 2, 3, 5])
def test_it_is_the_mean_over_every_order(players):
    game = drawn_game(players, players)
    expected = np.zeros((players, 2))
    orders = list(permutations(range(players)))
    for order in orders:
        members = 0
        for i in order:
            expected[i] += game[members | 1 << i] - game[members]
            members |= 1 << i
    found = shapley(players, game.__getitem__)
    np.testing.assert_allclose(found.value, expected / len(orders), atol=1e-12)
    np.testing.assert_allclose(found.value.sum(axis=0), game[-1], atol=1e-12)
    assert not found.error.any()


def test_drawn_orders_come_near_within_their_own_error():
    players, strength = 10, np.arange(10) / 10
    asked = set()

    def value(members):
        asked.add(members)
        total = sum(strength[i] for i in range(players) if members >> i & 1)
        return np.array([total**2, total])

    found = shapley(players, value, pairs=60, seed=3)
    exact = strength * strength.sum()  # of a squared sum
    assert len(asked) < 1 << players
    np.testing.assert_allclose(found.value.sum(axis=0), [strength.sum() ** 2, strength.sum()], atol=1e-9)
    np.testing.assert_allclose(found.value[:, 1], strength, atol=1e-9)
    assert (np.abs(found.value[:, 0] - exact) <= 4 * found.error[:, 0] + 1e-9).all()
    other = shapley(players, value, pairs=60, seed=3)
    assert other.value.tobytes() == found.value.tobytes()


def test_the_stated_error_is_what_drawing_again_varies_by():
    game = drawn_game(9, 4, figures=1)
    found = [shapley(9, game.__getitem__, pairs=20, seed=seed) for seed in range(60)]
    varies = np.std([one.value for one in found], axis=0)
    stated = np.mean([one.error for one in found], axis=0)
    np.testing.assert_allclose(stated, varies, rtol=0.35)
