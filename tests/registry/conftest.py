"""A scorecard recorded twice in an SQLite file, and a tracking server on loopback."""

import io
import shutil
from contextlib import redirect_stderr, redirect_stdout

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.registry import figures_of
from creditscore.training import example_of, score_all
from creditscore.validation.metrics import calibration_table
from tests.registry.made import Made, Recorded, free_port, started

import mlflow  # isort: skip  its warnings are silenced where creditscore.registry imports it first


@pytest.fixture(scope="package", autouse=True)
def _no_address_of_others():
    """Tests of other modules may have set an address, which MLflow keeps in the process and in its environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
            patch.delenv(name, raising=False)
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="package")
def made(tmp_path_factory, card_path, prepared):
    folder = tmp_path_factory.mktemp("made")
    (folder / "report.html").write_text("<p>made</p>", encoding="utf-8")
    (folder / "features.csv").write_text("feature\n", encoding="utf-8")
    pq.write_table(pa.table({"time": [1, 2, 3]}), folder / "orders.parquet")
    (folder / "bills.csv").write_text('id,text\n1,"two\nlines"\n2,one\n', encoding="utf-8")
    return Made(folder, card_path, example_of(prepared))


@pytest.fixture(scope="package")
def figures(card, prepared):
    scored = score_all(card, prepared)
    shown = scored[(scored["sample"] == "test") & scored["pd"].notna()]
    table = calibration_table(shown["outcome"], shown["pd"], bins=5)
    return figures_of(scored, {"shown": "test", "calibration": table.to_dict("records"), "cut_off": {"points": 580}})


@pytest.fixture(scope="package")
def recorded(made, figures):
    """A scorecard recorded twice in an SQLite file."""
    store, printed = f"sqlite:///{made.folder / 'runs' / 'mlflow.db'}", io.StringIO()
    data = {"transactions": [made.folder / "orders.parquet"], "obligations": [made.folder / "bills.csv"]}
    with redirect_stderr(printed), redirect_stdout(printed):
        runs = made.log(store, figures=figures, data=data), made.log(store, metrics={"test_auc": 0.72})
    return Recorded(made, store, runs, printed.getvalue())


@pytest.fixture
def model(recorded, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", recorded.store)
    return mlflow.pyfunc.load_model("models:/made-card/1")


@pytest.fixture(scope="package")
def server(recorded, tmp_path_factory):
    """A tracking server on loopback, over a copy of the store, so that its tables are made already."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    shutil.copy(recorded.store.removeprefix("sqlite:///"), folder / "server.db")
    command = ["server", "--backend-store-uri", f"sqlite:///{folder / 'server.db'}", "--artifacts-destination",
               str(folder / "kept"), "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]  # fmt: skip
    with started(command, f"http://127.0.0.1:{port}/health", folder):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def two(recorded, request):
    """A model of the test's own with two versions, of two reports."""
    name = request.node.name.partition("[")[0]
    reports = [recorded.made.report(f"{name} {number}") for number in (1, 2)]
    for report in reports:
        recorded.made.log(recorded.store, name=name, report_path=report)
    return recorded.store, name, reports
