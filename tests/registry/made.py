"""What the registry's tests record, and servers of their own."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from creditscore.registry import RunInfo, log_run

from mlflow.tracking import MlflowClient  # isort: skip  its warnings are silenced where creditscore.registry imports it first

# of MLflow's own: connections that it leaves to the garbage collector, libraries that it calls by old names
QUIET = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")


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


@dataclass(frozen=True)
class Recorded:
    made: Made
    store: str
    runs: tuple[RunInfo, RunInfo]
    printed: str


def files_of(client, run_id, folder=None):
    found = client.list_artifacts(run_id, folder)
    return {file.path for file in found if not file.is_dir}


def holders(store, name):
    return {
        alias: str(held) for alias, held in MlflowClient(tracking_uri=store).get_registered_model(name).aliases.items()
    }


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
