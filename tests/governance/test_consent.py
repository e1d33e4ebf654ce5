"""What consent records allow, at the edges, in the table and for one borrower of plain dicts alike."""

import datetime as dt
import json

import numpy as np
import pandas
import pyarrow as pa
import pytest

from creditscore.errors import QuarantineError, SchemaError
from creditscore.events.load import Source, load_events
from creditscore.events.rows import NotPlainError
from creditscore.events.schema import EVENT_TABLES
from creditscore.governance.consent import granted, grants_of_one, holding, holding_of_one, load_consents
from creditscore.governance.consent_ids import consent_ids, ids_of_plain

AS_OF = dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC)
TICK = dt.timedelta(microseconds=1)
GIVEN = {
    "consent_id": "c1",
    "borrower_id": "b1",
    "purpose": "credit",
    "family": "transactions",
    "recipient": "bank",
    "given_at": AS_OF - dt.timedelta(days=30),
}


def applications(*asked):
    rows = [{"application_id": str(i), "borrower_id": who, "as_of": when} for i, (who, when) in enumerate(asked)]
    return load_events(applications=rows).applications


def grants(records, as_of=AS_OF, who="b1"):
    """What the borrower allows, by family; the two ways agree."""
    table = granted(load_consents(records), applications((who, as_of)), "credit", "bank")
    own = [record for record in records if record["borrower_id"] == who]
    held = holding_of_one(own, round(as_of.timestamp() * 1e6), "credit", "bank")
    (row,) = consent_ids(holding(load_consents(records), applications((who, as_of)), "credit", "bank")).to_pylist()
    assert {name: json.loads(ids) for name, ids in row.items() if ids} == ids_of_plain(held)
    plain = grants_of_one(held)
    assert tuple(table[0].tolist()) == plain
    return dict(zip(EVENT_TABLES, plain, strict=True))


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        ({}, True),
        ({"given_at": AS_OF}, True),
        ({"given_at": AS_OF + TICK}, False),
        ({"expires_at": AS_OF}, False),
        ({"expires_at": AS_OF + TICK}, True),
        ({"withdrawn_at": AS_OF}, False),
        ({"withdrawn_at": AS_OF - TICK}, False),
        ({"withdrawn_at": AS_OF + TICK}, True),  # later: still valid then
        ({"withdrawn_at": AS_OF + dt.timedelta(days=100)}, True),
        ({"withdrawn_at": AS_OF - dt.timedelta(days=60)}, False),  # before it was given
        ({"purpose": "marketing"}, False),
        ({"recipient": "another bank"}, False),
        ({"family": "trips"}, False),
    ],
)
def test_a_consent_at_its_edges(change, holds):
    assert grants([GIVEN | change])["transactions"] == int(holds)


def test_nobody_elses_consent_counts():
    assert grants([GIVEN], who="b2") == dict.fromkeys(EVENT_TABLES, 0)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, 1),
        ({"separate": True}, 1 | 2),
        ({"written": True}, 1 | 4),  # in writing, but not apart from others
        ({"separate": True, "written": True}, 1 | 2 | 4),
        ({"separate": None, "written": False}, 1),
    ],
)
def test_each_flag_is_its_own(flags, expected):
    assert grants([GIVEN | flags])["transactions"] == expected


def test_of_two_consents_one_holds():
    expired = GIVEN | {"consent_id": "c0", "expires_at": AS_OF - TICK, "written": True}
    assert grants([expired, GIVEN])["transactions"] == 1
    assert grants([GIVEN | {"consent_id": "c2", "separate": True}, GIVEN | {"written": True}])["transactions"] == 7


def test_one_consent_for_several_families_is_withdrawn_for_each_by_itself():
    records = [GIVEN, GIVEN | {"family": "trips", "withdrawn_at": AS_OF - TICK}]
    assert grants(records) == {"transactions": 1, "trips": 0, "obligations": 0}


def test_a_later_record_withdraws_the_consent_of_its_id():
    records = [GIVEN, GIVEN | {"withdrawn_at": AS_OF - TICK}]
    assert grants(records)["transactions"] == grants(records[::-1])["transactions"] == 0
    assert grants([GIVEN, GIVEN | {"consent_id": "c2", "withdrawn_at": AS_OF - TICK}])["transactions"] == 1
    without = {name: value for name, value in GIVEN.items() if name != "consent_id"}
    assert grants([without, without | {"withdrawn_at": AS_OF - TICK}])["transactions"] == 1
    assert grants([GIVEN | {"consent_id": 7}, GIVEN | {"consent_id": 7, "withdrawn_at": AS_OF}])["transactions"] == 0


