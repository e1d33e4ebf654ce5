"""Requests that are wrong: refused whole, by the field and the fix."""

import datetime as dt
from collections import defaultdict

import numpy as np
import polars
import pyarrow as pa
import pytest

from creditscore.errors import CreditScoreError, RequestError
from creditscore.events.schema import Events
from creditscore.scoring import score, score_features
from creditscore.scoring.conformance import AS_OF, made_history

APPLICATION = {"amount": 10_000.0, "term_months": 12.0, "instalment": 900.0}


def test_a_missing_feature_is_named(card, prepared):
    row = dict(zip(card.plan.names, prepared.matrix[0].tolist(), strict=True))
    name = card.plan.names[5]
    del row[name]
    with pytest.raises(RequestError, match=f"1 of {len(card.features)} features are missing, as '{name}'"):
        score_features(card, row)
    with pytest.raises(RequestError, match=name):
        score_features(card, polars.DataFrame([row]))
    with pytest.raises(RequestError, match=name):
        score_features(card, defaultdict(float, row))


@pytest.mark.parametrize(
    ("value", "message"), [("12", "expected a number"), (True, "expected a number"), (np.inf, "infinite")]
)
def test_a_wrong_feature_value_is_named(card, prepared, value, message):
    row = dict(zip(card.plan.names, prepared.matrix[0].tolist(), strict=True)) | {card.plan.names[3]: value}
    with pytest.raises(RequestError, match=f"{card.plan.names[3]}.*{message}"):
        score_features(card, row)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"as_of": None}, "give as_of="),
        ({"as_of": "yesterday"}, "as_of: expected a time like"),
        ({"as_of": dt.datetime(2025, 1, 1)}, "as_of: a time without a zone"),
        ({"as_of": 20250101}, "as_of: expected a time, got int"),
        ({"history": [1, 2]}, "expected a mapping"),
        ({"history": {"payments": []}}, "unknown table 'payments'"),
        ({"history": {"transactions": "/etc/passwd"}}, "transactions is a list of dicts"),
        ({"history": {"trips": float("nan")}}, "trips is a list of dicts"),
        ({"application": [1]}, "application: expected a mapping"),
        ({"as_of": "1800-01-01T00:00:00Z"}, "as_of: expected a time of the years 1900"),
        ({"reference": ["all"]}, "reference: the scorecard has none that is a list"),
    ],
)
def test_a_wrong_request_names_the_field_and_the_fix(card, change, message):
    given = {"history": made_history(3), "as_of": AS_OF, "application": APPLICATION} | change
    with pytest.raises(RequestError, match=message):
        score(card, **given)


def test_a_bad_row_refuses_the_whole_request(card):
    row = {
        "event_id": "x",
        "time": "2025-01-01T00:00:00+00:00",
        "platform": "p",
        "kind": "purchase",
        "amount": float("inf"),
    }
    with pytest.raises(RequestError, match="transactions: 1 rows cannot be read"):
        score(card, {"transactions": [row]}, as_of=AS_OF)


def test_events_of_two_borrowers_are_refused_for_one_score(card):
    rows = [{**row, "borrower_id": f"b{i}"} for i, row in enumerate(made_history(3)["transactions"])]
    with pytest.raises(RequestError, match="events of 3 borrowers"):
        score(card, {"transactions": rows}, as_of=AS_OF)


def test_a_number_that_no_float_holds_is_refused(card):
    bill = {"time": AS_OF - dt.timedelta(days=3), "platform": "p", "kind": "purchase", "amount": 10**400}
    for amounts in ([10**400], [10**400, None], [2**63, 1.5]):
        bills = [{**bill, "event_id": str(i), "amount": one} for i, one in enumerate(amounts)]
        with pytest.raises(CreditScoreError, match=r"integer beyond 64 bits|rows cannot be read"):
            score(card, {"transactions": bills}, as_of=AS_OF)


def test_integers_that_floats_round_are_rounded_alike_in_a_row_and_in_a_table(card):
    names = card.plan.names
    for large in (-(2**63), 2**53 + 1):
        row = dict.fromkeys(names, None) | {names[0]: large, names[1]: 1.0}
        table = pa.table({name: pa.array([value]) for name, value in row.items()})
        assert score_features(card, table)["unrounded_points"][0].as_py() == score_features(card, row).unrounded


@pytest.mark.parametrize("rows", [["{file}"], [{"kind": "purchase"}, "{file}"], "{file}", [None], [1]])
def test_a_request_never_makes_us_read_a_file(card, tmp_path, rows):
    file = tmp_path / "transactions.csv"
    file.write_text("borrower_id,event_id,time,platform,kind,amount\nb,e,2025-01-01T00:00:00Z,p,purchase,9\n")
    given = [str(file) if row == "{file}" else row for row in rows] if isinstance(rows, list) else str(file)
    with pytest.raises(RequestError, match="history: transactions is a list of dicts") as told:
        score(card, {"transactions": given}, as_of=AS_OF)
    with pytest.raises(RequestError, match="applications is a list of dicts"):
        score(card, Events(), applications=given)
    assert str(file) not in str(told.value)
    with pytest.raises(RequestError, match="consents: expected a list of dicts") as told:
        score(card, {}, as_of=AS_OF, consents=[str(file)] if isinstance(rows, list) else str(file), recipient="bank")
    assert str(file) not in str(told.value)
