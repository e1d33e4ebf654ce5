from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from creditscore.events.simulate.faults import ABSURD, numbered
from creditscore.events.simulate.rows import UNKNOWN, Rows


def test_without_its_bad_rows_a_table_is_the_true_one(tables: Mapping[str, Rows]) -> None:
    rows = tables["payments"]
    sent = numbered(np.random.default_rng(1), rows, 100)
    bad = (sent["borrower"] == UNKNOWN) | (sent["time"] == UNKNOWN) | (sent["amount"] == ABSURD)
    _, first = np.unique(sent["number"][~bad], return_index=True)
    for name, column in rows.items():
        assert np.array_equal(sent[name][~bad][first], column), name


def test_one_row_in_five_hundred_is_bad_in_each_of_four_ways(tables: Mapping[str, Rows]) -> None:
    rows = tables["payments"]
    sent = numbered(np.random.default_rng(1), rows, 100)
    ways = [
        (sent["borrower"] == UNKNOWN).sum(),
        (sent["time"] == UNKNOWN).sum(),
        (sent["amount"] == ABSURD).sum(),
        len(sent["number"]) - len(np.unique(sent["number"])),
    ]
    assert min(ways) > 0
    assert sum(ways) == len(sent["time"]) - len(rows["time"])
    assert 0.001 < sum(ways) / len(sent["time"]) < 0.003
