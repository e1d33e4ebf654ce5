"""Trees of two workers of a local Dask cluster rank as those of one machine; what fails there is told in time."""

import os
import signal
import socket
from threading import Thread
from time import monotonic, sleep

import lightgbm
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from creditscore.errors import ConfigError, TrainingError
from creditscore.features.formula import ApplicationValue, Feature
from creditscore.features.matrix_file import BATCH, MatrixFile
from creditscore.model import cluster as module
from creditscore.model.cluster import connected, without_addresses, workers_of
from creditscore.model.fit import fit_trees
from creditscore.model.rows import RowsOf
from creditscore.model.trees import parse_model

distributed = pytest.importorskip("distributed", reason="Dask is not installed (the dask extra)")

FEATURES = tuple(
    Feature(f"f{i}", ApplicationValue(f"f{i}"), riskier=("higher", "lower", None)[i % 3]) for i in range(8)
)
BASIC = {"monotone_constraints_method": "basic"}
TRAINED = 10_000


@pytest.fixture(scope="module")
def planted():
    """X, outcome and weight of a made logit, the worst of whose rows come last."""
    draw = np.random.default_rng(1)
    X = draw.normal(size=(2 * TRAINED, 8))
    X[draw.random(X.shape) < 0.1] = np.nan
    known = np.nan_to_num(X)
    log_odds = known[:, 0] - 0.7 * known[:, 1] + 0.5 * known[:, 2] * known[:, 5] - 2
    outcome = (draw.random(len(X)) < 1 / (1 + np.exp(-log_odds))).astype(float)
    weight = draw.integers(1, 4, len(X)).astype(float)
    by_outcome = np.argsort(outcome[:TRAINED], kind="stable")
    order = np.r_[by_outcome, np.arange(TRAINED, len(X))]
    return X[order], outcome[order], weight[order]


@pytest.fixture(scope="module")
def cluster(dask_scheduler):
    with connected(dask_scheduler, minutes=5) as found:
        yield found


@pytest.fixture(scope="module")
def text(cluster, planted):
    X, outcome, weight = (part[:TRAINED] for part in planted)
    return fit_trees(X, outcome, FEATURES, params=BASIC, weight=weight, train=cluster.train)


@pytest.fixture(scope="module")
def alone(planted):
    X, outcome, weight = (part[:TRAINED] for part in planted)
    return fit_trees(X, outcome, FEATURES, params=BASIC, weight=weight)


def test_the_trees_rank_as_those_of_one_machine(text, alone, planted):
    X, outcome, weight = (part[TRAINED:] for part in planted)
    aucs = [roc_auc_score(outcome, parse_model(one).margin(X), sample_weight=weight) for one in (text, alone)]
    assert aucs[0] > 0.7
    assert aucs[0] == pytest.approx(aucs[1], abs=0.002)


def test_levels_are_those_of_one_machine_too(text, alone, planted):
    margins = [parse_model(one).margin(planted[0][TRAINED:]) for one in (text, alone)]
    assert margins[0].mean() == pytest.approx(margins[1].mean(), abs=0.02)
    assert margins[0].std() == pytest.approx(margins[1].std(), rel=0.05)


def test_settings_are_those_of_one_machine(text, alone):
    def settings(model):
        return {line for line in model.split("\nparameters:")[1].splitlines() if line.startswith("[")}

    assert {line.split(":")[0] for line in settings(text) ^ settings(alone)} == {
        "[tree_learner", "[num_machines", "[machines", "[local_listen_port", "[time_out",
    }  # fmt: skip
    assert (workers_of(text), workers_of(alone)) == (2, 1)


def test_no_address_of_a_worker_is_in_the_text(text):
    assert "127.0.0.1" not in text
    assert without_addresses("[a: 1]\n[machines: h:1,h:2]\n[local_listen_port: 1]\n[b: 2]\n") == "[a: 1]\n[b: 2]\n"


def test_lightgbm_reads_the_text_and_gives_the_same_margins(text, planted):
    X = planted[0][TRAINED : TRAINED + 500]
    theirs = lightgbm.Booster(model_str=text).predict(X, raw_score=True)
    assert parse_model(text).margin(X).tolist() == theirs.tolist()


def test_directions_of_risk_are_kept(text):
    trees, draw = parse_model(text), np.random.default_rng(5)
    X = draw.normal(size=(300, 8))
    for f, sign in ((0, 1), (1, -1), (3, 1), (4, -1)):
        more = X.copy()
        more[:, f] += draw.random(300) * 2
        assert (sign * (trees.margin(more) - trees.margin(X)) >= 0).all()


