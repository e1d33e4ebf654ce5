"""What the run of a training keeps, in a file and on a server."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creditscore.errors import ConfigError
from creditscore.registry import environment
from creditscore.scorecard import load
from creditscore.scoring import score_features
from tests.registry.made import QUIET, files_of

import mlflow  # isort: skip  its warnings are silenced where creditscore.registry imports it first
from mlflow.tracking import MlflowClient  # isort: skip

pytestmark = QUIET


def test_run_keeps_parameters_figures_and_files(recorded):
    client, first = MlflowClient(tracking_uri=recorded.store), recorded.runs[0]
    run = client.get_run(first.run_id)
    assert run.data.params == {
        "num_leaves": "7",
        "seed": "1",
        "feature_modules": "[]",
        "scorecard_digest": load(recorded.made.card_path).digest,
        "report_sha256": hashlib.sha256(b"<p>made</p>").hexdigest(),
    }
    assert run.data.metrics == {"test_auc": 0.71}
    assert run.info.status == "FINISHED"
    assert files_of(client, first.run_id) == {"report.html", "features.csv", "environment.json", "data.json"}
    drawn = {f"figures/{name}.png" for name in ("roc", "ks", "calibration", "score_distribution")}
    assert files_of(client, first.run_id, "figures") == drawn
    picture = Path(client.download_artifacts(first.run_id, "figures/ks.png")).read_bytes()
    assert picture.startswith(b"\x89PNG")


def test_run_keeps_fingerprints_of_the_data_and_nothing_of_it(recorded):
    client, first = MlflowClient(tracking_uri=recorded.store), recorded.runs[0]
    kept = json.loads(Path(client.download_artifacts(first.run_id, "data.json")).read_text(encoding="utf-8"))["files"]
    expected = []
    for table, name, rows in (("transactions", "orders.parquet", 3), ("obligations", "bills.csv", 2)):
        content = (recorded.made.folder / name).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        expected.append({"table": table, "file": name, "rows": rows, "bytes": len(content), "sha256": sha256})
    assert kept == expected
    inputs = client.get_run(first.run_id).inputs.dataset_inputs
    assert {one.dataset.name: one.dataset.digest for one in inputs} == {
        one["file"]: one["sha256"][:36] for one in expected
    }
    assert str(recorded.made.folder) not in str([one.to_dictionary() for one in inputs])


def test_run_keeps_the_environment(recorded):
    client = MlflowClient(tracking_uri=recorded.store)
    path = client.download_artifacts(recorded.runs[0].run_id, "environment.json")
    kept = json.loads(Path(path).read_text(encoding="utf-8"))
    assert kept == environment()
    assert kept["libraries"]["numpy"] == np.__version__
    assert kept["python"].endswith(".".join(map(str, sys.version_info[:3])))


def test_latest_version_is_the_candidate(recorded):
    client = MlflowClient(tracking_uri=recorded.store)
    assert [run.version for run in recorded.runs] == ["1", "2"]
    candidate = client.get_model_version_by_alias("made-card", "candidate")
    assert candidate.run_id == recorded.runs[1].run_id
    assert candidate.tags["scorecard_digest"] == load(recorded.made.card_path).digest


def test_recording_prints_nothing_and_leaves_mlflows_addresses_alone(recorded):
    assert recorded.printed == ""
    assert mlflow.get_tracking_uri() != recorded.store
    assert mlflow.get_registry_uri() != recorded.store


def test_a_run_on_the_server_keeps_its_files_there(server, made, figures):
    run = made.log(
        server, name="served", experiment="served", figures=figures, data={"trips": [made.folder / "bills.csv"]}
    )
    client = MlflowClient(tracking_uri=server)
    assert client.get_run(run.run_id).info.artifact_uri.startswith("mlflow-artifacts:")
    assert "figures/roc.png" in files_of(client, run.run_id, "figures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", server)
        model = mlflow.pyfunc.load_model("models:/served@candidate")
    expected = score_features(load(made.card_path), made.example)
    pd.testing.assert_frame_equal(model.predict(made.example), expected)


def test_missing_file_is_named_before_anything_is_recorded(made, tmp_path):
    with pytest.raises(ConfigError, match=r"none\.html: no such file to record"):
        made.log(f"sqlite:///{tmp_path / 'mlflow.db'}", report_path=tmp_path / "none.html")
    assert not list(tmp_path.rglob("*.db"))
