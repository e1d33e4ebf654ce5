"""Columns of X: their definitions or directions, found by name, and what does not fit refused."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from creditscore.errors import InputError
from creditscore.estimators.columns import Column, arranged, defined, directed
from creditscore.features import count, tenure, transactions

FEATURES = [count(transactions, days=(30, 90), name="times", riskier="lower"), tenure(transactions, name="since")]


def test_directions_go_by_name_or_by_number():
    assert directed(3, None, {2: "lower"}) == (Column("column_0"), Column("column_1"), Column("column_2", "lower"))
    assert [column.riskier for column in directed(2, ["a b", "税"], {"税": "higher"})] == [None, "higher"]


REFUSED = {
    "a misspelt name": (["late", "age"], {"lat": "higher"}, r"no column 'lat'; did you mean 'late'\?"),
    "a number where there are names": (["late", "age"], {0: "higher"}, "no column 0; there are 'late', 'age'"),
    "a name where there are none": (None, {"late": "higher"}, "no column 'late'; there are 0, 1"),
    "a number too high": (None, {2: "higher"}, "no column 2"),
    "a sign": (["late", "age"], {"late": 1}, "'late': expected 'higher' or 'lower', got 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_directions_that_do_not_fit_are_refused(case):
    names, riskier, fault = REFUSED[case]
    with pytest.raises(InputError, match=fault):
        directed(2, names, riskier)


def test_definitions_are_found_by_name_in_the_order_of_the_columns_and_may_be_more():
    assert [feature.name for feature in defined(2, ["since", "times_30d"], FEATURES)] == ["since", "times_30d"]


def test_without_names_each_column_has_its_definition():
    assert [feature.name for feature in defined(3, None, FEATURES)] == ["times_30d", "times_90d", "since"]
    with pytest.raises(InputError, match="X has 2 columns without names, and 3 features are defined"):
        defined(2, None, FEATURES)


def test_a_column_without_a_definition_is_refused_with_its_name_and_a_close_one():
    with pytest.raises(InputError, match=r"2 of 3 columns .* as 'times_31d'; did you mean 'times_30d'.*riskier="):
        defined(3, ["times_31d", "since", "other"], FEATURES)


FRAME = pd.DataFrame({"b": [3.0, 4.0], "a": [1.0, np.nan]})


@pytest.mark.parametrize(
    "X", [FRAME, pl.from_pandas(FRAME), pa.Table.from_pandas(FRAME)], ids=["pandas", "polars", "arrow"]
)
def test_frames_are_put_in_the_order_of_the_names(X):
    found = np.asarray(arranged(X, ["a", "b"]), np.float64)
    np.testing.assert_array_equal(found, [[1, 3], [np.nan, 4]])


def test_arrays_and_frames_of_other_columns_are_left_as_they_are():
    X = np.eye(2)
    assert arranged(X, ["a", "b"]) is X
    assert arranged(FRAME, None) is FRAME
    assert arranged(FRAME, ["a", "c"]) is FRAME
