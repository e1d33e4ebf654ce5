"""Scorecards of every format since 1 load and score for ever as they did: their files are never made again."""

import json
from pathlib import Path

import pytest

from creditscore.scorecard import load
from creditscore.scorecard.content import FORMAT
from creditscore.scoring import score, score_features
from creditscore.scoring.conformance import replay
from tests.golden.make import numbers

GOLDEN = Path(__file__).parents[1] / "golden"
FORMATS = sorted(GOLDEN.glob("format_*.scorecard"))


def test_there_is_one_of_each_format():
    assert [path.stem for path in FORMATS] == [f"format_{number}" for number in range(1, FORMAT + 1)]


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: path.stem)
def test_it_loads_by_its_digest_and_its_key_and_scores_as_ever(path):
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    card = load(path, digest=expected["digest"], public_key=path.with_suffix(".pem"))
    assert replay(card) == []
    for one in expected["rows"]:
        check(score_features(card, one["features"]), one["expected"])
    for one in expected["histories"]:
        check(score(card, one["history"], as_of=one["as_of"]), one["expected"])


def check(result, expected):
    """Numbers to rounding, as log and exp differ between platforms in their last bits; all else as it was."""
    assert numbers(result) == _rounded(expected)


def _rounded(value):
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-9)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value
