"""A name that is wrong is named, with what there is and what was probably meant."""

import pyarrow as pa
import pytest

from creditscore.errors import SchemaError
from creditscore.events.mapping import mapped, wanted
from creditscore.events.schema import APPLICATIONS, TRANSACTIONS
from creditscore.events.sources import Part, Source

TABLE = pa.table({"who": ["b1"], "time": ["t"], "kind": ["fee"], "amount": [1], "platform": ["p"], "shop": ["s"]})


def columns(contract=TRANSACTIONS, table=TABLE, **options):
    source = Source(table, **options)
    return mapped(Part("bills.csv", tuple(table.column_names), table), source, contract)


def values(name, **options):
    return columns(columns={"borrower_id": "who", **options.pop("columns", {})}, **options)[name].to_pylist()


def test_names_asked_for_go_before_the_same_names_and_these_before_constants():
    assert values("amount") == [1]
    assert values("category", columns={"category": "kind"}) == ["fee"]
    assert values("kind", columns={"kind": "shop"}, constants={"kind": "refund"}) == ["s"]
    assert values("channel", constants={"channel": "app"}) == ["app"]
    assert values("platform", platform="other") == ["p"]


def test_several_columns_are_joined_and_all_missing_is_missing():
    table = pa.table({"a": ["x", None, None], "b": [1, 2, None]})
    part = Part("f", ("a", "b"), table)
    source = Source(
        table, columns={"further": ("a", "b")}, constants={"borrower_id": 1, "application_id": 1, "as_of": 1}
    )
    assert mapped(part, source, APPLICATIONS)["further"].to_pylist() == ["x | 1", " | 2", None]


def test_columns_that_nobody_maps_are_not_wanted():
    assert wanted(Source([]), APPLICATIONS) is None
    assert "shop" not in wanted(Source([]), TRANSACTIONS)
    assert {"a", "b", "time"} <= wanted(Source([], columns={"category": ["a", "b"]}), TRANSACTIONS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"bills\.csv: no column 'borrower_id' \(whose event it is\); it has who, time.*name it under columns"),
        ({"columns": {"borrower_id": "whom"}}, r"maps 'borrower_id' to 'whom', which is not there.*mean 'who'\?"),
        ({"columns": {"amuont": "amount"}}, r"columns names 'amuont', which is no column of trans.*mean 'amount'\?"),
        ({"values": {"knd": {}}}, r"values names 'knd', which is no column.*mean 'kind'\?"),
        ({"constants": {"plattform": "p"}}, r"constants names 'plattform'.*mean 'platform'\?"),
        ({"values": {"kind": {"a": "purchse"}}}, r"values of 'kind' are mapped to 'purchse'.*mean 'purchase'\?"),
    ],
)
def test_a_wrong_name_is_named_with_the_fix(options, message):
    with pytest.raises(SchemaError, match=message):
        columns(**options)


def test_a_missing_platform_says_platform():
    with pytest.raises(SchemaError, match=r"no column 'platform'.*give the source's platform="):
        columns(table=TABLE.drop_columns(["platform"]), columns={"borrower_id": "who"})
