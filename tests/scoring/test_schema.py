"""The published schema is that of the types, and of real results."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from creditscore.scoring import Score, score, score_features
from creditscore.scoring.conformance import AS_OF, made_history
from creditscore.scoring.schema import score_schema
from tests.scorecard.small import drawn, small_card

PUBLISHED = Path(__file__).parents[2] / "docs" / "score.schema.json"


@pytest.fixture(scope="module")
def schema():
    return json.loads(PUBLISHED.read_text(encoding="utf-8"))


def test_the_published_schema_is_made_from_the_types(schema):
    assert schema == score_schema(), "run: python -m creditscore.scoring.schema > docs/score.schema.json"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_results_of_every_kind_meet_it(schema):
    card, history = small_card(), made_history(30)
    row = dict(zip(card.plan.names, drawn(card.features)[0][0].tolist(), strict=True))
    results = [
        score(card, history, as_of=AS_OF),
        score(card, history, as_of=AS_OF, records=True),
        score(card, {}, as_of=AS_OF),
        score_features(card, row),
        without_reasons(card),
    ]
    assert results[1].reasons[0].evidence[0].records
    assert [result.scorable for result in results] == [True, True, False, True, True]
    for result in results:
        plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        jsonschema.validate(plain, schema)
        assert plain == result.to_dict()


def without_reasons(card):
    """A row that nothing costs points beside the riskiest: it has key factors, against all applicants, instead."""
    X = drawn(card.features)[0]
    riskiest = np.argsort(card.trees.margin(X))[-100:]
    weak = card.with_reference("weak", "the riskiest rows", X[riskiest])
    rows = (dict(zip(card.plan.names, row, strict=True)) for row in X.tolist())
    found = next(one for row in rows if (one := score_features(weak, row, reference="weak")).key_factors)
    assert "against all applicants" in repr(found)
    return found


def test_what_the_types_do_not_have_is_refused(schema):
    plain = score(small_card(), made_history(30), as_of=AS_OF).to_dict()
    for wrong in ({**plain, "more": 1}, {**plain, "points": "600"}, {k: v for k, v in plain.items() if k != "pd"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_a_notebook_shows_no_markup_of_a_scorecards_own():
    found: Score = score(small_card(), made_history(30), as_of=AS_OF)
    shown = replace(found, grade="<script>", model_id="<b>", clipped=True)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "(clipped)" in shown
