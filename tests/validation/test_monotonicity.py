from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from creditscore.errors import TrainingError
from creditscore.features.formula import Feature
from creditscore.features.spending import SPENDING
from creditscore.model.binned import binned
from creditscore.model.fit import fit_trees
from creditscore.model.trees import Trees, parse_model
from creditscore.validation.monotonicity import thresholds, violations

GENERATOR = np.random.default_rng(6)
X = GENERATOR.normal(size=(1_500, 4))
X[GENERATOR.random(X.shape) < 0.1] = np.nan
FILLED = np.nan_to_num(X)
# Risk rises with the first column, falls with the second, and turns within the third.
BAD = (FILLED[:, 0] - FILLED[:, 1] + 2 * np.abs(FILLED[:, 2]) + GENERATOR.normal(size=1_500) > 2.5).astype(float)
ROWS = X[:60]


def _features(*riskier: str | None) -> tuple[Feature, ...]:
    return tuple(replace(SPENDING[0], name=f"f{j}", riskier=each) for j, each in enumerate(riskier))


def _trees(features: tuple[Feature, ...]) -> Trees:
    return parse_model(fit_trees(X, BAD, features, params={"num_iterations": 40}))


def test_model_that_was_made_monotone_keeps_its_promise_everywhere() -> None:
    features = _features("higher", "lower", "higher", None)
    trees = _trees(features)
    for values in ({f"f{j}": binned(X[:, j]).edges for j in range(4)}, thresholds(trees)):
        table = violations(trees, features, ROWS, values)
        assert table["feature"].tolist() == ["f0", "f1", "f2"]
        assert table["steps"].tolist() == [60 * (len(values[name]) - 1) for name in ("f0", "f1", "f2")]
        assert table[["violations", "worst"]].to_numpy().sum() == 0


def test_promises_that_the_model_never_had_are_found_broken_and_counted() -> None:
    trees = _trees(_features(None, None, None, None))
    promised = _features("lower", "lower", "higher", None)
    values = {f"f{j}": binned(X[:, j]).edges for j in range(4)}
    table = violations(trees, promised, ROWS, values).set_index("feature")
    for name, column, sign in (("f0", 0, -1), ("f1", 1, -1), ("f2", 2, 1)):
        wrong = []
        for row in ROWS:
            swept = np.tile(row, (len(values[name]), 1))
            swept[:, column] = values[name]
            margin = trees.margin(swept)
            wrong += [max(0.0, sign * (before - after)) for before, after in pairwise(margin)]
        assert table.loc[name, "violations"] == sum(step > 0 for step in wrong)
        assert table.loc[name, "worst"] == pytest.approx(max(wrong))
    assert table.loc["f0", "violations"] > 100  # risk rises there
    assert table.loc["f2", "violations"] > 50


def test_sweep_over_thresholds_sees_every_value_that_trees_tell_apart() -> None:
    trees = _trees(_features(None, None, None, None))
    values = thresholds(trees)["f2"]
    row = np.tile(ROWS[:1], (3_000, 1))
    row[:, 2] = np.linspace(-5, 5, 3_000)
    swept = np.tile(ROWS[:1], (len(values), 1))
    swept[:, 2] = values
    assert set(trees.margin(row)) <= set(trees.margin(swept))


def test_sample_scorecard_keeps_its_promise(card, prepared) -> None:
    table = violations(card.trees, card.features, prepared.matrix[::150], thresholds(card.trees))
    assert table["violations"].sum() == 0
    assert table["steps"].sum() > 1_000


def test_rows_given_are_left_as_they_were() -> None:
    features = _features("higher", None, None, None)
    before = ROWS.copy()
    violations(_trees(features), features, ROWS, {"f0": [0.0, 1.0]})
    np.testing.assert_array_equal(ROWS, before)


def test_other_features_and_missing_values_are_refused() -> None:
    features = _features("higher", "lower", None, None)
    trees = _trees(features)
    with pytest.raises(TrainingError, match="without values: f1"):
        violations(trees, features, ROWS, {"f0": [0.0, 1.0]})
    with pytest.raises(TrainingError, match="expected the features of the trees"):
        violations(trees, features[::-1], ROWS, {"f0": [0.0], "f1": [0.0]})
