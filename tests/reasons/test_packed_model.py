"""One row by packed arrays: the bits of many rows' sums."""

import numpy as np

from creditscore.model.trees import parse_model
from creditscore.reasons.packed_model import sum_one
from creditscore.reasons.shapley import prepare
from tests.reasons.oracle import made_model


def test_one_row_has_the_bits_that_it_has_among_many():
    explainer = prepare(parse_model(made_model(num_leaves=31).model_to_string()))
    X = np.random.default_rng(1).normal(size=(40, len(explainer.trees.feature_names)))
    X[::7, 1] = np.nan
    many, margins = explainer.explain(X)
    for i in range(len(X)):
        values, margin = np.zeros((1, X.shape[1])), np.zeros(1)
        sum_one(explainer.packed, explainer.table, X[i : i + 1], values, margin)
        assert values.tobytes() == many[i].tobytes()
        assert margin[0] == margins[i]
