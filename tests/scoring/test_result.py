"""What callers get."""

import json

from creditscore.scoring import Score, score
from creditscore.scoring.conformance import AS_OF, made_history

APPLICATION = {"amount": 10_000.0, "term_months": 12.0, "instalment": 900.0}


def test_the_result_reads_well(card):
    found = score(card, made_history(30), as_of=AS_OF, application=APPLICATION)
    assert f"{found.points} of 300–900" in repr(found)
    assert found.reasons[0].code in found._repr_html_()


def test_no_history_is_a_result_with_a_reason(card):
    found = score(card, {}, as_of=AS_OF, application=APPLICATION)
    assert isinstance(found, Score)
    assert not found.scorable
    assert "no history" in found.why_not
    assert found.points is None
    assert found.reasons == ()


def test_lists_of_dicts_from_json_score(card):
    history = json.loads(json.dumps(made_history(120)))
    found = score(card, history, as_of=AS_OF.isoformat(), application=APPLICATION)
    assert found.scorable
    assert card.scale.lowest <= found.points <= card.scale.highest
    assert 0 < found.pd < 1
    assert json.loads(json.dumps(found.to_dict()))["points"] == found.points
