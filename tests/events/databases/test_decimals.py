"""Decimals told as text, against Python's own."""

from decimal import Decimal

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from creditscore.events.databases.decimals import decimals

NUMBERS = st.lists(st.none() | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18),
                                           max_value=10**18, places=6))  # fmt: skip


@given(NUMBERS)
def test_each_digit_is_kept(numbers):
    texts = pa.chunked_array([[None if one is None else format(one, "f") for one in numbers]], pa.string())
    found = decimals(texts)
    assert pa.types.is_decimal(found.type)
    assert found.to_pylist() == numbers


def test_as_many_digits_as_there_are():
    assert decimals(pa.chunked_array([["7", "-12.50", None, "0.001"]])).to_pylist() == [
        Decimal("7"), Decimal("-12.50"), None, Decimal("0.001"),
    ]  # fmt: skip
    assert decimals(pa.chunked_array([["7", "8"]])).type.scale == 0


def test_what_is_no_decimal_is_a_float():
    found = decimals(pa.chunked_array([["NaN", "1.5", "-Infinity"]]))
    assert [str(one) for one in found.to_pylist()] == ["nan", "1.5", "-inf"]
    assert decimals(pa.chunked_array([["1" * 40, "2"]])).to_pylist() == [float("1" * 40), 2.0]
