"""Columns to exact types, against Python's own decimals."""

from decimal import ROUND_HALF_EVEN, Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from creditscore.errors import SchemaError
from creditscore.events.clean import Reading, as_text, clean, further, plain, translate
from creditscore.events.schema import OBLIGATIONS, TRANSACTIONS, TRIPS

AMOUNT = TRANSACTIONS["amount"]


def column(values, kind=None):
    return pa.chunked_array([pa.array(values, kind)])


def cleaned(contract_column, values, kind=None):
    return clean(contract_column, column(values, kind), Reading("transactions from frame"))[0].to_pylist()


def cents(number):
    return int(Decimal(repr(number)).quantize(Decimal("0.01"), ROUND_HALF_EVEN).scaleb(2))


@settings(max_examples=300, deadline=None)
@given(st.floats(0, 1e12) | st.integers(0, 10**9).map(lambda mills: mills / 1000))
@example(0.575)
@example(1.005)
@example(0.285)
@example(999_999_999_999.005)
def test_money_is_rounded_half_to_even_as_the_decimal_it_reads_as(number):
    assert cleaned(AMOUNT, [number]) == [cents(number)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["0.575", "2.50", "7"], None),
        ([Decimal("0.575"), Decimal("2.5"), Decimal(7)], pa.decimal128(30, 6)),
        ([0.575, 2.5, 7.0], pa.float64()),
        ([".575", "25e-1", "+7."], pa.large_string()),
    ],
)
def test_money_is_the_same_from_text_decimals_and_floats(values, kind):
    assert clean(AMOUNT, plain(column(values, kind), "x"), Reading("x"))[0].to_pylist() == [58, 250, 700]


def test_integers_and_single_floats_are_money_too():
    assert cleaned(AMOUNT, [3, None], pa.uint8()) == [300, None]
    assert cleaned(AMOUNT, [0.5], pa.float32()) == [50]


def test_distance_has_three_decimals():
    assert cleaned(TRIPS["distance_km"], [1.2345, 0.0005]) == [1234, 0]


@pytest.mark.parametrize("text", ["", "1,5", "¥5", "1.2.3", "e5", "0x1F", "nan", "inf", "--1", "１２"])
def test_text_that_is_no_number_fails(text):
    values, failures = clean(AMOUNT, column([text, "1"]), Reading("x"))
    assert [(failure.reason, failure.rows.tolist()) for failure in failures] == [("amount not a number", [True, False])]
    assert values.to_pylist()[1] == 100


@pytest.mark.parametrize(
    ("contract_column", "values", "expected"),
    [
        (AMOUNT, column([True]), "expected numbers"),
        (AMOUNT, column([0], pa.timestamp("us")), "expected numbers"),
        (TRANSACTIONS["time"], column([1_709_283_600]), "holds int64; expected timestamps or text"),
        (OBLIGATIONS["paid_at"], column([1.0]), "holds double; expected timestamps or text"),
        (TRANSACTIONS["borrower_id"], column([1.5]), "expected text or whole numbers"),
        (TRANSACTIONS["borrower_id"], column([True]), "expected text or whole numbers"),
        (TRANSACTIONS["city"], column([0], pa.date32()), "expected text"),
    ],
)
def test_a_column_of_a_wrong_type_is_named_with_the_fix(contract_column, values, expected):
    with pytest.raises(SchemaError, match=rf"^bills\.csv: column '{contract_column.name}' .*{expected}.*convert it"):
        clean(contract_column, values, Reading("bills.csv"))


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([7, None], pa.int8(), [7, None]),
        ([7.0, float("nan")], pa.float64(), [7, None]),
        ([2**64 - 1], pa.uint64(), [str(2**64 - 1)]),
        ([Decimal(12)], pa.decimal128(38, 0), [12]),
        (["007", "x"], pa.string(), ["007", "x"]),
    ],
)
def test_ids_are_int64_or_text(values, kind, expected):
    assert cleaned(TRANSACTIONS["event_id"], values, kind) == expected


def test_categories_from_numbers_have_no_point_or_exponent():
    assert cleaned(TRANSACTIONS["city"], [110_000.0, None, float("nan")]) == ["110000", None, None]
    assert cleaned(TRANSACTIONS["city"], [1.23456789012e11]) == ["123456789012"]
    assert cleaned(TRANSACTIONS["city"], [5]) == ["5"]


def test_a_long_unknown_word_is_cut():
    _, (failure,) = clean(TRANSACTIONS["kind"], column(["x" * 100]), Reading("x"))
    assert failure.reason == f"unknown kind '{'x' * 40}': not one of the contract's values"


def test_plain_decodes_every_layout_and_empty_text_is_missing():
    words = pa.DictionaryArray.from_arrays(pa.array([1, 0, None], pa.uint8()), pa.array(["", "b"], pa.string_view()))
    assert plain(pa.chunked_array([words]), "x").to_pylist() == ["b", None, None]
    assert plain(column(["a", ""], pa.large_string()), "x").to_pylist() == ["a", None]
    assert plain(pa.chunked_array([], pa.dictionary(pa.int8(), pa.string())), "x").to_pylist() == []
    with pytest.raises(SchemaError, match=r"column 'y' holds list<.*expected plain text"):
        plain(column([[1]]), "column 'y'")


def test_words_are_translated_and_others_pass():
    assert translate(column(["a", "b", "c", None]), {"a": "A", "b": None}).to_pylist() == ["A", None, "c", None]
    assert translate(column([1.0, 0.0]), {"1": 0, "0": 1}).to_pylist() == ["0", "1"]
    assert as_text(column([True, None])).to_pylist() == ["true", None]


def test_untyped_text_is_numbers_only_where_all_of_it_is():
    assert further(column(["1", None, "2.5"]), typed=False).to_pylist() == [1.0, None, 2.5]
    assert further(column(["1", "x"]), typed=False).to_pylist() == ["1", "x"]
    assert further(column(["True", "false", None]), typed=False).to_pylist() == [1.0, 0.0, None]
    assert further(column(["1", "2"]), typed=True).to_pylist() == ["1", "2"]
    assert further(column([0], pa.timestamp("us")), typed=True) is None