def test_every_row_is_dealt_from_a_matrix_in_a_file(cluster, tmp_path):
    draw = np.random.default_rng(3)
    X = draw.normal(size=(BATCH + 5_001, 8))
    outcome = (X[:, 0] + draw.normal(size=len(X)) > 1.5).astype(float)
    kept = MatrixFile(tmp_path / "matrix", 8)
    kept.make(len(X))
    kept.write(np.arange(len(X)), X)
    one_split = BASIC | {"num_iterations": 1, "num_leaves": 2, "bagging_fraction": 1.0, "feature_fraction": 1.0}
    model = fit_trees(RowsOf(kept), outcome, FEATURES, params=one_split, train=cluster.train)
    (counts,) = [line for line in model.splitlines() if line.startswith("leaf_count=")]
    assert sum(map(int, counts.removeprefix("leaf_count=").split())) == len(X)
    assert "split_feature=0" in model.splitlines()


def test_few_rows_go_to_few_workers(cluster, planted):
    some = np.random.default_rng(4).permutation(TRAINED)[: 2 * module.FEWEST_ROWS - 1]
    model = fit_trees(
        planted[0][some], planted[1][some], FEATURES, params=BASIC | {"num_iterations": 5}, train=cluster.train
    )
    assert workers_of(model) == 1


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"num_leaves": -3}, "LightGBM refused the settings .*num_leaves"),
        ({"num_leavs": 3}, "did you mean 'num_leaves'"),
    ],
)
def test_settings_that_lightgbm_refuses_are_told_before_the_workers_have_them(cluster, planted, params, said):
    nobody = module.Cluster(cluster.client, "nowhere", (), 1)
    X, outcome, _ = planted
    with pytest.raises(TrainingError, match=said):
        fit_trees(X, outcome, FEATURES, params=BASIC | params, train=nobody.train)


def test_what_takes_too_long_is_given_up_with_the_key(cluster):
    hasty = module.Cluster(cluster.client, cluster.scheduler, cluster.workers, minutes=0.001)
    with pytest.raises(TrainingError, match=r"longer than model.timeout_minutes \(0.001\)"):
        hasty._watched(lambda: sleep(5))


def test_workers_that_do_not_reach_each_other_are_told(cluster):
    def fail():
        raise lightgbm.basic.LightGBMError("Socket recv error, Connection reset by peer (code: 104)")

    with pytest.raises(TrainingError, match=r"did not reach each other .* start the workers again"):
        cluster._watched(fail)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("No module named 'lightgbm'"), r"No module named 'lightgbm'.* each needs dask, lightgbm"),
        (distributed.CancelledError("key"), "gave the work up .* train again"),
    ],
)
def test_workers_that_cannot_work_are_told(cluster, error, said):
    def fail():
        raise error

    with pytest.raises(TrainingError, match=said):
        cluster._watched(fail)


def test_any_other_error_is_no_matter_of_the_cluster(cluster):
    with pytest.raises(ZeroDivisionError):
        cluster._watched(lambda: 1 / 0)


@pytest.mark.parametrize("listening", [False, True], ids=["nobody there", "a server that says nothing"])
def test_a_scheduler_that_does_not_answer_is_told_in_seconds_with_the_key(monkeypatch, listening):
    monkeypatch.setattr(module, "ANSWERS_WITHIN", 1.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listening:
            silent.listen()
        address, start = f"tcp://127.0.0.1:{silent.getsockname()[1]}", monotonic()
        with pytest.raises(ConfigError, match=f"^model.scheduler: no Dask .* at {address} within 1 s; start one"):
            connected(address, 1).__enter__()
        assert monotonic() - start < 5


def test_a_scheduler_by_tls_without_certificates_is_told():
    with pytest.raises(ConfigError, match=r"^model.scheduler: .*\(TLS expects"):
        connected("tls://127.0.0.1:9", 1).__enter__()


def test_a_scheduler_without_workers_is_told():
    empty = distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0")
    with empty, pytest.raises(ConfigError, match="has no workers; start some with `dask worker tcp://127"):
        connected(empty.scheduler_address, 1).__enter__()


def test_a_worker_lost_while_trees_are_trained_is_told_and_leaves_no_one_waiting(cluster, planted):
    client, start = cluster.client, monotonic()

    def kill_one_at_work():
        while sum(any("_train_part" in key for key in keys) for keys in client.processing().values()) < 2:
            sleep(0.1)
        os.kill(client.run(os.getpid)[cluster.workers[0]], signal.SIGKILL)

    pids = client.run(os.getpid)
    assert len(pids) == 2
    killer = Thread(target=kill_one_at_work, daemon=True)
    killer.start()
    with pytest.raises(TrainingError, match=r"1 of 2 workers .*\(model.scheduler\) were lost .* train again"):
        fit_trees(planted[0], planted[1], FEATURES, params=BASIC | {"num_iterations": 100_000}, train=cluster.train)
    assert monotonic() - start < 30
    killer.join()
    client.wait_for_workers(2, timeout=30)
