"""The truth: the probability of default as a function of behaviour, and how well anybody could rank by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from creditscore.events.simulate.borrowers import chance
from creditscore.events.simulate.clock import Floats

INTERCEPT = -5.5


@dataclass(frozen=True)
class Ingredient:
    """Risk from one aggregate: 0 at `safe`, 1 at `risky`, straight between them; `absent` where it is missing."""

    aggregate: str
    safe: float
    risky: float
    absent: float
    weight: float

    def risk(self, value: Floats) -> Floats:
        """The risk, between 0 and 1."""
        ramp = np.clip((value - self.safe) / (self.risky - self.safe), 0, 1)
        return np.where(np.isnan(ramp), self.absent, ramp)


INGREDIENTS = {
    "late": Ingredient("late_share", 0.0, 0.35, 0.2, 1.2),
    "past_due": Ingredient("worst_days_past_due", 2, 45, 0.2, 1.0),
    "surge": Ingredient("spending_trend", 0.2, 0.6, 0.2, 0.4),
    "slump": Ingredient("spending_trend", 0.12, 0.0, 0.6, 0.3),
    "unsteady": Ingredient("income_variability", 0.05, 0.6, 0.6, 0.7),
    "cash": Ingredient("cash_share", 0.0, 0.6, 0.3, 0.6),
    "night": Ingredient("night_share", 0.08, 0.35, 0.4, 0.5),
    "returns": Ingredient("refund_share", 0.0, 0.15, 0.2, 0.4),
    "silent": Ingredient("recency", 7, 60, 1.0, 0.5),
    "new": Ingredient("tenure", 420, 60, 1.0, 0.7),
    "narrow": Ingredient("merchants", 10, 1, 1.0, 0.4),
    "broken": Ingredient("broken_trip_share", 0.0, 0.4, 0.3, 0.5),
    "burdened": Ingredient("burden", 0.05, 0.4, 0.6, 0.7),
    "low": Ingredient("mean_balance", 20_000, 500, 0.6, 0.6),
}

TOGETHER = {("burdened", "low"): 0.6, ("late", "surge"): 0.6, ("unsteady", "new"): 0.4}


@dataclass(frozen=True)
class Truth:
    """Log-odds of bad: an intercept, the risks of ingredients by weight, and the products of pairs by weight."""

    intercept: float
    ingredients: Mapping[str, Ingredient]
    together: Mapping[tuple[str, str], float]

    def risks(self, aggregates: Mapping[str, Floats]) -> dict[str, Floats]:
        """The risk of each ingredient, between 0 and 1."""
        return {name: one.risk(aggregates[one.aggregate]) for name, one in self.ingredients.items()}

    def log_odds(self, aggregates: Mapping[str, Floats]) -> Floats:
        """The log-odds of bad of each application."""
        risk = self.risks(aggregates)
        parts = [one.weight * risk[name] for name, one in self.ingredients.items()]
        parts += [weight * risk[one] * risk[other] for (one, other), weight in self.together.items()]
        log_odds: Floats = self.intercept + np.sum(parts, axis=0)
        return log_odds


TRUTH = Truth(INTERCEPT, INGREDIENTS, TOGETHER)


def true_pd(aggregates: Mapping[str, Floats], truth: Truth = TRUTH) -> Floats:
    """The PD of each application: logistic in its ingredients' risks and in the products of some."""
    return chance(truth.log_odds(aggregates))


def best_possible_auc(pd: Floats) -> float:
    """The AUC to expect of ranking by the true PD, (n,), when outcomes are drawn from it: no model does better.

    Each row counts as a bad with weight p and as a good with weight 1 − p, never against itself, and ties count one
    half: Σ p_i (1 − p_j) [p_i > p_j, ½ if equal] / Σ p_i (1 − p_j) over i ≠ j, in O(n log n).

    >>> best_possible_auc(np.array([0.0, 1.0])), best_possible_auc(np.array([0.1, 0.1, 0.1]))
    (1.0, 0.5)
    """
    _, row = np.unique(pd, return_inverse=True)
    bads = np.bincount(row, weights=pd)
    goods = np.bincount(row, weights=1 - pd)
    itself = np.bincount(row, weights=pd * (1 - pd))
    below = np.cumsum(goods) - goods
    won = (bads * below).sum() + 0.5 * (bads * goods - itself).sum()
    return float(won / (bads.sum() * goods.sum() - itself.sum()))
