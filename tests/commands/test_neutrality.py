"""python -m creditscore neutrality: a page and its figures, from a config."""

import json

from creditscore.__main__ import main
from tests.conftest import PROJECT, SAMPLE

MORE = """
model: {params: {num_iterations: 20}}
neutrality:
  owners: {grove: [alder, cedar]}
  seeds: 1
  replicates: 4
"""


def test_it_leaves_a_page_with_worth_and_says_the_main_figures(tmp_path, capsys):
    text = SAMPLE.read_text(encoding="utf-8").replace("../data_samples", str(PROJECT / "data_samples"))
    families = "families: [spending, rhythm, travel, obligations, history, application]"
    assert families in text
    config = tmp_path / "small.yaml"
    config.write_text(text.replace(families, "families: [history]") + MORE, encoding="utf-8")
    assert main(["neutrality", str(config), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "bias at equal risk: " in said
    found = json.loads((tmp_path / "out" / "neutrality.json").read_text(encoding="utf-8"))
    assert [row["player"] for row in found["worth"]["owners"]] == ["grove", "birch"]
    assert f"{found['worth']['platforms'][0]['gini']:+.4f}" in said
    assert "alder" in (tmp_path / "out" / "neutrality.html").read_text(encoding="utf-8")


def test_an_owner_given_a_platform_twice_is_refused(tmp_path, capsys):
    config = tmp_path / "twice.yaml"
    owners = "\nneutrality: {owners: {one: [alder], other: [alder]}}\n"
    config.write_text(SAMPLE.read_text(encoding="utf-8") + owners, encoding="utf-8")
    assert main(["neutrality", str(config), "--out", str(tmp_path / "out")]) == 2
    assert "'alder' is given twice" in capsys.readouterr().err
