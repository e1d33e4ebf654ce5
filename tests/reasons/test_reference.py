"""Counts of patterns: what they keep, and what is refused where they come from a file."""

from dataclasses import replace

import numpy as np
import pytest

from creditscore.errors import ModelFormatError, RequestError, ScorecardError
from creditscore.model.trees import parse_model
from creditscore.reasons.reference import MOST_ROWS, Reference
from creditscore.reasons.shapley import prepare
from tests.reasons.oracle import chain, made_model, made_rows


@pytest.fixture(scope="module")
def trees():
    return parse_model(made_model(rounds=4).model_to_string())


@pytest.fixture(scope="module")
def reference(trees):
    return Reference.from_rows(trees, made_rows(200, 8, seed=1))


def test_what_is_kept_explains_as_the_rows_did(trees, reference):
    kept = {name: array.tolist() for name, array in reference.to_arrays().items()}
    X = made_rows(20, 8, seed=2)
    again = prepare(trees, Reference.from_arrays(trees, kept)).contributions(X)
    np.testing.assert_array_equal(again, prepare(trees, reference).contributions(X))


def test_each_row_is_counted_once_at_each_leaf(trees, reference):
    assert (np.add.reduceat(reference.count, reference.starts[:-1]) == 200).all()
    assert len(reference.starts) == len(trees.leaf_value) + 1


def test_the_order_of_rows_is_not_kept(trees, reference):
    shuffled = Reference.from_rows(trees, np.random.default_rng(3).permutation(made_rows(200, 8, seed=1)))
    for name, array in reference.to_arrays().items():
        np.testing.assert_array_equal(shuffled.to_arrays()[name], array)


def test_many_conditions_are_counted_as_few_are():
    trees = chain(30)
    rows = np.random.default_rng(4).normal(size=(100, 30)) + 0.5
    counted = Reference.from_rows(trees, rows)
    for leaf in range(31):
        first, last = counted.starts[leaf : leaf + 2]
        on_path = list(range(min(leaf, 29), -1, -1))
        met = rows[:, on_path] > 0
        if leaf < 30:
            met[:, 0] = ~met[:, 0]
        patterns, times = np.unique(met @ (1 << np.arange(len(on_path))), return_counts=True)
        assert counted.pattern[first:last].tolist() == patterns.tolist()
        assert counted.count[first:last].tolist() == times.tolist()


@pytest.mark.parametrize("rows", [0, MOST_ROWS + 1])
def test_too_few_or_too_many_rows_are_refused(trees, rows):
    with pytest.raises(RequestError, match="expected 1 to 10,000 rows"):
        Reference.from_rows(trees, np.zeros((rows, 8)))


def test_paths_of_too_many_features_are_refused():
    with pytest.raises(ModelFormatError, match="at most 62 distinct features on a path, got 63"):
        Reference.from_rows(chain(63), np.zeros((1, 63)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda r: {"rows": r.rows + 1}, "together the rows"),
        (lambda r: {"count": np.where(np.arange(len(r.count)) == 0, -1, r.count)}, "positive counts"),
        (lambda r: {"pattern": np.where(np.arange(len(r.count)) == 0, 2**40, r.pattern)}, "patterns of the leaves"),
        (lambda r: {"pattern": np.where(np.arange(len(r.count)) == 0, -1, r.pattern)}, "patterns of the leaves"),
        (lambda r: {"pattern": np.where(np.arange(len(r.count)) == 1, r.pattern[0], r.pattern)}, "to rise"),
        (lambda r: {"starts": r.starts[:-1]}, "each of the model's leaves"),
        (lambda r: {"starts": r.starts[[0, 0, *range(2, len(r.starts))]]}, "each of the model's leaves"),
        (lambda r: {"count": r.count[:-1]}, "each of the model's leaves"),
        (lambda _: {"starts": np.zeros(0, np.int64)}, "each of the model's leaves"),
    ],
)
def test_damaged_counts_are_refused(trees, reference, change, told):
    damaged = replace(reference, **change(reference)).to_arrays()
    with pytest.raises(ScorecardError, match=told):
        Reference.from_arrays(trees, damaged)


@pytest.mark.parametrize("name", ["rows", "starts", "pattern", "count"])
@pytest.mark.parametrize("value", [[0.5], [[1]], None, ["a"]])
def test_other_things_than_integers_are_refused(trees, reference, name, value):
    arrays = reference.to_arrays() | {name: value}
    with pytest.raises(ScorecardError, match="expected int64 arrays"):
        Reference.from_arrays(trees, arrays)
