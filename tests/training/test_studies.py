"""What the report looks into, as the config switches it."""

from pathlib import Path

import numpy as np
import pytest

from creditscore.config.report import ReportConfig
from creditscore.errors import ConfigError
from creditscore.training import studies_of_events, studies_of_model
from creditscore.validation.report.studies import NONE
from tests.conftest import SAMPLE

NOTHING = {"family_worth": False, "reason_stability": False, "last_day": False}


def _asking(config, **asked):
    return config.model_copy(update={"report": ReportConfig(**NOTHING | asked)})


def test_nothing_is_studied_where_nothing_is_asked(sample_config, sample_events, prepared, trained, tmp_path):
    config = _asking(sample_config)
    made = studies_of_events(config, SAMPLE, sample_events, prepared, tmp_path)
    assert studies_of_model(config, prepared, trained.card, made, print) == made
    assert (made.day_earlier, made.rival, made.families, made.reasons) == (None, None, None, None)


def test_a_champion_scores_the_same_applications(sample_config, sample_events, prepared, trained, card_path, tmp_path):
    config = _asking(sample_config, champion=str(card_path))
    rival = studies_of_events(config, SAMPLE, sample_events, prepared, tmp_path).rival
    assert rival.role == "champion"
    assert np.array_equal(rival.pd, trained.scored["pd"].to_numpy(), equal_nan=True)
    assert rival.samples.tolist() == trained.scored["sample"].tolist()


def test_a_champion_that_is_not_there_is_named(sample_config, sample_events, prepared):
    config = _asking(sample_config, champion="gone.scorecard")
    with pytest.raises(ConfigError, match=r"report\.champion: no such file: .*gone\.scorecard"):
        studies_of_events(config, SAMPLE, sample_events, prepared, Path())


def test_families_are_studied_where_asked(sample_config, prepared, trained, monkeypatch):
    import creditscore.training.studies as studies

    monkeypatch.setattr(studies, "family_worth", lambda *_: "worth")
    found = studies_of_model(_asking(sample_config, family_worth=True), prepared, trained.card, NONE, print)
    assert (found.families, found.reasons) == ("worth", None)
