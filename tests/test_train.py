"""The command that trains: with a choice of features and settings, what it says and leaves."""

import pytest

from creditscore import load, train
from tests.conftest import PROJECT, SAMPLE


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    text = SAMPLE.read_text(encoding="utf-8").replace("../data_samples", str(PROJECT / "data_samples"))
    text = text.replace("\nsamples:", "  select: {folds: 3}\n\nmodel: {tune: {trials: 2, folds: 2}}\n\nsamples:")
    path = tmp_path_factory.mktemp("config") / "chosen.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_choice_of_features_and_settings_is_told_and_recorded(config, tmp_path, capsys):
    assert train.main([str(config), "--output", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "of 325 features kept" in told
    assert "trial 2 of 2" in told
    card = load(tmp_path / "sample.scorecard")
    facts = card.facts
    assert facts["selection"]["kept"] == len(card.features) == 325 - len(facts["selection"]["dropped"])
    assert facts["tuning"]["trials"] == 2
    assert facts["tuning"]["mean_auc"] >= facts["tuning"]["mean_auc_of_defaults"]
    assert (tmp_path / "tuning.db").is_file()
