"""The smallest change of one lever and of two is the smallest: every step of every lever tried, by plain loops."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from creditscore.estimators import CreditModel
from creditscore.features import count, obligations, transactions, trips
from creditscore.scoring import score_features
from creditscore.scoring.wanted import counterfactual

# Of three tables, so that no change carries into another figure.
APART = (
    *count(transactions, days=90, name="orders", riskier="higher", reason="R01", changeable=True),
    *count(trips, days=90, name="journeys", riskier="lower", reason="T06", changeable=True),
    *count(obligations, days=90, name="debts", riskier="higher", reason="O01", changeable=True),
)
# Two windows of one count: what went in the last 30 days went in the last 90 too.
NESTED = (
    *count(transactions, days=(30, 90), name="orders", riskier="higher", reason="R01", changeable=True),
    *count(trips, days=90, name="journeys", riskier="lower", reason="T06", changeable=True),
)
PARAMS = {"num_iterations": 40, "learning_rate": 0.2, "num_leaves": 6, "min_data_in_leaf": 5, "feature_fraction": 1.0}


def card_of(features, X, seed):
    """A scorecard of these figures, on which risk depends in their directions."""
    draw = np.random.default_rng(seed)
    ways = np.array([{"higher": 1, "lower": -1}[feature.riskier] for feature in features])
    risk = ((X - X.mean(axis=0)) / X.std(axis=0) * ways).sum(axis=1)
    y = (draw.random(len(X)) < 1 / (1 + np.exp(1.5 - 1.2 * risk))).astype(int)
    model = CreditModel(features=features, params=PARAMS, random_state=seed).fit(X, y)
    return model.to_scorecard(X, name="small", population="simulated rows", pd_horizon_months=12)


@pytest.fixture(scope="module", params=[0, 1, 2])
def apart(request):
    draw = np.random.default_rng(request.param)
    X = np.column_stack([draw.poisson(mean, 1_200) for mean in (4, 5, 6)]).astype(float)
    return card_of(APART, X, request.param), X


@pytest.fixture(scope="module", params=[0, 1])
def nested(request):
    draw = np.random.default_rng(10 + request.param)
    lately = draw.poisson(3, 1_200)
    X = np.column_stack([lately, lately + draw.poisson(5, 1_200), draw.poisson(5, 1_200)]).astype(float)
    return card_of(NESTED, X, request.param), X


def choices(card, row, i, step=1.0):
    """Every value of less risk that the population's range allows for one figure, and what it costs."""
    population = card.reference()
    low, high = population.range[i]
    first, third = population.middle[i]
    if card.features[i].riskier == "higher":
        values = np.arange(row[i] - step, low - 1e-9, -step)
    else:
        values = np.arange(row[i] + step, high + 1e-9, step)
    return [(value, abs(value - row[i]) / (third - first)) for value in values.tolist()]


def points(card, rows):
    return score_features(card, pd.DataFrame(np.array(rows), columns=card.plan.names))["points"].to_numpy()


def smallest(card, row, wanted, levers, change):
    """(levers, cost) of the cheapest change of one lever, else of two, that `change` says is possible; or None."""
    for size in (1, 2):
        tried = [
            (sum(cost for _, cost in chosen), after)
            for some in combinations(levers, size)
            for chosen in product(*(choices(card, row, i) for i in some))
            if (after := change(card, row, dict(zip(some, (value for value, _ in chosen), strict=True)))) is not None
        ]
        if tried:
            reached = points(card, [after for _, after in tried]) >= wanted
            costs = [cost for (cost, _), yes in zip(tried, reached, strict=True) if yes]
            if costs:
                return size, min(costs)
    return None


def alone(_card, row, values):
    """A figure that nothing else depends on."""
    after = row.copy()
    for i, value in values.items():
        after[i] = value
    return after


def carried(card, row, values):
    """The older window has what the last 30 days lost less, never less than they have, within the range."""
    after = alone(card, row, values)
    if 0 in values and 1 not in values:
        after[1] = row[1] - (row[0] - values[0])
    inside = after[1] >= min(row[1], card.reference().range[1, 0])
    return after if inside and after[0] <= after[1] else None


def some_rows(card, X, wanted, many):
    """Rows from just below the wanted points to far below."""
    given = points(card, X)
    order = np.argsort(given, kind="stable")
    below = order[given[order] < wanted]
    return X[below[:: len(below) // many]]


def compare(card, X, levers, change, wanted=600, many=25):
    sizes = []
    for row in some_rows(card, X, wanted, many):
        expected = smallest(card, row, wanted, levers, change)
        given = dict(zip(card.plan.names, row.tolist(), strict=True))
        found = counterfactual(card, given, points=wanted)
        if expected is None:
            assert len(found.changes) not in (1, 2)
            continue
        assert (len(found.changes), found.cost) == (expected[0], pytest.approx(expected[1]))
        sizes.append(expected[0])
    return sizes


def test_of_figures_apart_it_is_the_cheapest_of_all(apart):
    card, X = apart
    sizes = compare(card, X, (0, 1, 2), alone)
    assert min(sizes.count(1), sizes.count(2)) >= 3


def test_of_windows_within_windows_it_is_the_cheapest_of_all(nested):
    card, X = nested
    sizes = compare(card, X, (0, 1, 2), carried)
    assert min(sizes.count(1), sizes.count(2)) >= 3
