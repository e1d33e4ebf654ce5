"""A search for settings: on the train sample alone, the defaults first, and gone on with where it was broken off."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from creditscore.config import ModelConfig, TuneConfig
from creditscore.errors import TrainingError
from creditscore.model.fit import default_params, fit_trees
from creditscore.model.split import expanding_folds
from creditscore.model.trees import parse_model
from creditscore.training.tuning import tune

FEW = {"num_iterations": 20}


def searching(config, trials, folds=2, params=FEW):
    return config.model_copy(update={"model": ModelConfig(params=params, tune=TuneConfig(trials=trials, folds=folds))})


@pytest.fixture(scope="module")
def small(prepared):
    return replace(prepared, features=prepared.features[:40], matrix=np.ascontiguousarray(prepared.matrix[:, :40]))


@pytest.fixture(scope="module")
def tuned(sample_config, small, tmp_path_factory):
    return tune(searching(sample_config, 4), small, tmp_path_factory.mktemp("tuning") / "tuning.db")


def test_the_first_trial_has_the_defaults_and_its_aucs_are_scikit_learns(tuned, sample_config, small):
    rows = small.known("train")
    bads = int(small.outcome[rows].sum())
    assert tuned.trials[0].params == {"extra_trees": False, **default_params(bads), **FEW}
    time = small.applications["as_of"].to_numpy().astype(np.int64)[rows]
    expected = []
    for train, judged in expanding_folds(time, small.borrowers[rows], small.outcome[rows], 2):
        text = fit_trees(small.matrix[rows[train]], small.outcome[rows[train]], small.features,
                         params=tuned.trials[0].params, seed=sample_config.seed)  # fmt: skip
        margin = parse_model(text).margin(small.matrix[rows[judged]])
        expected.append(roc_auc_score(small.outcome[rows[judged]], margin))
    assert list(tuned.trials[0].aucs) == expected


def test_the_best_has_the_highest_mean(tuned):
    assert len(tuned.trials) == 4
    assert tuned.best.mean_auc == max(trial.mean_auc for trial in tuned.trials)
    assert all(trial.params["num_iterations"] == 20 for trial in tuned.trials)


def test_a_search_that_was_broken_off_goes_on(sample_config, small, tmp_path):
    told = []
    first = tune(searching(sample_config, 2), small, tmp_path / "tuning.db", told.append)
    assert [line.partition(":")[0] for line in told] == ["trial 1 of 2", "trial 2 of 2"]
    told.clear()
    longer = tune(searching(sample_config, 4), small, tmp_path / "tuning.db", told.append)
    assert [line.partition(":")[0] for line in told] == ["trial 3 of 4", "trial 4 of 4"]
    assert longer.trials[:2] == first.trials
    assert len({str(trial.params) for trial in longer.trials}) == 4


def test_other_data_begin_anew(sample_config, small, tmp_path):
    tune(searching(sample_config, 2), small, tmp_path / "tuning.db")
    told = []
    other = replace(small, matrix=small.matrix + 1)
    tune(searching(sample_config, 1), other, tmp_path / "tuning.db", told.append)
    assert len(told) == 1


def test_only_the_train_sample_is_looked_at(sample_config, small, tuned, tmp_path):
    elsewhere = small.samples != "train"
    matrix, outcome = small.matrix.copy(), small.outcome.copy()
    matrix[elsewhere], outcome[elsewhere] = 0.0, 1.0
    again = tune(searching(sample_config, 4), replace(small, matrix=matrix, outcome=outcome), tmp_path / "tuning.db")
    assert again == tuned


def test_too_few_bads_for_the_folds_is_an_error(sample_config, small):
    outcome = small.outcome.copy()
    outcome[small.known("train")[30:]] = 0
    with pytest.raises(TrainingError, match="ask for fewer folds"):
        tune(searching(sample_config, 1, folds=20), replace(small, outcome=outcome))
