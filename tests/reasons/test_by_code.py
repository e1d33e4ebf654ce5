"""Contributions by code: what each is of, that none is lost, and where what an absent family costs goes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from creditscore.features import count, obligations, ratio, total, transactions, trips
from creditscore.features.define import applications, flatten, value
from creditscore.model.presence import Presence
from creditscore.reasons.by_code import CodeColumns

FEATURES = flatten([
    count(trips, days=30, reason="T01"),
    count(transactions, days=30, reason="R01"),
    total(trips.amount, days=90, reason="T02"),
    total(transactions.amount, days=30, reason="S01"),
    ratio(total(obligations.amount_due, days=30), total(transactions.amount, days=30), name="both", reason="O11"),
    count(obligations, days=30, reason="O01"),
    value(applications.amount, reason="A01"),
])  # fmt: skip
PRESENCE = Presence.of(FEATURES)
CODES = CodeColumns.of(tuple(feature.reason for feature in FEATURES), PRESENCE)
OWN = {"transactions": "H05", "trips": "H06", "obligations": "H07"}
NUMBERS = st.floats(-50, 50)


def by_hand(contributions, pattern):
    """Each feature's own code, or that of the first family, in the contract's order, that it reads and lacks."""
    absent = [name for f, name in enumerate(("transactions", "trips", "obligations")) if pattern >> f & 1]
    summed = dict.fromkeys(CODES.codes, 0.0)
    for feature, contribution in zip(FEATURES, contributions, strict=True):
        lacking = [name for name in absent if name in feature.tables]
        summed[OWN[lacking[0]] if lacking else feature.reason] += contribution
    return summed


@given(st.lists(st.tuples(st.lists(NUMBERS, min_size=7, max_size=7), st.integers(0, 7)), max_size=6))
def test_sums_are_those_by_hand_and_nothing_is_lost(rows):
    contributions = np.array([values for values, _ in rows]).reshape(-1, 7)
    absent = np.array([pattern for _, pattern in rows], np.int64)
    found = CODES.sum(contributions, absent)
    for values, pattern, row in zip(contributions.tolist(), absent.tolist(), found.tolist(), strict=True):
        assert dict(zip(CODES.codes, row, strict=True)) == by_hand(values, pattern)
    np.testing.assert_allclose(found.sum(axis=1), contributions.sum(axis=1), atol=1e-9)


def test_codes_are_in_alphabetical_order_with_the_families_own():
    assert CODES.codes == ("A01", "H05", "H06", "H07", "O01", "O11", "R01", "S01", "T01", "T02")


def test_what_is_behind_a_code_follows_the_absent_families():
    assert CODES.behind("T01", 0) == (0,)
    assert CODES.behind("H06", 0) == ()
    assert CODES.behind("H06", 2) == (0, 2)
    assert CODES.behind("O11", 1) == ()
    assert CODES.behind("H05", 1) == (1, 3, 4)
