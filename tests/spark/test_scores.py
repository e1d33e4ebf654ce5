"""Scores over a cluster are those of one machine, to the last bit."""

import pytest

import creditscore
from creditscore.errors import RequestError
from creditscore.spark import score


@pytest.fixture(scope="module")
def events(frames):
    return {name: frames[name] for name in ("transactions", "trips", "obligations")}


@pytest.fixture(scope="module")
def expected(card, sample_events):
    return creditscore.score(card, sample_events, applications=sample_events.applications).sort_by("application_id")


@pytest.mark.parametrize("reasons", [True, False])
def test_scores_and_reasons_are_those_of_one_machine(card, events, frames, expected, reasons):
    found = (
        score(card, events, frames["applications"], reasons=reasons, partitions=3).toArrow().sort_by("application_id")
    )
    wanted = [name for name in expected.column_names if reasons or not name.startswith("reason_")]
    assert found.column_names == wanted
    for name in wanted:
        assert found[name].to_pylist() == expected[name].to_pylist(), name


def test_an_unknown_reference_is_refused_before_anything_runs(card, events, frames):
    with pytest.raises(RequestError, match=r"reference: the scorecard has none of this id; it has"):
        score(card, events, frames["applications"], reference="nobody")