def test_two_applications_at_either_side_of_a_withdrawal():
    consents = load_consents([GIVEN | {"withdrawn_at": AS_OF}])
    asked = applications(("b1", AS_OF - TICK), ("b1", AS_OF), ("b0", AS_OF - TICK))
    assert granted(consents, asked, "credit", "bank")[:, 0].tolist() == [1, 0, 0]


def test_ids_of_unlike_types_are_the_same_person():
    consents = load_consents([GIVEN | {"borrower_id": 12}])
    assert granted(consents, applications(("12", AS_OF)), "credit", "bank")[0, 0] == 1


def test_any_records_as_a_plain_reading_of_the_rule_has_them():
    draw = np.random.default_rng(1)
    day = dt.timedelta(days=1)

    def some_time(share_missing):
        return None if draw.random() < share_missing else AS_OF + int(draw.integers(-3, 4)) * day

    for _ in range(60):
        records = [
            GIVEN
            | {
                "consent_id": str(draw.integers(5)) if draw.random() < 0.7 else None,
                "borrower_id": f"b{draw.integers(3)}",
                "family": EVENT_TABLES[draw.integers(3)],
                "recipient": ("bank", "other")[draw.integers(2)],
                "separate": bool(draw.integers(2)),
                "written": bool(draw.integers(2)),
                "given_at": some_time(0),
                "expires_at": some_time(0.5),
                "withdrawn_at": some_time(0.7),
            }
            for _ in range(int(draw.integers(1, 12)))
        ]
        asked = [(f"b{draw.integers(3)}", AS_OF + int(draw.integers(-3, 4)) * day) for _ in range(5)]
        found = granted(load_consents(records), applications(*asked), "credit", "bank")
        for row, (who, when) in zip(found.tolist(), asked, strict=True):
            assert row == [_allowed(records, who, when, family) for family in EVENT_TABLES]
            own = [record for record in records if record["borrower_id"] == who]
            assert grants_of_one(holding_of_one(own, round(when.timestamp() * 1e6), "credit", "bank")) == tuple(row)


def _allowed(records, who, when, family):
    own = [r for r in records if (r["borrower_id"], r["family"], r["recipient"]) == (who, family, "bank")]
    gone = {record["consent_id"] for record in own if record["withdrawn_at"] and record["withdrawn_at"] <= when}
    found = 0
    for record in own:
        ended = record["expires_at"] is not None and record["expires_at"] <= when
        withdrawn = record["withdrawn_at"] is not None and record["withdrawn_at"] <= when
        by_another = record["consent_id"] is not None and record["consent_id"] in gone
        if record["given_at"] <= when and not (ended or withdrawn or by_another):
            found |= 1 | 2 * record["separate"] | 4 * record["written"]
    return found


def test_records_are_read_as_any_source_is():
    frame = pandas.DataFrame(
        {"who": ["b1", "b1"], "what": ["消费", "出行"], "since": ["2024-01-01 00:00", "2024-01-01 00:00"],
         "alone": ["yes", "no"], "on paper": [1, 0]}
    )  # fmt: skip
    source = Source(
        frame,
        timezone="Asia/Shanghai",
        columns={"borrower_id": "who", "family": "what", "given_at": "since", "separate": "alone",
                 "written": "on paper"},
        values={"family": {"消费": "transactions", "出行": "trips"}},
        constants={"purpose": "credit", "recipient": "bank"},
    )  # fmt: skip
    found = granted(load_consents(source), applications(("b1", AS_OF)), "credit", "bank")
    assert found.tolist() == [[7, 1, 0]]


@pytest.mark.parametrize("change", [{"family": "health"}, {"separate": "maybe"}, {"given_at": None}, {"purpose": ""}])
def test_a_record_that_cannot_be_read_is_refused_and_not_set_aside(change):
    with pytest.raises(QuarantineError):
        load_consents([GIVEN | change])


def test_a_required_column_that_lacks_is_named():
    with pytest.raises(SchemaError, match="no column 'recipient'"):
        load_consents(pa.table({name: [value] for name, value in GIVEN.items() if name != "recipient"}))


@pytest.mark.parametrize(
    "change",
    [{"family": "health"}, {"separate": "yes"}, {"given_at": "2024-01-01"}, {"given_at": None}, {"purpose": ""}],
)
def test_what_is_not_plain_is_left_to_loading(change):
    with pytest.raises(NotPlainError):
        holding_of_one([GIVEN | change], 0, "credit", "bank")
