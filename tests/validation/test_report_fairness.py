"""The report's sections on fairness, the minimum necessary and manipulation, of a small scorecard of the sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from creditscore.config import FairnessConfig, ManipulationConfig
from creditscore.training import facts_of, fit, gaming_of, players_of
from creditscore.training.prepared import with_columns
from creditscore.validation.report import Origin, findings, write_report

SEARCH = {
    "rate": 0.8,
    "margin": 0.005,
    "folds": 3,
    "alternatives": [
        {"name": "as trained", "features": 8, "reweighted": False, "auc": 0.7, "gap": 0.2, "frontier": True,
         "chosen": False},
        {"name": "without trips", "features": 6, "reweighted": False, "auc": 0.698, "gap": 0.05, "frontier": True,
         "chosen": True},
    ],
    "chosen": "without trips",
    "params": {},
    "left_out": ["trip_count_365d"],
    "confirmed": {"auc_before": 0.7, "auc_after": 0.69, "lost": 0.01, "lost_low": -0.01, "lost_high": 0.03,
                  "gap_before": 0.2, "gap_after": 0.1, "change": -0.1, "change_low": -0.2, "change_high": -0.01},
}  # fmt: skip
LOSS = {"whole": 0.7, "fewer": 0.699, "lost": 0.001, "lost_low": -0.001, "lost_high": 0.0015}
MINIMAL = {
    "margin": 0.002,
    "kept": 8,
    "dropped": ["a_feature", "b_feature"],
    "families": ["transactions", "trips"],
    "families_dropped": ["trips"],
    "steps": [{"without": "all that reads trips", "features": 8, "taken": True, **LOSS}],
    "validation": LOSS,
    "out_of_time": LOSS | {"lost_high": 0.004},
}


@pytest.fixture(scope="module")
def config(sample_config):
    fairness = FairnessConfig(attributes=["group", "age"], bands={"age": [30]})
    model = sample_config.model.model_copy(update={"params": {"num_iterations": 60, "feature_fraction": 1.0}})
    return sample_config.model_copy(
        update={"fairness": fairness, "model": model, "manipulation": ManipulationConfig(borrowers=40)}
    )


@pytest.fixture(scope="module")
def small(config, prepared):
    """A scorecard of the features that transactions' counts and obligations make, and its data with two attributes."""
    wanted = {"spending_total_90d", "transaction_tenure", "obligations_late_365d"}
    kept = np.array([feature.name in wanted or "count_90d" in feature.name for feature in prepared.features])
    draw = np.random.default_rng(1)
    group = np.where(draw.random(len(prepared.outcome)) < 0.4, "b", "a")
    age = np.where(draw.random(len(group)) < 0.99, draw.uniform(18, 70, len(group)), np.nan)
    applications = prepared.applications.append_column("group", pa.array(group))
    applications = applications.append_column("age", pa.array(age, from_pandas=True))
    made = replace(
        prepared,
        features=tuple(feature for feature, own in zip(prepared.features, kept, strict=True) if own),
        matrix=with_columns(prepared.matrix, kept),
        applications=applications,
    )
    return fit(config, made), made


@pytest.fixture(scope="module")
def players(config, sample_events, small):
    return players_of(config, sample_events, small[1])


def _facts(config, small, **more):
    return facts_of(config, *small) | more


def _light(found):
    return next(light for light in found["lights"] if light["question"].startswith("Fair"))


def test_the_scorecard_names_the_attributes_and_the_origin_finds_them(small):
    trained, made = small
    assert trained.card.facts["fairness"] == {"attributes": ["group", "age"], "bands": {"age": [30]}}
    origin = Origin.of(trained.card, made.matrix, made.applications)
    assert set(origin.groups["age"]) == {"under 30", "30 or more", "not given"}
    assert len(origin.only(np.arange(len(made.outcome)) < 5).groups["group"]) == 5


@pytest.fixture(scope="module")
def asked(config, small, players, tmp_path_factory):
    """The report of groups that mean nothing, with all that training found: its figures, its text."""
    trained, made = small
    gamed = gaming_of(config, trained.card, players)
    return _written(tmp_path_factory, config, small, Origin.of(trained.card, made.matrix, made.applications),
                    search=SEARCH, minimal=MINIMAL, manipulation=gamed)  # fmt: skip


@pytest.fixture(scope="module")
def not_asked(config, small, tmp_path_factory):
    """The report where the config asks for nothing of it."""
    trained, made = small
    origin = replace(Origin.of(trained.card, made.matrix, made.applications), groups={})
    return _written(tmp_path_factory, config, small, origin)


def _written(folders, config, small, origin, **more):
    path, trained = folders.mktemp("report") / "report.html", small[0]
    found = write_report(path, trained.scored, _facts(config, small, **more), trained.importance, [], {"a": 1}, origin)
    return found, path.read_text(encoding="utf-8")


def test_groups_that_mean_nothing_are_not_flagged(asked):
    found, _ = asked
    assert [one["attribute"] for one in found["fairness"]["attributes"]] == ["group", "age"]
    first = found["fairness"]["attributes"][0]
    assert {row["verdict"] for row in first["gaps"]} <= {"reference", "alike", "few"}
    assert first["proxies_found"] == 0
    assert first["together"][0]["auc"] == pytest.approx(0.5, abs=0.06)
    assert _light(found)["colour"] == "green"


def test_a_group_that_the_score_marks_down_is_red_and_its_proxy_named(config, small):
    trained, made = small
    tenure = [feature.name for feature in made.features].index("transaction_tenure")
    days = np.nan_to_num(made.matrix[:, tenure])
    low = np.where(trained.scored["points"].fillna(0) < trained.scored["points"].median(), "low", "high")
    label = np.where(np.random.default_rng(2).random(len(low)) < 0.8, low, "high").astype(object)
    short = np.where(days < np.median(days), "short", "long").astype(object)
    origin = replace(Origin.of(trained.card, made.matrix, made.applications), groups={"mark": label, "file": short})
    found = findings(trained.scored, _facts(config, small), trained.importance, [], {"a": 1}, origin)
    assert _light(found)["colour"] == "red"
    assert "far from 1" in _light(found)["figure"]
    best = found["fairness"]["attributes"][1]["proxies"][0]
    assert (best["feature"], best["proxy"], best["higher"]) == ("transaction_tenure", True, best["group"] == "long")


def test_without_an_attribute_the_light_is_grey_with_a_reason(not_asked):
    found, text = not_asked
    assert found["fairness"] is None
    light = _light(found)
    assert (light["colour"], light["figure"]) == ("grey", "not measured: no protected attribute is given")
    for said in ("no protected attribute is given", "features: {minimal: 0.002}", "manipulation: {}"):
        assert said in text, said


def test_all_three_sections_are_written(asked):
    found, text = asked
    assert len(found["manipulation"]["ways"]) == 9
    for said in (
        "Search for a less discriminatory model", "features: {without: [trip_count_365d]}",
        "does not exclude the margin", "Data that it does without altogether: <b>trips</b>",
        "Points gained for money spent", "self-transfers",
    ):  # fmt: skip
        assert said in text, said
