"""`python -m creditscore lineage`."""

import csv
import io
import json

import pytest

from creditscore.__main__ import main
from creditscore.scorecard import save
from tests.scorecard.small import small_card


@pytest.fixture
def path(tmp_path):
    save(small_card(), tmp_path / "small.scorecard")
    return tmp_path / "small.scorecard"


def test_it_goes_to_the_terminal_as_csv(path, capsys):
    assert main(["lineage", str(path)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["feature"] for row in rows} == set(small_card().plan.names)


@pytest.mark.parametrize(("name", "begins"), [("a.csv", "feature,"), ("a.json", "["), ("a.md", "| feature |")])
def test_a_files_name_says_its_form(path, tmp_path, name, begins):
    assert main(["lineage", str(path), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_the_form_may_be_given(path, capsys):
    assert main(["lineage", str(path), "--form", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["table"]
    assert main(["lineage", str(path), "--form", "impact"]) == 0
    assert capsys.readouterr().out.startswith("# Impact assessment: small-")


def test_a_missing_scorecard_is_one_line(tmp_path, capsys):
    assert main(["lineage", str(tmp_path / "none.scorecard")]) == 2
    assert "no such scorecard file" in capsys.readouterr().err
