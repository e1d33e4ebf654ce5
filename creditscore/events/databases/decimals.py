"""Numbers that a database told as text, digit by digit, as Arrow's decimals."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

MOST_DIGITS = 38


def with_decimals(table: pa.Table, names: Collection[str]) -> pa.Table:
    """The table with these of its columns, which are text, as decimals of as many digits as they have."""
    for i, name in enumerate(table.column_names):
        if name in names:
            table = table.set_column(i, name, decimals(table.column(i)))
    return table


def decimals(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text of digits as decimals; as float64 where some are too long for one, or are no numbers (NaN, Infinity).

    >>> decimals(pa.chunked_array([["12.50", "-0.07", None]])).type
    Decimal128Type(decimal128(4, 2))
    """
    digits = pc.replace_substring_regex(texts, "^-", "")
    whole = pc.max(pc.utf8_length(pc.replace_substring_regex(digits, r"\..*", ""))).as_py() or 1
    part = pc.max(pc.utf8_length(pc.replace_substring_regex(digits, r"^[^.]*\.?", ""))).as_py() or 0
    numbers = pc.all(pc.match_substring_regex(digits, r"^[0-9.]*$")).as_py() is not False
    if numbers and whole + part <= MOST_DIGITS:
        return texts.cast(pa.decimal128(whole + part, part))
    return texts.cast(pa.float64())
