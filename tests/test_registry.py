"""The registry, in an SQLite file and on a tracking server: what a run keeps, what its model gives, who is champion."""

import base64
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from creditscore.config import load_config
from creditscore.errors import ConfigError, InputError, ScorecardError
from creditscore.registry import RunInfo, _copied, environment, figures_of, fingerprints, history, log_run, promote
from creditscore.scorecard import load, save
from creditscore.scoring import score_features
from creditscore.training import example_of, fit, score_all
from creditscore.validation.metrics import calibration_table

import mlflow  # isort: skip  its warnings are silenced where creditscore.registry imports it first
from mlflow.tracking import MlflowClient  # isort: skip

# of MLflow's own: connections that it leaves to the garbage collector, libraries that it calls by old names
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
)

SAMPLE = Path(__file__).parents[1] / "configs" / "sample.yaml"
OWN_MODULE = """
import numpy as np
from creditscore.features import feature, transactions
from {package}.days import DAY

@feature(transactions, days=90, reason="S01", name="own_gap")
def own_gap(transactions):
    return np.diff(transactions.time).max() / 1e6 if len(transactions) > 1 else 0.0
"""


@dataclass(frozen=True)
class Made:
    """What a training leaves, small: the files that log_run records."""

    folder: Path
    card_path: Path
    example: pd.DataFrame

    def log(self, store: str, **changes) -> RunInfo:
        given = {
            "card_path": self.card_path,
            "report_path": self.folder / "report.html",
            "store": store,
            "experiment": "made",
            "name": "made-card",
            "params": {"num_leaves": 7, "seed": 1},
            "metrics": {"test_auc": 0.71},
            "artifacts": [self.folder / "features.csv"],
            "input_example": self.example,
        }
        return log_run(**(given | changes))

    def report(self, text: str) -> Path:
        """A report of its own, beside the others."""
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:8]}.html"
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture(scope="module", autouse=True)
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


@pytest.fixture(scope="module")
def made(tmp_path_factory, card_path, prepared):
    folder = tmp_path_factory.mktemp("made")
    (folder / "report.html").write_text("<p>made</p>", encoding="utf-8")
    (folder / "features.csv").write_text("feature\n", encoding="utf-8")
    pq.write_table(pa.table({"time": [1, 2, 3]}), folder / "orders.parquet")
    (folder / "bills.csv").write_text('id,text\n1,"two\nlines"\n2,one\n', encoding="utf-8")
    return Made(folder, card_path, example_of(prepared))


@dataclass(frozen=True)
class Recorded:
    made: Made
    store: str
    runs: tuple[RunInfo, RunInfo]
    printed: str


@pytest.fixture(scope="module")
def figures(card, prepared):
    scored = score_all(card, prepared)
    shown = scored[(scored["sample"] == "test") & scored["pd"].notna()]
    table = calibration_table(shown["outcome"], shown["pd"], bins=5)
    return figures_of(scored, {"shown": "test", "calibration": table.to_dict("records"), "cut_off": {"points": 580}})


@pytest.fixture(scope="module")
def recorded(made, figures):
    """A scorecard recorded twice in an SQLite file."""
    store, printed = f"sqlite:///{made.folder / 'runs' / 'mlflow.db'}", io.StringIO()
    data = {"transactions": [made.folder / "orders.parquet"], "obligations": [made.folder / "bills.csv"]}
    with redirect_stderr(printed), redirect_stdout(printed):
        runs = made.log(store, figures=figures, data=data), made.log(store, metrics={"test_auc": 0.72})
    return Recorded(made, store, runs, printed.getvalue())


def files_of(client, run_id, folder=None):
    found = client.list_artifacts(run_id, folder)
    return {file.path for file in found if not file.is_dir}


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


