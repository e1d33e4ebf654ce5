"""score(): one and many, from histories and from features, and what it refuses."""

import datetime as dt
import json

import numpy as np
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.errors import RequestError
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.scoring import Score, score, score_features
from creditscore.scoring.assess import assess
from creditscore.scoring.conformance import AS_OF, _history, replay

APPLICATION = {"amount": 10_000.0, "term_months": 12.0, "instalment": 900.0}


@pytest.fixture(scope="module")
def many(card, sample_events):
    return score(card, sample_events, applications=sample_events.applications)


def test_many_come_back_in_the_applications_order(many, sample_events):
    assert many["application_id"].equals(sample_events.applications["application_id"])
    assert many.num_rows == sample_events.applications.num_rows


def test_one_borrower_scores_as_in_the_table(card, many, sample_events):
    applications = sample_events.applications
    for i in range(0, 3_000, 300):
        row = applications.slice(i, 1).to_pylist()[0]
        history = Events(**{name: _of(sample_events.table(name), row["borrower_id"]) for name in EVENT_TABLES})
        own = {name: row[name] / scale for name, scale in (("amount", 100), ("term_months", 1), ("instalment", 100))}
        one = score(card, history, as_of=row["as_of"], application=own)
        batch = many.slice(i, 1).to_pylist()[0]
        assert one.scorable == batch["scorable"]
        assert (one.points, one.unrounded, one.pd, one.grade) == tuple(
            batch[name] for name in ("points", "unrounded_points", "pd", "grade")
        )
        assert [reason.code for reason in one.reasons] == [
            code for n in range(1, 5) if (code := batch[f"reason_{n}"]) is not None
        ]


def _of(table, borrower):
    import pyarrow.compute as pc

    return table.filter(pc.equal(table["borrower_id"], borrower))


def test_features_already_built_score_the_same_bits(card, many, prepared):
    features = dict(zip(card.plan.names, prepared.matrix.T, strict=True))
    table = polars.DataFrame({"application_id": prepared.applications["application_id"].to_numpy(), **features})
    found = score_features(card, table)
    assert isinstance(found, polars.DataFrame)
    order = {identity: i for i, identity in enumerate(many["application_id"].to_pylist())}
    rows = [order[identity] for identity in found["application_id"]]
    assert found["unrounded_points"].to_list() == many["unrounded_points"].take(rows).to_pylist()


def test_shuffled_columns_score_the_same(card, prepared):
    row = dict(zip(card.plan.names, prepared.matrix[0].tolist(), strict=True))
    names = list(row)
    np.random.default_rng(1).shuffle(names)
    assert score_features(card, {name: row[name] for name in names}) == score_features(card, row)
    frame = polars.DataFrame([row])
    assert score_features(card, frame.select(names)).equals(score_features(card, frame))


def test_pandas_come_back_as_pandas_with_their_index(card, prepared):
    import pandas as pd

    frame = pd.DataFrame(prepared.matrix[:3], columns=card.plan.names, index=[7, 8, 9])
    found = score_features(card, frame)
    assert isinstance(found, pd.DataFrame)
    assert found.index.tolist() == [7, 8, 9]


def test_a_missing_feature_is_named(card, prepared):
    row = dict(zip(card.plan.names, prepared.matrix[0].tolist(), strict=True))
    name = card.plan.names[5]
    del row[name]
    with pytest.raises(RequestError, match=f"1 of {len(card.features)} features are missing, as '{name}'"):
        score_features(card, row)
    with pytest.raises(RequestError, match=name):
        score_features(card, polars.DataFrame([row]))


@pytest.mark.parametrize(
    ("value", "message"), [("12", "expected a number"), (True, "expected a number"), (np.inf, "infinite")]
)
def test_a_wrong_feature_value_is_named(card, prepared, value, message):
    row = dict(zip(card.plan.names, prepared.matrix[0].tolist(), strict=True)) | {card.plan.names[3]: value}
    with pytest.raises(RequestError, match=f"{card.plan.names[3]}.*{message}"):
        score_features(card, row)


def test_reasons_and_the_reference_add_up_to_the_score_on_every_row(card, prepared):
    assessed = assess(card, prepared.matrix)
    total = card.mean_points + assessed.code_points.sum(axis=1)
    assert np.abs(total - assessed.unrounded).max() < 1e-9


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_reasons_add_up_whatever_the_features(card, data):
    values = data.draw(
        st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=len(card.features), max_size=len(card.features))
    )
    matrix = np.array([[np.nan if value is None else value for value in values]])
    assessed = assess(card, matrix)
    assert abs(card.mean_points + assessed.code_points.sum() - assessed.unrounded[0]) < 1e-9


def test_reasons_are_at_most_four_cost_points_and_go_worst_first(many):
    costs = np.array([many[f"reason_{n}_points"].to_numpy(zero_copy_only=False) for n in range(1, 5)], dtype=float)
    assert np.nanmax(costs) < 0
    assert not (np.diff(costs, axis=0) < 0).any()


def test_lists_of_dicts_from_json_score(card):
    history = json.loads(json.dumps(_history(120)))
    found = score(card, history, as_of=AS_OF.isoformat(), application=APPLICATION)
    assert found.scorable
    assert card.scale.lowest <= found.points <= card.scale.highest
    assert 0 < found.pd < 1
    assert json.loads(json.dumps(found.to_dict()))["points"] == found.points


def test_no_history_is_a_result_with_a_reason(card):
    found = score(card, {}, as_of=AS_OF, application=APPLICATION)
    assert isinstance(found, Score)
    assert not found.scorable
    assert "no history" in found.why_not
    assert found.points is None
    assert found.reasons == ()


def test_events_at_or_after_as_of_change_nothing(card):
    history = _history(60)
    before = score(card, history, as_of=AS_OF, application=APPLICATION)
    later = {"event_id": "z", "time": AS_OF.isoformat(), "platform": "p1", "kind": "fee", "amount": 5.0}
    more = {**history, "transactions": [*history["transactions"], later]}
    assert score(card, more, as_of=AS_OF, application=APPLICATION) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"as_of": None}, "give as_of="),
        ({"as_of": "yesterday"}, "as_of: expected a time like"),
        ({"as_of": dt.datetime(2025, 1, 1)}, "as_of: a time without a zone"),
        ({"as_of": 20250101}, "as_of: expected a time, got int"),
        ({"history": [1, 2]}, "expected a mapping"),
        ({"history": {"payments": []}}, "unknown table 'payments'"),
    ],
)
def test_a_wrong_request_names_the_field_and_the_fix(card, change, message):
    given = {"history": _history(3), "as_of": AS_OF} | change
    with pytest.raises(RequestError, match=message):
        score(card, given["history"], as_of=given["as_of"], application=APPLICATION)


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
    rows = [{**row, "borrower_id": f"b{i}"} for i, row in enumerate(_history(3)["transactions"])]
    with pytest.raises(RequestError, match="events of 3 borrowers"):
        score(card, {"transactions": rows}, as_of=AS_OF)


def test_the_conformance_vectors_replay(card):
    assert len(card.vectors) == 4
    assert replay(card) == []


def test_a_changed_vector_is_found(card):
    import copy
    import dataclasses

    vectors = copy.deepcopy(card.vectors)
    vectors[2]["expected"]["points"] += 1
    assert replay(dataclasses.replace(card, vectors=vectors)) != []


def test_the_result_reads_well(card):
    found = score(card, _history(30), as_of=AS_OF, application=APPLICATION)
    assert f"{found.points} of 300–900" in repr(found)
    assert found.reasons[0].code in found._repr_html_()
