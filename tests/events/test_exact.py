"""Fixed point against Python's decimals."""

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from creditscore.events.exact import State, fixed_point


@settings(max_examples=300, deadline=None)
@given(st.floats(-1e12, 1e12) | st.integers(-(10**9), 10**9).map(lambda mills: mills / 1000))
@example(0.575)
@example(-1.005)
@example(999_999_999_999.005)
def test_a_number_is_rounded_half_to_even_as_the_decimal_it_reads_as(number):
    whole, states = fixed_point(np.array([number]), 2, 1e12, True)
    assert whole.tolist() == [int(Decimal(repr(number)).quantize(Decimal("0.01"), ROUND_HALF_EVEN).scaleb(2))]
    assert states.tolist() == [State.GOOD]


def test_each_state_is_told_and_what_cannot_be_had_is_0():
    whole, states = fixed_point(np.array([1.0, np.nan, -np.inf, -1.0, 11.0, 0.125]), 2, 10.0, False)
    assert [State(state).name for state in states] == [
        "GOOD",
        "NOT_A_NUMBER",
        "INFINITE",
        "BELOW_ZERO",
        "BEYOND",
        "GOOD",
    ]
    assert whole.tolist() == [100, 0, 0, 0, 0, 12]
