"""LightGBM's own rule, node by node, is the oracle."""

import numpy as np
import pytest

from creditscore.errors import ModelFormatError
from creditscore.model.trees import parse_model
from creditscore.model.trees_kernel import ZERO, goes_left
from creditscore.reasons import bins as module
from creditscore.reasons.bins import bin_of, bins_of, place
from tests.reasons.oracle import made_model

TINY = [ZERO, -ZERO, np.nextafter(ZERO, 1), np.nextafter(-ZERO, -1), 1e-36, 0.0, -0.0]
CODES = [
    -1.0,
    -0.999,
    -0.5,
    0.4,
    0.999,
    1,
    1.5,
    31,
    32,
    32.5,
    39,
    63,
    64,
    1e6,
    2.0**31 - 1,
    2.0**31,
    2.0**32 + 3,
    1e300,
]
HARD = np.array([*TINY, *CODES, np.nan, np.inf, -np.inf])


@pytest.mark.parametrize("settings", [{}, {"zero_as_missing": True}, {"use_missing": False}, {"num_leaves": 63}])
def test_no_node_tells_a_value_from_its_bin(settings):
    trees = parse_model(made_model(**settings).model_to_string())
    bins = bins_of(trees)
    rng = np.random.default_rng(1)
    values = np.concatenate([HARD, rng.normal(size=300), rng.integers(-1, 42, 60).astype(float), bins.cuts])
    X = np.repeat(values[:, None], 8, axis=1)
    found = np.empty((len(bins.feature), len(X)), np.uint16)
    place(bins.cuts, bins.starts, bins.feature, X, found)
    first = np.cumsum([0, *bins.count()])
    for node, feature in enumerate(trees.nodes.feature):
        column = bins.column(feature)
        stand_in = bins.representatives()[first[column] + found[column]]
        ways = [goes_left(trees.nodes, node, value) for value in values]
        assert ways == [goes_left(trees.nodes, node, value) for value in stand_in]


def test_one_value_has_the_bin_that_it_has_among_many():
    bins = bins_of(parse_model(made_model().model_to_string()))
    X = np.repeat(np.concatenate([HARD, bins.cuts])[:, None], 8, axis=1)
    found = np.empty((len(bins.feature), len(X)), np.uint16)
    place(bins.cuts, bins.starts, bins.feature, X, found)
    for column in range(len(bins.feature)):
        alone = [bin_of(bins.cuts, bins.starts[column], bins.starts[column + 1], x) for x in X[:, 0]]
        assert alone == found[column].tolist()


def test_too_many_bins_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_BINS", 5)
    with pytest.raises(ModelFormatError, match=r"at most 5 bins of a feature, got \d+; train with a smaller max_bin"):
        bins_of(parse_model(made_model().model_to_string()))
