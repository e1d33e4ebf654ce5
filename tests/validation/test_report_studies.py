"""The report's studies, on the sample: leaks that are planted are found, and a scorecard does not beat itself."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from creditscore.features.build import matrix_of
from creditscore.features.matrix_file import MatrixFile
from creditscore.training import facts_of
from creditscore.validation.report import Origin, write_report
from creditscore.validation.report.challenge import challenge, paired
from creditscore.validation.report.day_earlier import DayEarlier, day_earlier
from creditscore.validation.report.families import families_of
from creditscore.validation.report.leaks import leaks
from creditscore.validation.report.rival import CHALLENGER, CHAMPION, Rival, rival_of
from creditscore.validation.report.studies import Studies


@pytest.fixture(scope="module")
def origin(trained: Any, prepared: Any) -> Origin:
    return Origin.of(trained.card, prepared.matrix, prepared.applications)


@pytest.fixture(scope="module")
def day(trained: Any, prepared: Any, sample_events: Any) -> DayEarlier:
    return day_earlier(trained.card.plan, sample_events, prepared.applications, prepared.outcome)


@pytest.fixture(scope="module")
def rival(trained: Any, prepared: Any, sample_events: Any) -> Rival:
    return rival_of(trained.card, sample_events, prepared.applications, CHALLENGER)


def test_a_day_earlier_is_the_same_application_a_day_before(
    day: DayEarlier, trained: Any, prepared: Any, sample_events: Any
) -> None:
    row = int(day.places[7])
    one = prepared.applications.slice(row, 1)
    moved = [one["as_of"][0].as_py() - dt.timedelta(days=1)]
    at = one.column_names.index("as_of")
    asked = one.set_column(at, "as_of", pa.array(moved, one.schema.field("as_of").type))
    alone = matrix_of(trained.card.plan, sample_events, asked)
    assert np.array_equal(alone[0], day.matrix[7], equal_nan=True)
    names = [feature.name for feature in prepared.features][::-1]
    assert np.array_equal(day.of(names), day.matrix[:, ::-1], equal_nan=True)


def test_the_sample_has_no_leak(origin: Origin, prepared: Any, day: DayEarlier) -> None:
    found = leaks(origin, prepared.outcome, day)
    assert found is not None
    assert (found["too_good"], found["telling"], found["day"]["late"]) == (0, 0, 0)
    assert found["bads"] == int(np.nansum(prepared.outcome))
    best = found["best"][0]
    values = prepared.matrix[:, [feature.name for feature in prepared.features].index(best["feature"])]
    has = ~np.isnan(values) & ~np.isnan(prepared.outcome)
    auc = roc_auc_score(prepared.outcome[has], values[has])
    assert best["auc"] == pytest.approx(max(auc, 1 - auc))
    scores = found["day"]["scores"]
    assert 0 < scores["mean_points"] < scores["most_points"] < 30
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_planted_leaks_are_found(origin: Origin, prepared: Any, day: DayEarlier) -> None:
    bad, X = prepared.outcome, np.array(prepared.matrix)
    X[:, 0] = bad + np.random.default_rng(1).normal(0, 0.3, len(X))  # a copy of the outcome, not there a day earlier
    X[:, 1] = np.where(bad == 1, 1.0, np.nan)  # filled for bads alone
    found = leaks(replace(origin, matrix=X), bad, day)
    assert found is not None
    names = [feature.name for feature in prepared.features]
    assert found["too_good"] == 1
    assert found["best"][0]["feature"] == names[0]
    assert [row["feature"] for row in found["presence"]] == [names[1]]
    assert found["day"]["late"] == 1
    assert found["day"]["gains"][0]["feature"] == names[0]


def test_a_scorecard_does_not_beat_itself(trained: Any, rival: Rival) -> None:
    pair = paired(trained.scored, trained.card, rival)
    assert pair.rows[CHAMPION].to_numpy() == pytest.approx(pair.rows[CHALLENGER].to_numpy(), abs=0)
    found = challenge(pair)
    test = trained.scored[(trained.scored["sample"] == "test") & trained.scored["pd"].notna()]
    assert found["rows"] == len(test)
    assert found["comparison"]["bootstrap"] == {"value": 0, "low": 0, "high": 0}
    assert found["approval_rate"] == pytest.approx((test["points"] >= 580).mean())
    assert [group["n"] for group in found["swap"]][1:3] == [0, 0]


def test_a_better_rival_is_told_by_its_role(trained: Any, rival: Rival) -> None:
    scored = trained.scored
    better = np.where(scored["pd"].isna(), np.nan, 0.9 * scored["outcome"].fillna(0) + 0.05)
    for role, sign in ((CHALLENGER, 1), (CHAMPION, -1)):
        found = challenge(paired(scored, trained.card, replace(rival, pd=better, role=role)))
        assert found["comparison"][role] == 1
        assert sign * found["comparison"]["bootstrap"]["value"] > 0.1
        assert sign * found["comparison"]["delong"]["low" if sign > 0 else "high"] > 0


def test_rows_that_a_rival_was_fitted_on_do_not_count(trained: Any, rival: Rival) -> None:
    samples = rival.samples.copy()
    test = np.flatnonzero(trained.scored["sample"] == "test")
    samples[test[:100]] = "train"
    found = challenge(paired(trained.scored, trained.card, replace(rival, samples=samples)))
    assert found["fitted_on"] == 100
    assert found["late"] == len(test) - 100


def test_page_shows_all_of_them_with_features_in_a_file(
    trained: Any, prepared: Any, sample_config: Any, origin: Origin, day: DayEarlier, rival: Rival, tmp_path: Path
) -> None:
    worth = {"worth": 0.02, "low": -0.01, "high": 0.05, "auc_with": 0.7, "auc_without": 0.68}
    table = pd.DataFrame([{"family": "trips", "features": 3, "file": "all", "n": 9, "bads": 4} | worth])
    mix = dict.fromkeys(("approved_with", "approved_without", "bad_rate_with", "bad_rate_without"), 0.5)
    mix |= {f"{name}_change{end}": 0.0 for name in ("approved", "bad_rate") for end in ("", "_low", "_high")}
    kinds = {
        kind: {m: {"value": 0.5, "lowest": 0.4, "highest": 0.6} for m in ("first_kept", "set_kept", "overlap")}
        for kind in ("refit", "reference")
    }
    reasons = {"reference": "all", "refits": 2, "references": 3, "groups": [{"of": "all applications", "n": 9} | kinds]}
    studies = Studies(day, rival, table.assign(**mix), reasons)
    file = MatrixFile(tmp_path / "features", prepared.matrix.shape[1])
    file.make(len(prepared.matrix))
    file.write(np.arange(len(prepared.matrix)), prepared.matrix)
    facts = facts_of(sample_config, trained, prepared) | {"consent": "Given by nobody: made data."}
    in_file = replace(origin, matrix=file)
    write_report(tmp_path / "report.html", trained.scored, facts, trained.importance, [], None, in_file, studies)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for said in ("Leaks", "Data families", "Champion and challenger", "Swap set", "Cut-off 600", "Given by nobody"):
        assert said in page
    assert "do not tell which ranks better" in page
    assert page.count("<svg") == 9


def test_families_are_told_family_by_family() -> None:
    assert families_of(None) is None
    table = pd.DataFrame({"family": ["a", "a", "b"], "features": [2, 2, 3], "file": ["all", "thin", "all"]})
    assert families_of(table) == [
        {"family": "a", "features": 2, "files": [{"features": 2, "file": "all"}, {"features": 2, "file": "thin"}]},
        {"family": "b", "features": 3, "files": [{"features": 3, "file": "all"}]},
    ]
