"""Scorecards that could not be scored with are refused, on saving as on loading."""

from dataclasses import replace

import numpy as np
import pytest

from creditscore.errors import ScorecardError
from creditscore.model.scale import Calibration, MasterScale, Scale
from creditscore.scorecard import save
from creditscore.scorecard.checks import check
from tests.scorecard.small import small_card


def test_a_proper_one_passes():
    check(small_card())


def calibrated(intercept=0.0, slope=1.0, shifts=(0.0,) * 8):
    return {"calibration": Calibration(intercept, slope, shifts)}


def scaled(**changes):
    return {"scale": replace(Scale(600, 20, 40, 300, 900), **changes)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "a name"),
        ({"name": "two\nlines"}, "a name"),
        ({"features": ()}, "features"),
        ({"references": ()}, "reference 'all'"),
        ({"codes": {}}, "not worded"),
        (calibrated(intercept=np.nan), "within a billion"),
        (calibrated(intercept=1e10), "within a billion"),
        (calibrated(slope=0.0), "above 0"),
        (calibrated(shifts=(0.0,)), "one for each pattern"),
        (calibrated(shifts=(1.0,) * 8), "the first 0"),
        (scaled(pdo=-1), "above 0"),
        (scaled(highest=300), "lowest below highest"),
        ({"grades": MasterScale(("A", "B"), ())}, "rising upper ends"),
        ({"grades": MasterScale(("A", "B", "C"), (0.2, 0.2))}, "rising upper ends"),
    ],
)
def test_what_cannot_make_a_score_is_refused(changes, message, tmp_path):
    with pytest.raises(ScorecardError, match=message):
        save(replace(small_card(), **changes), tmp_path / "one.scorecard")
    assert list(tmp_path.iterdir()) == []


def test_leaf_values_beyond_any_sum_are_refused():
    card = small_card()
    largest = card.model.split("leaf_value=")[1].split(" ")[0]
    huge = "9" * 10 + "." + "0" * (len(largest) - 11)
    with pytest.raises(ScorecardError, match="leaf values"):
        check(replace(card, model=card.model.replace(largest, huge, 1)))