@pytest.mark.parametrize(("name", "content", "rows"), [
    ("quoted.csv", b'a,b\n1,"x\n\ny"\n2,z\n', 2),
    ("header.csv", b"a,b\n", 0),
    ("mixed.csv", b"a\n" + b"1\n" * 400_000 + b"word\n", 400_001),
])  # fmt: skip
def test_rows_of_csv_are_counted_as_they_are_read(tmp_path, name, content, rows):
    (tmp_path / name).write_bytes(content)
    (found,) = fingerprints({"transactions": [tmp_path / name]})
    assert (found.rows, found.bytes, found.sha256) == (rows, len(content), hashlib.sha256(content).hexdigest())


def test_a_pattern_gives_each_of_its_files_once(tmp_path):
    for month in ("01", "02"):
        pq.write_table(pa.table({"a": [1] * int(month)}), tmp_path / f"{month}.parquet")
    found = fingerprints({"trips": [tmp_path / "*.parquet", tmp_path / "01.parquet"]})
    assert [(one.table, one.file, one.rows) for one in found] == [
        ("trips", "01.parquet", 1),
        ("trips", "02.parquet", 2),
    ]


def test_no_figures_where_no_sample_can_be_shown():
    assert figures_of(pd.DataFrame(), {"shown": None}) == {}


def test_latest_version_is_the_candidate(recorded):
    client = MlflowClient(tracking_uri=recorded.store)
    assert [run.version for run in recorded.runs] == ["1", "2"]
    candidate = client.get_model_version_by_alias("made-card", "candidate")
    assert candidate.run_id == recorded.runs[1].run_id
    assert candidate.tags["scorecard_digest"] == load(recorded.made.card_path).digest


def test_model_is_code_and_the_scorecard_and_no_pickle(recorded):
    kept = {path.name for path in (recorded.made.folder / "runs" / "mlflow-artifacts").rglob("*") if path.is_file()}
    assert {recorded.made.card_path.name, "registry_model.py", "MLmodel", "input_example.json"} <= kept
    assert not [name for name in kept if Path(name).suffix in {".pkl", ".pickle"}]


def test_recording_prints_nothing_and_leaves_mlflows_addresses_alone(recorded):
    assert recorded.printed == ""
    assert mlflow.get_tracking_uri() != recorded.store
    assert mlflow.get_registry_uri() != recorded.store


def test_another_registry_address_in_the_process_does_not_catch_the_model(recorded, monkeypatch, tmp_path):
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", elsewhere)
    assert recorded.made.log(recorded.store, name="own-place").version == "1"
    assert not (tmp_path / "elsewhere.db").exists()
    assert mlflow.get_registry_uri() == elsewhere


@pytest.fixture
def model(recorded, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", recorded.store)
    return mlflow.pyfunc.load_model("models:/made-card/1")


def test_registered_model_scores_as_the_scorecard_does(recorded, model, prepared):
    card = load(recorded.made.card_path)
    rows = pd.DataFrame(prepared.matrix[:50], columns=card.plan.names)
    shuffled = rows[rows.columns[::-1]]
    pd.testing.assert_frame_equal(model.predict(shuffled), score_features(card, rows))
    assert {"points", "pd", "grade", "reason_1"} <= set(model.metadata.get_output_schema().input_names())
    assert model.metadata.signature.inputs.input_names() == list(card.plan.names)


def test_registered_model_takes_the_population_that_reasons_compare_with(recorded, model, prepared):
    card = load(recorded.made.card_path)
    rows = pd.DataFrame(prepared.matrix[:50], columns=card.plan.names)
    for reference in (population.id for population in card.references):
        given = model.predict(rows, params={"reference": reference})
        pd.testing.assert_frame_equal(given, score_features(card, rows, reference=reference))


def test_served_in_process_what_is_not_scorable_is_null(model, monkeypatch):
    from mlflow.pyfunc.scoring_server import init, invocations

    monkeypatch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "false")  # put back what init sets
    init(model)
    empty = pd.DataFrame(np.nan, index=[0], columns=model.metadata.signature.inputs.input_names())
    body = json.dumps({"dataframe_split": json.loads(empty.to_json(orient="split"))})
    response = invocations(body, "application/json", model, model.metadata.get_input_schema()).response
    (scored,) = json.loads(response, parse_constant=pytest.fail)["predictions"]
    assert scored["scorable"] is False
    assert scored["points"] is None
    assert scored["grade"] is None


