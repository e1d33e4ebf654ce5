"""Which families a row lacks, and how a pattern's shift is shared among them."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditscore.features import count, obligations, ratio, total, transactions, trips
from creditscore.features.define import flatten
from creditscore.model.presence import Presence, shares

FEATURES = flatten([
    count(trips, days=30),
    total(trips.amount, days=30),
    count(transactions, days=30),
    ratio(total(obligations.amount_due, days=30), total(transactions.amount, days=30), name="both"),
])  # fmt: skip


def test_a_family_is_absent_where_all_that_reads_it_alone_is_missing():
    presence = Presence.of(FEATURES)
    # obligations are read with transactions only, so nothing tells whether they are there
    assert presence.families == ("transactions", "trips")
    nan = np.nan
    rows = np.array([[1, 2, 3, 4], [nan, 2, 3, 4], [nan, nan, 3, 4], [nan, nan, nan, 4], [0, nan, nan, nan]], float)
    assert presence.absent(rows).tolist() == [0, 0, 2, 3, 1]
    assert presence.named(3) == ("transactions", "trips")
    assert presence.read.tolist() == [2, 2, 1, 1]


def test_without_families_there_is_one_pattern():
    presence = Presence.of(())
    assert presence.patterns == 1
    assert presence.absent(np.zeros((3, 0))).tolist() == [0, 0, 0]


@given(st.integers(0, 3), st.data())
def test_shares_are_the_mean_over_all_orders_of_leaving(families, data):
    shifts = [0.0, *data.draw(st.lists(st.floats(-3, 3), min_size=2**families - 1, max_size=2**families - 1))]
    found = shares(shifts, families)
    for pattern, row in enumerate(found):
        members = [f for f in range(families) if pattern >> f & 1]
        expected = np.zeros(families)
        orders = list(permutations(members))
        for order in orders:
            gone = 0
            for f in order:
                expected[f] += (shifts[gone | 1 << f] - shifts[gone]) / len(orders)
                gone |= 1 << f
        np.testing.assert_allclose(row, expected, atol=1e-12)
        assert row.sum() == pytest.approx(shifts[pattern], abs=1e-12)
