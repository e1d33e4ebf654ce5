from __future__ import annotations

import html.parser
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from creditscore.errors import InputError
from creditscore.validation.report import findings, run_metrics, write_report

CODES = np.array(["S01", "S02", "T03", "O01", "H01"])
FACTS: dict[str, Any] = {
    "name": "made-card",
    "model_id": "made-card-1",
    "digest": "ab" * 32,
    "population": "Applicants of a <made> market & nobody else",
    "pd_horizon_months": 12,
    "cut_off": 560.0,
    "codes": {"S01": "Low <script>alert(1)</script> spending", "O01": "逾期账单"},
    "best_possible_auc": 0.9,
    "consent": "Made borrowers.",
    "sensitivities": ["ordinary: 5"],
    "parameters": {"num_leaves": 7},
    "versions": {"python": "3.11"},
    "seed": 1,
    "notes": ["No place is an input."],
    "samples": {"train": "2022-01-01 to 2023-02-05", "test": "2023-08-01 to …"},
}
IMPORTANCE = pd.DataFrame(
    {
        "feature": [f"spend_{days}d" for days in range(25)],
        "description": "total spent",
        "reason": "S01",
        "mean_abs_points": np.linspace(0, 12, 25),
    }
)
READ = {"transactions": 1000, "applications": 2000}
QUARANTINE = [("transactions", "wallet.csv", "amount is negative", 3), ("trips", "rail.csv", "no time", 7)]