def test_error_of_a_table_that_does_not_fit_shows_no_values(model, made):
    with pytest.raises(mlflow.exceptions.MlflowException) as caught:
        model.predict(made.example.iloc[:, :1].assign(other=120.5))
    assert "120.5" not in str(caught.value)


def test_another_scorecard_put_in_its_place_is_refused(model, tmp_path, trained):
    copy = tmp_path / "model"
    shutil.copytree(model.metadata.artifact_path.removeprefix("file://"), copy)
    (kept,) = copy.rglob("*.scorecard")
    save(replace(trained.card, name="other"), kept)
    with pytest.raises(ScorecardError, match="not the one asked for"):
        mlflow.pyfunc.load_model(str(copy))


# Feature functions of one's own


@pytest.fixture(scope="module")
def own(tmp_path_factory, sample_config, prepared):
    """A scorecard with a feature function of a package's, beside files that are no code."""
    folder = tmp_path_factory.mktemp("own")
    package = folder / "agency_made"
    package.mkdir()
    for name, text in {
        "__init__.py": "",
        "days.py": "DAY = 86_400e6\n",
        "secrets.txt": "secret",
        "own.py": OWN_MODULE.format(package="agency_made"),
    }.items():
        (package / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        from agency_made.own import own_gap

        few = sample_config.model_copy(
            update={"model": sample_config.model.model_copy(update={"params": {"num_iterations": 5}}), "cut_off": None}
        )
        features = (*own_gap, *prepared.features[1:8])
        kept = replace(prepared, features=features, matrix=np.ascontiguousarray(prepared.matrix[:, :8]))
        card = save(fit(few, kept).card, folder / "own.scorecard")
        yield folder, card, example_of(kept)


@contextmanager
def started(command, address, folder, **environment):
    """A process of a group of its own until it answers; stopped by its id."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *command], cwd=folder, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **environment},
        )  # fmt: skip
    try:
        wait_for(process, address, folder / "server.log")
        yield process
    finally:
        with suppress(ProcessLookupError):  # ended by itself
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_for(process, address, log):
    until = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_code_of_own_features_travels_and_serves_where_it_is_not_installed(recorded, own, tmp_path):
    folder, card, example = own
    run = recorded.made.log(recorded.store, name="own-card", card_path=folder / "own.scorecard", input_example=example)
    kept = {path.name for path in (recorded.made.folder / "runs" / "mlflow-artifacts").rglob("agency_made/*")}
    assert {"__init__.py", "days.py", "own.py"} <= kept
    assert "secrets.txt" not in kept
    port = free_port()
    serve = ["models", "serve", "-m", f"models:/own-card/{run.version}", "--env-manager", "local", "-p", str(port)]
    body = json.dumps({"dataframe_split": json.loads(example.to_json(orient="split"))}).encode()
    at = f"http://127.0.0.1:{port}"
    request = urllib.request.Request(f"{at}/invocations", body, {"Content-Type": "application/json"})
    with (
        started([*serve, "--host", "127.0.0.1"], f"{at}/ping", tmp_path, MLFLOW_TRACKING_URI=recorded.store),
        urllib.request.urlopen(request, timeout=60) as response,
    ):
        served = json.load(response)["predictions"]
    expected = score_features(card, example)
    assert [row["points"] for row in served] == expected["points"].tolist()
    assert [row["pd"] for row in served] == expected["pd"].tolist()


def test_of_a_module_that_is_one_file_only_that_file_travels(tmp_path, monkeypatch):
    (tmp_path / "agency_alone.py").write_text("A = 1\n", encoding="utf-8")
    (tmp_path / "neighbour.py").write_text("B = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import agency_alone  # noqa: F401

    copies = tmp_path / "copies"
    copies.mkdir()
    assert _copied(["agency_alone"], copies) == [str(copies / "agency_alone.py")]
    assert (copies / "agency_alone.py").read_text(encoding="utf-8") == "A = 1\n"


def test_a_module_that_cannot_be_imported_is_named(model, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(model.metadata.artifact_path.removeprefix("file://"), copy)
    with pytest.raises(ScorecardError, match=r"module 'no_such_agency', which cannot be imported .* install what it"):
        mlflow.pyfunc.load_model(str(copy), model_config={"feature_modules": ["no_such_agency"]})


# Promotion, in a file and on a server


@pytest.fixture(scope="module")
def server(recorded, tmp_path_factory):
    """A tracking server on loopback, over a copy of the store, so that its tables are made already."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    shutil.copy(recorded.store.removeprefix("sqlite:///"), folder / "server.db")
    command = ["server", "--backend-store-uri", f"sqlite:///{folder / 'server.db'}", "--artifacts-destination",
               str(folder / "kept"), "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]  # fmt: skip
    with started(command, f"http://127.0.0.1:{port}/health", folder):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(params=["file", "server"])
def place(request, recorded):
    """A store, and the name of a model that is in no other."""
    store = recorded.store if request.param == "file" else request.getfixturevalue("server")
    return store, f"moved-{request.param}"


def holders(store, name):
    return {
        alias: str(held) for alias, held in MlflowClient(tracking_uri=store).get_registered_model(name).aliases.items()
    }


def test_candidate_challenger_champion_and_back(place, made):
    store, name = place
    reports = {number: made.report(f"report {number}") for number in ("1", "2")}
    for number in reports:
        made.log(store, name=name, experiment=name, report_path=reports[number])
    promote(store, name, "1", "champion", approver="Wang Fang", report=reports["1"])
    assert holders(store, name) == {"candidate": "2", "champion": "1"}
    promote(store, name, "candidate", "challenger", approver="Li Wei", report=reports["2"])
    assert holders(store, name) == {"challenger": "2", "champion": "1"}
    entry = promote(store, name, "challenger", "champion", approver=" 李伟 ", report=reports["2"], note="better KS")
    assert holders(store, name) == {"champion": "2"}
    back = promote(store, name, "1", "champion", approver="Wang Fang", report=reports["1"])
    assert holders(store, name) == {"champion": "1"}
    past = history(store, name)
    told = [(one.version, one.alias, one.replaced, one.approver, one.finished) for one in past.promotions]
    assert told == [
        ("1", "champion", "", "Wang Fang", True),
        ("2", "challenger", "", "Li Wei", True),
        ("2", "champion", "1", "李伟", True),
        ("1", "champion", "2", "Wang Fang", True),
    ]
    assert past.promotions[2:] == (entry, back)
    assert (past.until(entry), past.until(back), past.unrecorded()) == (back.at, None, [])
    check_kept(store, name, entry, reports["2"])


def check_kept(store, name, entry, report):
    """The version's tags and the entry's files say what the entry says, with the report that was approved."""
    client = MlflowClient(tracking_uri=store)
    tags = client.get_model_version(name, "2").tags
    assert entry.report_sha256 == tags["champion.report_sha256"] == hashlib.sha256(report.read_bytes()).hexdigest()
    assert entry.scorecard_digest == tags["champion.scorecard_digest"] == tags["scorecard_digest"]
    assert (tags["champion.approver"], tags["champion.at"], tags["champion.note"]) == ("李伟", entry.at, "better KS")
    assert (tags["champion.version"], tags["champion.replaced"], tags["champion.entry"]) == ("2", "1", entry.run_id)
    assert tags["challenger.approver"] == "Li Wei"
    assert entry.at.endswith("+00:00")
    assert Path(client.download_artifacts(entry.run_id, report.name)).read_bytes() == report.read_bytes()
    kept = json.loads(Path(client.download_artifacts(entry.run_id, "promotion.json")).read_text(encoding="utf-8"))
    assert kept == entry.facts()


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


@pytest.fixture
def two(recorded, request):
    """A model of the test's own with two versions, of two reports."""
    name = request.node.name.partition("[")[0]
    reports = [recorded.made.report(f"{name} {number}") for number in (1, 2)]
    for report in reports:
        recorded.made.log(recorded.store, name=name, report_path=report)
    return recorded.store, name, reports


def test_another_report_is_refused_and_nothing_moves(two):
    store, name, reports = two
    with pytest.raises(InputError, match=r"version 1: the report given is not the one of its training: its SHA-256 is"):
        promote(store, name, "1", "champion", approver="A", report=reports[1])
    assert holders(store, name) == {"candidate": "2"}
    assert history(store, name).promotions == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"approver": " "}, "needs the name of the person"),
        ({"approver": "A\nB"}, "approver: expected one line"),
        ({"note": "x" * 3_000}, "note: expected one line of at most 2,000"),
        ({"to": "candidate"}, "to challenger or champion, got 'candidate'"),
        ({"version": "7"}, "version"),
        ({"version": "challenger"}, r"no version has the alias 'challenger'; there is candidate \(version 2\)"),
        ({"name": "nobody"}, "nobody"),
        ({"report": Path("none.html")}, "none.html: no such file"),
        ({"store": "sqlite:///none.db"}, "no such file; give the store that a training"),
    ],
)
def test_what_cannot_be_promoted_is_refused_in_one_line(refusing, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        promote(**(refusing | changes))
    assert len(str(caught.value).splitlines()) == 1
    assert holders(refusing["store"], refusing["name"]) == {"candidate": "2"}


@pytest.fixture(scope="module")
def refusing(recorded):
    report = recorded.made.report("refusing")
    for _ in range(2):
        recorded.made.log(recorded.store, name="refusing", report_path=report)
    return {
        "store": recorded.store,
        "name": "refusing",
        "version": "1",
        "to": "champion",
        "approver": "A",
        "report": report,
    }


def test_a_champion_is_neither_promoted_again_nor_demoted_to_challenger(two):
    store, name, reports = two
    promote(store, name, "1", "champion", approver="A", report=reports[0])
    with pytest.raises(InputError, match="version 1 is the champion already, since"):
        promote(store, name, "1", "champion", approver="B", report=reports[0])
    with pytest.raises(InputError, match="version 1 is the champion; promote another to champion first"):
        promote(store, name, "champion", "challenger", approver="B", report=reports[0])


def test_an_alias_moved_by_hand_is_told_and_can_be_put_on_record(two):
    store, name, reports = two
    client = MlflowClient(tracking_uri=store)
    client.set_registered_model_alias(name, "champion", "2")
    assert history(store, name).unrecorded() == ["champion"]
    promote(store, name, "2", "champion", approver="A", report=reports[1])
    assert history(store, name).unrecorded() == []
    client.delete_registered_model_alias(name, "champion")
    assert history(store, name).unrecorded() == ["champion"]


def test_a_version_without_a_logged_report_is_refused(recorded):
    client = MlflowClient(tracking_uri=recorded.store)
    client.create_registered_model("by-hand")
    client.create_model_version("by-hand", "models:/made-card/1")
    with pytest.raises(InputError, match="its run keeps no digest of a report"):
        promote(recorded.store, "by-hand", "1", "champion", approver="A", report=recorded.made.folder / "report.html")


def test_a_failure_on_the_way_leaves_an_unfinished_entry_and_no_champion(two, monkeypatch):
    store, name, reports = two

    def fail(*_):
        raise mlflow.exceptions.MlflowException("the disk is full\nand more")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", fail)
        with pytest.raises(InputError, match="the disk is full; see that the file"):
            promote(store, name, "1", "champion", approver="A", report=reports[0])
    past = history(store, name)
    assert [one.finished for one in past.promotions] == [False]
    assert (past.unrecorded(), holders(store, name)) == ([], {"candidate": "2"})


@pytest.mark.parametrize(
    "store", ["runs/mlruns", "file:///runs", "sqlite:///", "postgresql://user:hush@host/db", "ftp://host"]
)
def test_other_stores_are_refused(made, store):
    with pytest.raises(ConfigError, match=r"expected sqlite:///path/to/mlflow\.db, or http:// or https://") as caught:
        made.log(store)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("store", ["http://user:hush@server:5000", "https://hush@server", "http://server?token=hush"])
def test_credentials_in_an_address_are_refused_and_not_shown(made, store):
    with pytest.raises(ConfigError, match="MLFLOW_TRACKING_USERNAME") as caught:
        made.log(store)
    assert "hush" not in str(caught.value)


def configured(tmp_path, store):
    content = yaml.safe_load(SAMPLE.read_text(encoding="utf-8")) | {"registry": {"store": store}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_config(tmp_path / "config.yaml").registry


@pytest.mark.parametrize(
    "store", ["http://user:hush/x@server:5000", "https://hush@server", "http://server?token=hush", "http://server#hush"]
)
def test_credentials_in_a_config_are_refused_and_not_shown(tmp_path, store):
    with pytest.raises(ConfigError, match=r"'registry\.store': .* set MLFLOW_TRACKING_USERNAME") as caught:
        configured(tmp_path, store)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("store", ["", "mlruns", "sqlite:///", "http://", "postgresql://user:hush@host/db"])
def test_other_stores_in_a_config_are_refused(tmp_path, store):
    with pytest.raises(ConfigError, match=r"'registry\.store': expected sqlite:///mlflow\.db, or http://") as caught:
        configured(tmp_path, store)
    assert "hush" not in str(caught.value)


def test_a_config_gives_the_stores_address(tmp_path):
    output = tmp_path / "out"
    assert configured(tmp_path, "sqlite:///a@b/m.db").address(output) == f"sqlite:///{output}/a@b/m.db"
    assert configured(tmp_path, "sqlite:////srv/m.db").address(output) == "sqlite:////srv/m.db"
    assert configured(tmp_path, "https://server:5000/ml").address(output) == "https://server:5000/ml"


def test_a_server_that_is_not_there_and_a_file_that_is_no_store_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(InputError, match="see that the server runs there") as caught:
        history(f"http://127.0.0.1:{free_port()}", "made-card")
    assert len(str(caught.value).splitlines()) == 1
    (tmp_path / "no.db").write_text("no database at all, only text, and more of it than a header holds" * 9)
    with pytest.raises(InputError, match="see that the file is an MLflow store"):
        history(f"sqlite:///{tmp_path / 'no.db'}", "made-card")


@contextmanager
def refusing_server(seen):
    """A server on loopback that notes who asks, and lets nobody in."""

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers["Authorization"])
            self.send_error(401)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_credentials_come_from_the_environment_and_are_not_shown(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "wang")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hush")
    seen = []
    with refusing_server(seen) as address, pytest.raises(InputError, match="401") as caught:
        history(address, "made-card")
    assert seen == ["Basic " + base64.b64encode(b"wang:hush").decode()]
    assert "hush" not in str(caught.value)


def test_missing_file_is_named_before_anything_is_recorded(made, tmp_path):
    with pytest.raises(ConfigError, match=r"none\.html: no such file to record"):
        made.log(f"sqlite:///{tmp_path / 'mlflow.db'}", report_path=tmp_path / "none.html")
    assert not list(tmp_path.rglob("*.db"))
