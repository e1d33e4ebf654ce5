"""Columns that no source has are as long as the others, and missing."""

import pytest

from creditscore.events.absent import absent
from creditscore.events.schema import CONTRACT, TRANSACTIONS

COLUMNS = [column for contract in CONTRACT.values() for column in contract.columns]


@pytest.mark.parametrize("length", [0, 1, 9])
@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_an_absent_column_is_sound_and_missing(column, length):
    made = absent(column, length)
    made.validate(full=True)
    if column.name not in ("event_id", "utc_offset_minutes"):
        assert made.type == column.type
        assert made.to_pylist() == [None] * length
        assert made.null_count == length


def test_event_ids_are_row_numbers_and_offsets_zero():
    assert absent(TRANSACTIONS["event_id"], 3).to_pylist() == [0, 1, 2]
    assert absent(TRANSACTIONS["utc_offset_minutes"], 3).to_pylist() == [0, 0, 0]
