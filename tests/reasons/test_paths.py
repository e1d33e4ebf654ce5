"""A row reaches a leaf if, and only if, it meets all conditions of the leaf's path: the margin is the oracle."""

import numpy as np
import pytest

from creditscore.model.trees import parse_model
from creditscore.reasons.bins import bins_of, place
from creditscore.reasons.paths import met_at, met_by, paths_of, readings_of
from tests.reasons.oracle import made_model, made_rows


@pytest.mark.parametrize("settings", [{}, {"zero_as_missing": True}, {"features": 2, "num_leaves": 31}])
def test_a_row_meets_all_conditions_of_the_leaves_that_it_reaches(settings):
    model = made_model(**settings)
    trees, X = parse_model(model.model_to_string()), made_rows(300, model.num_feature(), seed=2)
    bins = bins_of(trees)
    readings = readings_of(trees, bins)
    paths = paths_of(trees, readings)
    codes = np.empty((len(bins.feature), len(X)), np.uint16)
    place(bins.cuts, bins.starts, bins.feature, X, codes)
    reached = np.ones((len(trees.leaf_value), len(X)), np.uint8)
    for leaf in range(len(reached)):
        conditions = range(paths.starts[leaf], paths.starts[leaf + 1])
        met, alone = np.empty((len(conditions), len(X)), np.uint8), np.empty(len(conditions), np.uint8)
        for condition in conditions:
            met_by(condition, readings, paths, codes, met[condition - conditions.start])
        met_at(leaf, 7, readings, paths, codes, alone)
        np.testing.assert_array_equal(alone, met[:, 7])
        reached[leaf] = met.all(axis=0)
    expected = model.predict(X, pred_leaf=True, num_threads=1).T + trees.leaf_starts[:-1, None]
    for tree, leaves in enumerate(expected):
        of_tree = slice(trees.leaf_starts[tree], trees.leaf_starts[tree + 1])
        assert (reached[of_tree].sum(axis=0) == 1).all()
        assert reached[leaves, np.arange(len(X))].all()


def test_each_condition_of_a_leaf_is_on_another_feature():
    trees = parse_model(made_model(features=2, num_leaves=31).model_to_string())
    readings = readings_of(trees, bins_of(trees))
    paths = paths_of(trees, readings)
    for first, last in zip(paths.starts, paths.starts[1:], strict=False):
        assert len(set(paths.reading[first:last].tolist())) == last - first <= 2
