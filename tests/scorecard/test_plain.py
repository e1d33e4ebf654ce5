"""JSON of the types that it should have."""

from dataclasses import dataclass

import pytest

from creditscore.errors import ScorecardError
from creditscore.scorecard.plain import number, parsed, record_of, texts


@dataclass
class One:
    name: "str"
    size: "int"
    share: "float"


def test_a_record_of_exactly_its_fields():
    assert record_of(One, {"name": "x", "size": 1, "share": 2}) == One("x", 1, 2)


@pytest.mark.parametrize(
    "record",
    [
        None,
        {"name": "x", "size": 1},
        {"name": "x", "size": 1, "share": 0.5, "more": 1},
        {"name": 1, "size": 1, "share": 0.5},
        {"name": "x", "size": True, "share": 0.5},
        {"name": "x", "size": 1.0, "share": 0.5},
        {"name": "x", "size": 1, "share": "0.5"},
    ],
)
def test_other_records_are_refused(record):
    with pytest.raises(ValueError, match="expected"):
        record_of(One, record)


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"a": NaN}', '{"a": -Infinity}', '{"a": 1, "a": 2}', '{"a": ' + "[" * 100_000, '{"a": "\xff"']
)
def test_what_is_no_plain_json_object_is_refused(text):
    with pytest.raises(ScorecardError, match=r"part\.json"):
        parsed("part.json", text.encode("latin-1"))


def test_numbers_are_numbers_of_bearable_size():
    assert number("n", 5) == 5
    for wrong in (True, "5", 1e10, 10**400, None):
        with pytest.raises(ValueError, match="expected a number"):
            number("n", wrong)
    with pytest.raises(ValueError, match="expected text"):
        texts("t", ["a", 1])
