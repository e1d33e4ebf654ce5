"""A missing extra is told in one line, before anything is begun."""

import importlib.util

import pytest

from creditscore.errors import CreditScoreError, MissingExtraError
from creditscore.extras import require_fairness, require_train

find_spec = importlib.util.find_spec


def test_all_there_is_silence():
    require_train("training")


@pytest.mark.parametrize("missing", ["lightgbm", "mlflow", "yaml"])
def test_the_first_that_is_missing_is_named_with_the_command_to_install_it(monkeypatch, missing):
    monkeypatch.setattr("creditscore.extras.find_spec", lambda name: None if name == missing else find_spec(name))
    fix = rf"^training needs the train extra \({missing} is missing\): pip install 'creditscore\[train\]'$"
    with pytest.raises(MissingExtraError, match=fix) as caught:
        require_train("training")
    assert isinstance(caught.value, CreditScoreError)
    assert isinstance(caught.value, ImportError)


def test_fairness_is_an_extra_of_its_own(monkeypatch):
    require_fairness("group gaps")
    monkeypatch.setattr("creditscore.extras.find_spec", lambda name: None if name == "fairlearn" else find_spec(name))
    require_train("training")
    fix = r"^group gaps needs the fairness extra \(fairlearn is missing\): pip install 'creditscore\[fairness\]'$"
    with pytest.raises(MissingExtraError, match=fix):
        require_fairness("group gaps")
