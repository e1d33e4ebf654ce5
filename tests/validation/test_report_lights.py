"""The traffic lights: each colour where its rule says so, and grey where a colour would be chance."""

from __future__ import annotations

from typing import Any

import pytest

from creditscore.validation.report.lights import lights

DATA = {"rows_read": 1000, "rows_quarantined": 0}


def _found(bads: int = 50, **changes: Any) -> dict[str, Any]:
    ratio = {"value": 1.0, "low": 0.8, "high": 1.2}
    sample = {"bads": bads, "goods": 900, "auc": {"value": 0.7, "low": 0.66, "high": 0.74}}
    sample |= {"observed_over_expected": ratio} | changes
    train = {"auc": {"value": 0.75}}
    return {
        "shown": "test",
        "samples": {"test": sample, "train": train},
        "segments": [],
        "calibration_by_sample": [{"sample": "test", "slope": 0.7, "slope_low": 0.5, "slope_high": 0.9}],
        "stability": None,
        "monotonicity": {"features": 2, "violations": 1, "steps": 10},
        "leaks": {"rows": 900, "bads": 50, "too_good": 0, "telling": 0, "day": {"late": 0}},
        "data": DATA,
    }


def _colours(found: dict[str, Any]) -> list[str]:
    return [light["colour"] for light in lights(found)]


def test_colours_follow_the_figures() -> None:
    assert _colours(_found()) == [
        "green",
        "green",
        "green",
        "red",
        "grey",
        "grey",
        "grey",
        "red",
        "green",
        "grey",
        "grey",
        "green",
    ]


def test_few_bads_have_no_colour() -> None:
    assert _colours(_found(bads=29))[:4] == ["grey"] * 4


@pytest.mark.parametrize(("low", "colour"), [(0.65, "green"), (0.64, "amber"), (0.5, "red")])
def test_ranking_goes_by_the_interval(low: float, colour: str) -> None:
    assert _colours(_found(auc={"value": 0.7, "low": low, "high": 0.8}))[0] == colour


@pytest.mark.parametrize(("value", "low", "colour"), [(1.2, 1.01, "amber"), (1.3, 1.01, "red"), (1.3, 0.99, "green")])
def test_level_goes_by_interval_and_distance(value: float, low: float, colour: str) -> None:
    ratio = {"value": value, "low": low, "high": 1.5}
    assert _colours(_found(observed_over_expected=ratio))[2] == colour


@pytest.mark.parametrize(
    ("changes", "colour"),
    [
        ({}, "green"),
        ({"too_good": 1}, "red"),
        ({"telling": 1}, "red"),
        ({"day": {"late": 1}}, "amber"),
        ({"day": None}, "green"),
        ({"bads": 29, "too_good": 1}, "grey"),
    ],
)
def test_leaks_go_by_what_gives_the_outcome_away(changes: dict[str, Any], colour: str) -> None:
    found = _found()
    assert _colours(found | {"leaks": found["leaks"] | changes})[8] == colour
    assert _colours(found | {"leaks": None})[8] == "grey"


def test_segments_need_half_of_them_measurable() -> None:
    wide, ranked = {"few": True, "auc_low": None}, {"few": False, "auc_low": 0.6}
    assert _colours(_found() | {"segments": [{"segments": [wide, wide, ranked]}]})[4] == "grey"
    assert _colours(_found() | {"segments": [{"segments": [wide, ranked]}]})[4] == "green"
    assert _colours(_found() | {"segments": [{"segments": [ranked, {"few": False, "auc_low": 0.4}]}]})[4] == "amber"


@pytest.mark.parametrize(
    ("flagged", "why", "colour"), [(False, "", "green"), (True, "", "red"), (False, "few", "grey")]
)
def test_platforms_are_red_where_one_is_flagged_and_grey_where_none_was_tested(
    flagged: bool, why: str, colour: str
) -> None:
    row = {"platform": "alder", "gap": -0.4, "flagged": flagged, "why": why}
    light = next(one for one in lights(_found() | {"neutrality": {"bias": [row]}}) if "platforms" in one["question"])
    assert light["colour"] == colour
    assert ("−0.40" in light["figure"]) is not bool(why)