def _scored(n: int = 2400, seed: int = 2) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    log_odds = generator.normal(-2.2, 1.2, n)
    risk = 1 / (1 + np.exp(-log_odds))
    outcome = np.where(generator.random(n) < 0.05, np.nan, generator.random(n) < risk)
    borrowers = np.array([f"borrower-{number:05d}" for number in generator.integers(0, n, n)])
    table = pd.DataFrame(
        {
            "application_id": [f"application-{row:05d}" for row in range(n)],
            "borrower_id": borrowers,
            "as_of": pd.date_range("2022-01-01", periods=n, freq="8h", tz="UTC"),
            "sample": np.repeat(["train", "calibrate", "test"], [n // 2, n // 4, n - n // 2 - n // 4]),
            "outcome": outcome,
            "pd": risk,
            "points": 500 - 50 * log_odds,
            "grade": np.where(risk < 0.1, "A", "B"),
        }
    )
    reasons = np.argsort(generator.random((n, len(CODES))), axis=1)[:, :4]
    shown = generator.integers(0, 5, n)
    for rank in range(1, 5):
        table[f"reason_{rank}"] = np.where(shown >= rank, CODES[reasons[:, rank - 1]], None)
        table[f"reason_{rank}_points"] = np.where(shown >= rank, -20.0 / rank, np.nan)
    return table


SCORED = _scored()


@cache
def _found() -> dict[str, Any]:
    """The findings of what most tests look at, made once."""
    return findings(SCORED, FACTS, IMPORTANCE, QUARANTINE, READ)


class _Page(html.parser.HTMLParser):
    """The tags that a page opens and closes, its ids and what it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in {"meta", "link", "br", "img"}:
            self.open.append(tag)
        self._note(dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._note(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def _note(self, attributes: dict[str, str | None]) -> None:
        self.ids += [value for name, value in attributes.items() if name == "id" and value]
        self.links += [value for name, value in attributes.items() if name in {"href", "src", "xlink:href"} and value]


def _written(folder: Path, scored: pd.DataFrame = SCORED, **facts: object) -> str:
    path = folder / "report.html"
    write_report(path, scored, FACTS | facts, IMPORTANCE, QUARANTINE, READ)
    return path.read_text(encoding="utf-8")


def test_page_is_whole_and_points_only_into_itself(tmp_path: Path) -> None:
    page = _Page(_written(tmp_path))
    assert page.open == []
    assert page.tags.count("svg") == 7
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_json_beside_the_page_holds_the_findings(tmp_path: Path) -> None:
    _written(tmp_path)
    found = _found()
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == found


def test_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    assert _written(tmp_path / "one") == _written(tmp_path / "other")


def test_strangers_words_are_escaped_and_nobody_is_named(tmp_path: Path) -> None:
    page = _written(tmp_path)
    assert "<script" not in page
    assert "Low &lt;script&gt;alert(1)&lt;/script&gt; spending" in page
    assert "a &lt;made&gt; market &amp; nobody else" in page
    assert not re.search(r"borrower-\d|application-\d", page)


def test_page_says_what_it_must(tmp_path: Path) -> None:
    page = _written(tmp_path)
    auc = _found()["samples"]["test"]["auc"]
    said = [
        "made-card-1",
        "ab" * 32,
        "12 months",
        f"{auc['value']:.3f}",
        f"{auc['low']:.3f} to {auc['high']:.3f}",
        "0.900",
    ]
    said += [
        "逾期账单",
        "amount is negative",
        "10 rows were set aside as bad, of 3,000 read",
        "Made borrowers.",
        "num_leaves",
    ]
    assert [text for text in said if text not in page] == []
    assert "spend_24d" in page
    assert "spend_4d" not in page


def test_findings_agree_with_plain_counts() -> None:
    found = _found()
    test = SCORED[SCORED["sample"] == "test"]
    known = test.dropna(subset=["outcome"])
    sample = found["samples"]["test"]
    assert found["shown"] == "test"
    assert sample["applications"] == len(test) == sample["goods"] + sample["bads"] + sample["indeterminate"]
    assert (sample["first"], sample["last"]) == (str(test["as_of"].min().date()), str(test["as_of"].max().date()))
    assert sample["auc"]["value"] == pytest.approx(roc_auc_score(known["outcome"], known["pd"]))
    assert sample["auc"]["low"] < sample["auc"]["value"] < sample["auc"]["high"]
    assert sum(bin_["bads"] for bin_ in found["calibration"]) == sample["bads"]
    assert sum(grade["n"] for grade in found["grades"]) == len(known)
    assert found["data"]["rows_quarantined"] == 10
    passing = test[test["points"] >= 560]
    assert found["cut_off"]["pass"] == pytest.approx(len(passing) / len(test))
    assert found["cut_off"]["bad_rate_above"] == pytest.approx(passing["outcome"].mean())


def test_who_cannot_be_scored_is_counted_and_in_no_figure(tmp_path: Path) -> None:
    mute = SCORED["borrower_id"].str.endswith("7")
    silent = SCORED.assign(
        pd=SCORED["pd"].mask(mute), points=SCORED["points"].mask(mute), grade=SCORED["grade"].mask(mute)
    )
    found = findings(silent, FACTS, IMPORTANCE, QUARANTINE)
    without = findings(SCORED[~mute], FACTS, IMPORTANCE, QUARANTINE)
    test = found["samples"]["test"]
    assert test["not_scorable"] == int((mute & (SCORED["sample"] == "test")).sum())
    assert test["auc"] == without["samples"]["test"]["auc"]
    assert [found[part] for part in ("calibration", "grades", "cut_off", "reasons")] == [
        without[part] for part in ("calibration", "grades", "cut_off", "reasons")
    ]
    assert test["applications"] == sum(test[part] for part in ("goods", "bads", "indeterminate", "not_scorable"))
    assert "<svg" in _written(tmp_path, silent)


def test_reasons_are_counted_as_first_and_among_four() -> None:
    found = _found()
    test = SCORED[SCORED["sample"] == "test"]
    among = {
        code: sum(code in row[1:] for row in test[["sample", *(f"reason_{r}" for r in range(1, 5))]].to_numpy())
        for code in CODES
    }
    assert {reason["code"]: reason["given"] for reason in found["reasons"]} == among
    assert {reason["code"]: reason["first"] for reason in found["reasons"]} == test["reason_1"].value_counts().to_dict()
    assert {reason["code"]: reason["text"] for reason in found["reasons"]}["O01"] == "逾期账单"


def test_findings_are_json_and_their_metrics_flat_numbers() -> None:
    found = _found()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    metrics = run_metrics(found)
    assert metrics["test_auc"] == found["samples"]["test"]["auc"]["value"]
    assert metrics["train_bad_rate_high"] == found["samples"]["train"]["bad_rate"]["high"]
    assert all(type(value) is float for value in metrics.values())


def test_few_bads_are_said_and_have_no_interval(tmp_path: Path) -> None:
    test = SCORED[SCORED["sample"] == "test"]
    few = pd.concat([test[test["outcome"] == 1].head(4), test[test["outcome"] == 0].head(200)])
    page = _written(tmp_path, few, cut_off=None, best_possible_auc=None)
    assert "too few bads or goods for an interval" in page
    assert "4 bads and 200 goods are few" in page
    found = findings(few, FACTS, IMPORTANCE, QUARANTINE)
    assert found["samples"]["test"]["auc"]["low"] is None
    assert len(found["calibration"]) == 2
    assert "test_auc_low" not in run_metrics(found)


def test_ranking_no_better_than_chance_is_said(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    assert "does not show a ranking better than chance" in _written(
        tmp_path, SCORED.assign(pd=generator.uniform(0.1, 0.2, len(SCORED)))
    )


def test_pds_too_low_are_said(tmp_path: Path) -> None:
    assert "below it: PDs were too low here" in _written(tmp_path, SCORED.assign(pd=SCORED["pd"] / 3))


def test_without_outcomes_out_of_time_the_train_sample_is_shown_and_named_as_such(tmp_path: Path) -> None:
    unripe = SCORED[SCORED["sample"] != "calibrate"].copy()
    unripe.loc[unripe["sample"] == "test", "outcome"] = np.nan
    page = _written(tmp_path, unripe)
    assert "Nothing is measured out of time. All figures below are of train" in page
    assert findings(unripe, FACTS, IMPORTANCE, QUARANTINE)["samples"]["test"]["bad_rate"] is None


def test_one_class_or_no_outcome_makes_a_page_without_plots(tmp_path: Path) -> None:
    for outcome in (0.0, np.nan):
        page = _written(
            tmp_path, SCORED.assign(outcome=outcome, reason_1=None, reason_2=None, reason_3=None, reason_4=None)
        )
        assert "ranking cannot be measured" in page
        assert "<svg" not in page


def test_missing_facts_are_named(tmp_path: Path) -> None:
    facts = {name: value for name, value in FACTS.items() if name not in {"digest", "population"}}
    with pytest.raises(InputError, match="the facts lack digest, population; give all of name, model_id"):
        write_report(tmp_path / "report.html", SCORED, facts, IMPORTANCE, QUARANTINE)


def test_failure_leaves_the_former_report_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    former = _written(tmp_path)

    def full_disk(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="no space left"):
        write_report(tmp_path / "report.html", SCORED, FACTS | {"name": "other"}, IMPORTANCE, QUARANTINE)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == former
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]
