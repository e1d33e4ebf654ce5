"""Monitoring, on the sample: what is unchanged passes, what is changed on purpose does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creditscore.__main__ import main
from creditscore.errors import InputError, ScorecardError, TrainingError
from creditscore.validation.monitoring import Limits, monitor, write_monitoring
from creditscore.validation.report.later import between, score_later, worth_of


@pytest.fixture(scope="module")
def later(card: Any, sample_events: Any) -> Any:
    return between(*score_later(card, sample_events), "2025-03-01", None)


@pytest.fixture(scope="module")
def worth(card: Any, later: Any) -> Any:
    return worth_of(card, later[1].matrix)


def _passed(found: dict[str, Any]) -> dict[str, bool]:
    return {check["name"]: check["passed"] for check in found["checks"]}


def test_scores_are_training_s_own(card: Any, sample_events: Any, trained: Any) -> None:
    scored, _ = score_later(card, sample_events)
    columns = ["application_id", "sample", "outcome", "points", "reason_1"]
    own, theirs = (
        table[columns].sort_values("application_id", ignore_index=True) for table in (scored, trained.scored)
    )
    for column in columns:
        assert own[column].astype(object).map(str).tolist() == theirs[column].astype(object).map(str).tolist()


def test_an_unchanged_period_passes_and_its_shares_are_counts(card: Any, later: Any, worth: Any) -> None:
    scored, origin = later
    found = monitor(card, scored, origin, worth, Limits(), backtest=True)
    assert all(_passed(found).values())
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    rows = scored[scored["pd"].notna()]
    given = rows["reason_1"].value_counts(normalize=False) / len(rows)
    assert {row["code"]: row["now"] for row in found["reasons"]["codes"] if row["now"]} == pytest.approx(
        given.to_dict()
    )
    assert found["not_scorable"]["now"] == scored["pd"].isna().mean()
    assert sum(row["bads"] for row in found["backtest"]["vintages"]) == found["backtest"]["bads"]


def test_each_change_fails_its_own_check(card: Any, later: Any, worth: Any) -> None:
    scored, origin = later
    moved = scored.assign(points=scored["points"] - 60)
    assert not _passed(monitor(card, moved, origin, worth, Limits()))["score"]
    silent = scored.assign(pd=scored["pd"].where(np.arange(len(scored)) % 5 > 0))
    assert not _passed(monitor(card, silent, origin, worth, Limits()))["not scorable"]
    one_reason = scored.assign(reason_1=sorted(card.baseline.reasons)[0])
    assert not _passed(monitor(card, one_reason, origin, worth, Limits()))["reasons"]
    other = replace(origin, matrix=origin.matrix + 1e6)
    assert not _passed(monitor(card, scored, other, worth, Limits()))["features"]
    low = scored.assign(pd=scored["pd"] / 5)
    assert not _passed(monitor(card, low, origin, worth, Limits(), backtest=True))["back-test"]


def test_what_cannot_be_compared_is_said(card: Any, later: Any, worth: Any) -> None:
    scored, origin = later
    with pytest.raises(ScorecardError, match="no baseline"):
        monitor(replace(card, baseline=None), scored, origin, worth, Limits())
    with pytest.raises(TrainingError, match="got none of"):
        monitor(card, scored.assign(pd=np.nan), origin, worth, Limits())
    with pytest.raises(TrainingError, match="needs outcomes"):
        monitor(card, scored.assign(outcome=np.nan), origin, worth, Limits(), backtest=True)
    with pytest.raises(InputError, match="expected a day"):
        between(scored, origin, "today", None)
    with pytest.raises(InputError, match="give other days"):
        between(scored, origin, "2100-01-01", None)


def test_pages_are_written_and_name_nobody(card: Any, later: Any, worth: Any, tmp_path: Path) -> None:
    scored, origin = later
    page = write_monitoring(tmp_path, monitor(card, scored, origin, worth, Limits(), backtest=True), {})
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "<script" not in text
    assert not [one for one in scored["borrower_id"].head(50) if f">{one}<" in text]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["monitor.html", "monitor.json"]


def test_commands(card_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(Path(__file__).parents[2] / "configs" / "sample.yaml")
    given = [str(card_path), config, "--quiet"]
    assert main(["monitor", *given, "--from", "2025-07-01", "--features-limit", "0"]) == 1
    assert "FAIL  features" in capsys.readouterr().out
    assert main(["monitor", *given, "--from", "2025-07-01", "--outcomes", "--out", str(tmp_path)]) == 0
    whole = json.loads((tmp_path / "monitor.json").read_text(encoding="utf-8"))
    asked = ["--from", "2025-07-01", "--outcomes", "--out", str(tmp_path), "--memory-limit", "4GiB"]
    assert main(["monitor", *given, *asked]) == 0
    assert json.loads((tmp_path / "monitor.json").read_text(encoding="utf-8")) == whole
    assert main(["monitor", *given, *asked, "--observed-until", "2026-06-30"]) == 2
    assert "outcomes are the applications' column" in capsys.readouterr().err
    further = ["--challenger", str(card_path), "--memory-limit", "4GiB"]
    assert main(["report", *given, "--out", str(tmp_path), *further]) == 0
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert found["stability"]["recent"] == "test"
    assert found["monotonicity"]["violations"] == 0
    assert found["challenger"]["comparison"]["bootstrap"] == {"value": 0, "low": 0, "high": 0}
    assert found["leaks"]["day"]["late"] == 0
    assert {light["colour"] for light in found["lights"]} <= {"green", "amber", "red", "grey"}
