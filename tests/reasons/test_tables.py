"""Tables within a bound, every leaf once."""

import numpy as np
import pytest

from creditscore.model.trees import parse_model
from creditscore.reasons.bins import bins_of
from creditscore.reasons.paths import paths_of, readings_of
from creditscore.reasons.shapley import prepare
from creditscore.reasons.tables import choose_groups
from tests.reasons.oracle import chain, made_model


@pytest.fixture(scope="module")
def trees():
    return parse_model(made_model(num_leaves=31, min_data_in_leaf=3).model_to_string())


@pytest.mark.parametrize("most_bytes", [2**28, 100_000, 30_000, 5_000, 0])
def test_every_leaf_is_in_one_group_or_in_none(trees, most_bytes):
    readings = readings_of(trees, bins_of(trees))
    groups, rest = choose_groups(trees, readings, paths_of(trees, readings), most_bytes)
    assert sorted([*groups.leaf, *rest]) == list(range(len(trees.leaf_value)))
    of_group = np.repeat(groups.tree, np.diff(groups.leaf_starts))
    assert (of_group == np.searchsorted(trees.leaf_starts, groups.leaf, side="right") - 1).all()
    assert (np.diff(groups.tree) >= 0).all()


def test_tables_keep_the_bound_and_use_it(trees):
    whole = prepare(trees)
    assert whole.rest_share == 0
    shares = []
    for most_bytes in (whole.table.nbytes, whole.table.nbytes // 4, whole.table.nbytes // 16, 0):
        explainer = prepare(trees, most_bytes=most_bytes)
        assert explainer.table.nbytes <= most_bytes
        shares.append(explainer.rest_share)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_leaves_of_too_many_features_have_no_table():
    assert prepare(chain(40)).rest_share == pytest.approx(25 / 41)
