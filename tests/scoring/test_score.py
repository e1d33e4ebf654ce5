"""score(): one and many, from histories and from features, and what it refuses."""

import numpy as np
import polars
import pytest

from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.scoring import score, score_features
from creditscore.scoring.conformance import AS_OF, made_history

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


def test_reasons_are_at_most_four_cost_points_and_go_worst_first(many):
    costs = np.array([many[f"reason_{n}_points"].to_numpy(zero_copy_only=False) for n in range(1, 5)], dtype=float)
    assert np.nanmax(costs) < 0
    assert not (np.diff(costs, axis=0) < 0).any()


def test_events_at_or_after_as_of_change_nothing(card):
    history = made_history(60)
    before = score(card, history, as_of=AS_OF, application=APPLICATION)
    later = {"event_id": "z", "time": AS_OF.isoformat(), "platform": "p1", "kind": "fee", "amount": 5.0}
    more = {**history, "transactions": [*history["transactions"], later]}
    assert score(card, more, as_of=AS_OF, application=APPLICATION) == before
