"""What scores come from: rows chosen of a matrix in memory and in a file are the same."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from creditscore.features.matrix_file import MatrixFile
from creditscore.validation.report.origin import Origin, evenly

X = np.arange(60.0).reshape(20, 3)


@pytest.fixture(params=["memory", "file"])
def origin(request: Any, tmp_path: Path) -> Origin:
    matrix: Any = X
    if request.param == "file":
        matrix = MatrixFile(tmp_path / "features", 3)
        matrix.make(20)
        matrix.write(np.arange(20), X)
    # cents, as the contract holds money
    columns = {
        "amount": pa.array(range(0, 2000, 100), pa.int64()),
        "borrower_id": [f"b{row // 2}" for row in range(20)],
    }
    return Origin.of(SimpleNamespace(facts={}), matrix, pa.table(columns))  # type: ignore[arg-type]


def test_rows_of_rows_are_those_of_the_whole(origin: Origin) -> None:
    some = origin.only(np.arange(20) % 2 == 1).only(np.arange(10) >= 5)
    rows = [11, 13, 15, 17, 19]
    assert some.rows.tolist() == rows
    assert np.concatenate(list(some.blocks())).tolist() == X[rows].tolist()
    assert some.values(np.array([True, False, False, False, True])).tolist() == X[[11, 19]].tolist()
    assert some.values_at(np.array([1, 2])).tolist() == X[[13, 15]].tolist()
    assert some.amount is not None
    assert some.amount.tolist() == rows  # in units of the currency
    assert some.borrower is not None
    assert some.borrower.tolist() == [row // 2 for row in rows]
    assert some.applications is not None
    assert some.applications["amount"].to_pylist() == [100 * row for row in rows]


def test_all_rows_are_meant_without_a_choice(origin: Origin) -> None:
    assert np.concatenate(list(origin.blocks())).tolist() == X.tolist()
    assert origin.values(np.ones(20, np.bool_), most=4).tolist() == X[[0, 6, 12, 19]].tolist()


def test_few_rows_are_all_drawn() -> None:
    assert evenly(np.arange(3), 5).tolist() == [0, 1, 2]
