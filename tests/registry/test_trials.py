"""A search's trials as child runs: each once in a run, however often they are recorded."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from creditscore.config import ModelConfig, TuneConfig
from creditscore.errors import InputError
from creditscore.registry import log_trials
from creditscore.registry.trials import NUMBER
from creditscore.training.tuning import tune
from tests.registry.made import QUIET

from mlflow.tracking import MlflowClient  # isort: skip  its warnings are silenced where the registry imports it first

pytestmark = QUIET


@dataclass(frozen=True)
class Tried:
    number: int
    params: dict
    aucs: tuple
    began: int = 1_700_000_000_000
    ended: int = 1_700_000_002_500

    @property
    def mean_auc(self):
        return float(np.mean(self.aucs))


@dataclass(frozen=True)
class Searched:
    fingerprint: str
    trials: tuple


# numbers of trials that failed are not among them
TRIALS = (Tried(0, {"num_leaves": 4, "extra_trees": False}, (0.7, 0.74)), Tried(2, {"num_leaves": 9}, (0.71, 0.75)))


@pytest.fixture
def run_id(recorded, request):
    """A run of the test's own."""
    return recorded.made.log(recorded.store, name=request.node.name, experiment=request.node.name).run_id


def children(store, run_id):
    client = MlflowClient(tracking_uri=store)
    experiment = client.get_run(run_id).info.experiment_id
    found = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run_id}'")
    return sorted(found, key=lambda run: int(run.data.tags[NUMBER]))


def test_a_trial_is_a_child_run_with_settings_and_auc_by_fold(recorded, run_id):
    log_trials(recorded.store, run_id, Searched("abc", TRIALS))
    first, second = children(recorded.store, run_id)
    assert first.data.params == {"num_leaves": "4", "extra_trees": "False"}
    assert (second.data.params, second.data.tags[NUMBER]) == ({"num_leaves": "9"}, "2")
    assert (first.info.run_name, first.info.status) == ("trial 1", "FINISHED")
    assert first.info.end_time - first.info.start_time == 2_500
    assert first.data.metrics["mean_auc"] == pytest.approx(0.72)
    by_fold = MlflowClient(tracking_uri=recorded.store).get_metric_history(first.info.run_id, "auc")
    assert [(one.step, one.value) for one in by_fold] == [(1, 0.7), (2, 0.74)]


def test_recorded_again_with_more_each_is_there_once(recorded, run_id):
    for upto in (1, 1, 2):
        log_trials(recorded.store, run_id, Searched("abc", TRIALS[:upto]))
    assert [run.data.tags[NUMBER] for run in children(recorded.store, run_id)] == ["0", "2"]


def test_another_searchs_trials_are_others(recorded, run_id):
    for fingerprint in ("abc", "def"):
        log_trials(recorded.store, run_id, Searched(fingerprint, TRIALS[:1]))
    assert len(children(recorded.store, run_id)) == 2


def test_more_trials_than_a_page_are_there_once(recorded, run_id, monkeypatch):
    many = tuple(replace(TRIALS[0], number=number) for number in range(5))
    search = MlflowClient.search_runs
    monkeypatch.setattr(MlflowClient, "search_runs", lambda *a, **given: search(*a, **given, max_results=2))
    for _ in range(2):
        log_trials(recorded.store, run_id, Searched("abc", many))
    monkeypatch.undo()
    assert len(children(recorded.store, run_id)) == 5


@pytest.mark.parametrize("step", ["log_batch", "set_terminated"])
def test_what_broke_off_half_way_is_gone_on_with(recorded, run_id, monkeypatch, step):
    def broken(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, step, broken)
        with pytest.raises(KeyboardInterrupt):
            log_trials(recorded.store, run_id, Searched("abc", TRIALS))
    assert [run.info.status for run in children(recorded.store, run_id)] == ["RUNNING"]
    log_trials(recorded.store, run_id, Searched("abc", TRIALS))
    first, second = children(recorded.store, run_id)
    assert (first.info.status, second.info.status) == ("FINISHED", "FINISHED")
    assert first.data.params == {"num_leaves": "4", "extra_trees": "False"}
    by_fold = MlflowClient(tracking_uri=recorded.store).get_metric_history(first.info.run_id, "auc")
    assert [one.value for one in by_fold] == [0.7, 0.74]


def test_a_run_that_is_not_there_is_said(recorded):
    with pytest.raises(InputError, match="not found"):
        log_trials(recorded.store, "0" * 32, Searched("abc", TRIALS))


def test_a_search_gone_on_with_leaves_no_trial_twice_in_its_run(recorded, sample_config, prepared, tmp_path):
    small = replace(prepared, features=prepared.features[:20], matrix=np.ascontiguousarray(prepared.matrix[:, :20]))

    def searched(trials):
        model = ModelConfig(params={"num_iterations": 10}, tune=TuneConfig(trials=trials, folds=2))
        return tune(sample_config.model_copy(update={"model": model}), small, tmp_path / "tuning.db")

    first = searched(2)
    run = recorded.made.log(recorded.store, name="tuned", experiment="tuned", search=first)
    longer = searched(3)
    assert longer.fingerprint == first.fingerprint
    log_trials(recorded.store, run.run_id, longer)
    kept = children(recorded.store, run.run_id)
    assert [run.data.metrics["mean_auc"] for run in kept] == [trial.mean_auc for trial in longer.trials]
    assert kept[0].data.params == {key: str(value) for key, value in longer.trials[0].params.items()}
    assert all(run.info.end_time > run.info.start_time > 1_700_000_000_000 for run in kept)
