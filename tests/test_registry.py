from __future__ import annotations

import io
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creditscore.errors import ConfigError
from creditscore.registry import CANDIDATE, RunInfo, log_run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow
    from mlflow.tracking import MlflowClient

EXAMPLE = pd.DataFrame({"trips": [3.0, 0.0], "spend": [120.5, np.nan], "channel": pd.Categorical(["app", None])})


def _made_card(path: str) -> float:
    return float(Path(path).read_text(encoding="utf-8"))


def _made_score(card: float, table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"points": card + table["trips"], "pd": 0.1, "grade": "B3", "reason_1": "T01"})


def _log(folder: Path, **changes: object) -> RunInfo:
    given: dict[str, object] = {
        "card_path": folder / "made.scorecard",
        "report_path": folder / "report.html",
        "store": f"sqlite:///{folder / 'runs' / 'mlflow.db'}",
        "experiment": "made",
        "name": "made-card",
        "params": {"num_leaves": 7, "seed": 1},
        "metrics": {"test_auc": 0.71},
        "artifacts": [folder / "features.csv"],
        "input_example": EXAMPLE,
    }
    return log_run(**(given | changes))


@dataclass(frozen=True)
class _Recorded:
    folder: Path
    store: str
    runs: tuple[RunInfo, RunInfo]
    printed: str


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Recorded]:
    """A made scorecard recorded twice, with made modules for the wrapper to load and score it with."""
    folder, printed = tmp_path_factory.mktemp("registry"), io.StringIO()
    for name, text in {"made.scorecard": "600", "report.html": "<p>made</p>", "features.csv": "feature\n"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for module, name, function in (
            ("scorecard", "load", _made_card),
            ("scoring.score", "score_features", _made_score),
        ):
            made = types.ModuleType(f"creditscore.{module}")
            setattr(made, name, function)
            patch.setitem(sys.modules, made.__name__, made)
        with redirect_stderr(printed), redirect_stdout(printed):
            runs = _log(folder), _log(folder, metrics={"test_auc": 0.72})
        yield _Recorded(folder, f"sqlite:///{folder / 'runs' / 'mlflow.db'}", runs, printed.getvalue())


def test_run_keeps_parameters_figures_and_files(recorded: _Recorded) -> None:
    client, first = MlflowClient(tracking_uri=recorded.store), recorded.runs[0]
    run = client.get_run(first.run_id)
    assert run.data.params == {"num_leaves": "7", "seed": "1"}
    assert run.data.metrics == {"test_auc": 0.71}
    assert run.info.status == "FINISHED"
    assert {file.path for file in client.list_artifacts(first.run_id)} == {"report.html", "features.csv"}


def test_latest_version_is_the_candidate(recorded: _Recorded) -> None:
    client = MlflowClient(tracking_uri=recorded.store)
    assert [run.version for run in recorded.runs] == ["1", "2"]
    assert client.get_model_version_by_alias("made-card", CANDIDATE).run_id == recorded.runs[1].run_id


def test_model_is_code_and_the_scorecard_and_no_pickle(recorded: _Recorded) -> None:
    kept = {path.name for path in (recorded.folder / "runs" / "mlflow-artifacts").rglob("*") if path.is_file()}
    assert {"made.scorecard", "registry_model.py", "MLmodel", "input_example.json"} <= kept
    assert not [name for name in kept if Path(name).suffix in {".pkl", ".pickle"}]


def test_recording_prints_nothing_and_leaves_the_tracking_address_alone(recorded: _Recorded) -> None:
    assert recorded.printed == ""
    assert mlflow.get_tracking_uri() != recorded.store


@pytest.mark.filterwarnings("ignore")
def test_registered_model_scores_a_frame_of_features(recorded: _Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", recorded.store)
    model = mlflow.pyfunc.load_model(f"models:/made-card@{CANDIDATE}")
    scored = model.predict(EXAMPLE[["spend", "channel", "trips"]])
    assert scored["points"].tolist() == [603.0, 600.0]
    assert model.metadata.signature.inputs.input_names() == ["trips", "spend", "channel"]
    assert model.metadata.get_output_schema().input_names()[:2] == ["scorable", "points"]


@pytest.mark.filterwarnings("ignore")
def test_error_of_a_table_that_does_not_fit_shows_no_values(
    recorded: _Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", recorded.store)
    model = mlflow.pyfunc.load_model(f"models:/made-card@{CANDIDATE}")
    with pytest.raises(mlflow.exceptions.MlflowException) as caught:
        model.predict(EXAMPLE[["spend"]])
    assert "120.5" not in str(caught.value)


@pytest.mark.parametrize("store", ["runs/mlruns", "file:///runs", "sqlite:///", "http://server:5000"])
def test_stores_other_than_sqlite_are_refused(tmp_path: Path, store: str) -> None:
    with pytest.raises(ConfigError, match=r"expected sqlite:///path/to/mlflow\.db, got"):
        _log(tmp_path, store=store)


def test_missing_file_is_named_before_anything_is_recorded(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"report\.html: no such file to record"):
        _log(tmp_path)
    assert not list(tmp_path.rglob("*.db"))
