from __future__ import annotations

import numpy as np
import pytest

from creditscore.events.simulate import best_possible_auc
from creditscore.events.simulate.outcome import INGREDIENTS, TOGETHER, Ingredient, true_pd


def _brute_force(pd: list[float]) -> float:
    won = weight = 0.0
    for i, bad in enumerate(pd):
        for j, other in enumerate(pd):
            if i != j:
                weight += bad * (1 - other)
                won += bad * (1 - other) * (1.0 if bad > other else 0.5 if bad == other else 0.0)
    return won / weight


@pytest.mark.parametrize("decimals", [1, 2, 12])
def test_best_possible_auc_is_the_sum_over_all_pairs(decimals: int) -> None:
    pd = np.random.default_rng(decimals).beta(1, 8, 150).round(decimals)
    assert best_possible_auc(pd) == pytest.approx(_brute_force(pd.tolist()), abs=1e-12)


def test_best_possible_auc_is_what_drawn_outcomes_give_on_average() -> None:
    rng = np.random.default_rng(1)
    pd = rng.beta(1, 12, 400)
    found = []
    for _ in range(400):
        bad = rng.random(400) < pd
        found.append((pd[bad][:, None] > pd[~bad]).mean())
    assert best_possible_auc(pd) == pytest.approx(np.mean(found), abs=0.01)


def test_risk_rises_straight_from_safe_to_risky_and_stays() -> None:
    falling = Ingredient("x", safe=10, risky=0, absent=0.3, weight=1)
    assert falling.risk(np.array([20, 10, 5, 0, -4, np.nan])).tolist() == [0, 0, 0.5, 1, 1, 0.3]


def test_true_pd_is_the_formula_written_out_for_one_row() -> None:
    aggregates = {one.aggregate: np.array([np.nan]) for one in INGREDIENTS.values()} | {"late_share": np.array([0.7])}
    risk = {name: one.absent for name, one in INGREDIENTS.items()} | {"late": 1.0}
    log_odds = -5.5 + sum(INGREDIENTS[name].weight * value for name, value in risk.items())
    log_odds += sum(weight * risk[one] * risk[other] for (one, other), weight in TOGETHER.items())
    assert true_pd(aggregates)[0] == pytest.approx(1 / (1 + np.exp(-log_odds)), rel=1e-12)
