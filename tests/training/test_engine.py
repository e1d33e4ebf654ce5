"""A scorecard whose trees came of a Dask cluster; what is missing for one is told before anything is begun."""

import importlib.util

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from sklearn.metrics import roc_auc_score

from creditscore import load, train
from creditscore.config import ModelConfig
from creditscore.errors import MissingExtraError
from creditscore.model.cluster import connected
from creditscore.model.fit import fit_trees
from creditscore.model.trees import parse_model
from creditscore.scorecard import save
from creditscore.training import check_engine, facts_of, fit
from creditscore.training.engine import engine_of
from tests.conftest import PROJECT, SAMPLE

find_spec = importlib.util.find_spec
SEEDS = (1, 2, 3)


def over(scheduler, **more):
    return ModelConfig(engine="dask", scheduler=scheduler, **more)


@pytest.fixture(scope="module")
def by_cluster(sample_config, prepared, dask_scheduler):
    return fit(sample_config.model_copy(update={"model": over(dask_scheduler)}), prepared)


def test_the_scorecard_says_where_its_trees_came_from(by_cluster, trained, tmp_path):
    save(by_cluster.card, tmp_path / "a.scorecard")
    engine = load(tmp_path / "a.scorecard").facts["engine"]
    assert (engine["name"], engine["workers"], engine["reproducible_bit_for_bit"]) == ("dask", 2, False)
    assert set(engine["versions"]) == {"dask", "distributed"}
    assert "engine" not in trained.card.facts
    assert by_cluster.parameters["monotone_constraints_method"] == "basic"


def test_so_does_the_report(sample_config, by_cluster, trained, prepared):
    notes = facts_of(sample_config, by_cluster, prepared)["notes"]
    (told,) = [note for note in notes if "Dask" in note]
    assert told.startswith(
        "Trees were trained on 2 workers of a Dask cluster, data-parallel: they are not reproducible"
    )
    assert not any("Dask" in note for note in facts_of(sample_config, trained, prepared)["notes"])


def test_the_rest_of_the_scorecard_is_as_ever(by_cluster, trained):
    assert by_cluster.card.trees.n_trees == trained.card.trees.n_trees
    assert by_cluster.card.features == trained.card.features
    assert (by_cluster.scored["scorable"] == trained.scored["scorable"]).all()
    assert by_cluster.scored["points"].corr(trained.scored["points"]) > 0.9


def auc_by_the_truth(pd, margin):
    """The AUC to be expected of outcomes drawn from the PDs of which the made market's were drawn."""
    bad = np.repeat([1, 0], len(pd))
    return roc_auc_score(bad, np.tile(margin, 2), sample_weight=np.r_[pd, 1 - pd])


def test_out_of_time_the_samples_trees_rank_as_well_as_one_machines(dask_scheduler, prepared):
    """The sample has 46 bads out of time, so few that another seed moves the AUC by .005: hence by the truth, and the
    mean of some seeds (docs/scale.md has more of them). Its coarser bins do no harm here: the lower side is close.
    """
    truth = pq.read_table(PROJECT / "data_samples" / "truth.parquet").to_pandas().set_index("application_id")["pd"]
    later, rows = prepared.known("test"), prepared.known("train")
    pd = truth.loc[prepared.applications["application_id"].take(later).to_pylist()].to_numpy()

    def auc(seed, engine):
        params = over(dask_scheduler).params
        X, outcome = prepared.matrix[rows], prepared.outcome[rows]
        model = fit_trees(X, outcome, prepared.features, params=params, seed=seed, train=engine)
        return auc_by_the_truth(pd, parse_model(model).margin(prepared.matrix[later]))

    with connected(dask_scheduler, 5) as cluster:
        many = np.mean([auc(seed, cluster.train) for seed in SEEDS])
    one = np.mean([auc(seed, None) for seed in SEEDS])
    assert one - 0.002 < many < one + 0.005


def test_one_machine_needs_no_cluster(monkeypatch):
    monkeypatch.setattr("creditscore.extras.find_spec", lambda name: None if name == "dask" else find_spec(name))
    with engine_of(ModelConfig()) as trains:
        assert trains.__name__ == "on_one_machine"


@pytest.mark.parametrize("missing", ["dask", "distributed"])
def test_a_missing_extra_is_told_with_the_key_and_the_command_to_install_it(monkeypatch, missing):
    monkeypatch.setattr("creditscore.extras.find_spec", lambda name: None if name == missing else find_spec(name))
    fix = rf"^model.engine: dask needs the dask extra \({missing} is missing\): pip install 'creditscore\[dask\]'$"
    with pytest.raises(MissingExtraError, match=fix):
        check_engine(over("tcp://127.0.0.1:9"))


def test_a_scheduler_that_does_not_answer_stops_training_at_once_and_leaves_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("creditscore.model.cluster.ANSWERS_WITHIN", 1.0)
    monkeypatch.setattr("creditscore.training.reading", lambda *_: pytest.fail("events were read before"))
    model = {"engine": "dask", "scheduler": "tcp://127.0.0.1:9"}
    content = yaml.safe_load(SAMPLE.read_text(encoding="utf-8")) | {"output": str(tmp_path / "out"), "model": model}
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    assert train.main([str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: model.scheduler: no Dask scheduler answers at tcp://127.0.0.1:9 within 1 s; start")
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
