"""MLflow: one run for each training, its files and figures, and the scorecard registered as a new candidate."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from creditscore.errors import ConfigError, MissingExtraError

# MLflow reads these when it is imported: no usage reports to anybody, no progress bars.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

try:
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.tracking import MlflowClient
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec
    from mlflow.types.schema import AnyType
except ImportError as error:
    raise MissingExtraError("the registry needs MLflow; install it with: pip install 'creditscore[train]'") from error

CANDIDATE = "candidate"
WRAPPER = Path(__file__).with_name("registry_model.py")
_SQLITE = "sqlite:///"
_GIVEN: list[ColSpec | TensorSpec] = [
    ColSpec(DataType.boolean, "scorable"),
    ColSpec(DataType.double, "points", required=False),
    ColSpec(DataType.double, "unrounded_points", required=False),
    ColSpec(DataType.double, "pd", required=False),
    ColSpec(DataType.string, "grade", required=False),
    *(ColSpec(DataType.string, f"reason_{rank}", required=False) for rank in range(1, 5)),
    *(ColSpec(DataType.double, f"reason_{rank}_points", required=False) for rank in range(1, 5)),
]


@dataclass(frozen=True)
class RunInfo:
    """Where a training was recorded; `models:/<model_name>/<version>` loads its model."""

    run_id: str
    model_name: str
    version: str


def log_run(
    card_path: str | Path,
    report_path: str | Path,
    store: str,
    experiment: str,
    name: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    artifacts: Iterable[str | Path],
    input_example: pd.DataFrame,
) -> RunInfo:
    """Record one training in the SQLite store and register its scorecard as `name`, with the alias `candidate`.

    `store` is `sqlite:///path.db` (made if absent); files are kept in the folder `mlflow-artifacts` beside it.
    `artifacts` are further files to keep. `input_example` holds a few rows of features, kept with the model in the
    clear: made values, not a borrower's. `mlflow.pyfunc.load_model("models:/name@candidate").predict(features)` gives
    points, PD, grade and reasons; the model is code and the `.scorecard` file, never a pickle.

    Raises ConfigError for another kind of store, and for a file that is not there.
    """
    address, folder = _sqlite(store)
    files = [_existing(path) for path in (report_path, *artifacts)]
    card = _existing(card_path)
    with _quiet(), _tracking(address):
        client = MlflowClient()
        # Made by the client, not by start_run, which would look up the caller's git repository and user name.
        run_id = client.create_run(_experiment(client, experiment, folder), run_name=name).info.run_id
        with mlflow.start_run(run_id=run_id):
            mlflow.log_params(dict(params))
            mlflow.log_metrics(dict(metrics))
            for file in files:
                mlflow.log_artifact(str(file))
            version = _register(card, name, input_example)
        client.set_registered_model_alias(name, CANDIDATE, version)
    return RunInfo(run_id, name, version)


def _sqlite(store: str) -> tuple[str, Path]:
    """The store's address with an absolute path, and the artifacts folder beside the database."""
    if not store.startswith(_SQLITE) or not store.removeprefix(_SQLITE):
        raise ConfigError(f"registry store: expected sqlite:///path/to/mlflow.db, got {store!r}; use an SQLite file")
    database = Path(store.removeprefix(_SQLITE)).absolute()
    database.parent.mkdir(parents=True, exist_ok=True)
    return f"{_SQLITE}{database.as_posix()}", database.parent / "mlflow-artifacts"


def _existing(path: str | Path) -> Path:
    if not Path(path).is_file():
        raise ConfigError(f"{path}: no such file to record; write it before log_run")
    return Path(path)


def _experiment(client: MlflowClient, name: str, folder: Path) -> str:
    known = client.get_experiment_by_name(name)
    return known.experiment_id if known else client.create_experiment(name, artifact_location=folder.as_uri())


def _register(card: Path, name: str, input_example: pd.DataFrame) -> str:
    """Log the scorecard as a model of the active run, and register it; its version."""
    logged = mlflow.pyfunc.log_model(
        name=name,
        python_model=str(WRAPPER),
        artifacts={"scorecard": str(card)},
        signature=_signature(input_example),
        input_example=_plain(input_example),
        pip_requirements=["creditscore"],
        registered_model_name=name,
    )
    return str(logged.registered_model_version)


def _plain(features: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64 and all else as plain objects: an example must read back from JSON as what the model takes."""
    kinds = {
        column: "float64" if pd.api.types.is_numeric_dtype(values) else "object" for column, values in features.items()
    }
    return features.astype(kinds)


def _signature(features: pd.DataFrame) -> ModelSignature:
    """Columns in and out: numbers are float64; what is not a number may come as text or as a category."""
    return ModelSignature(Schema([_taken(str(column), values) for column, values in features.items()]), Schema(_GIVEN))


def _taken(column: str, values: pd.Series) -> ColSpec:
    if pd.api.types.is_numeric_dtype(values):
        return ColSpec(DataType.double, column)
    return ColSpec(AnyType(), column, required=False)  # type: ignore[no-untyped-call]


@contextmanager
def _tracking(address: str) -> Iterator[None]:
    """MLflow's global tracking address, set for a while."""
    before = os.environ.get("MLFLOW_TRACKING_URI")  # set_tracking_uri keeps it there too
    mlflow.set_tracking_uri(address)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)  # type: ignore[arg-type]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without MLflow's chatter on stderr and its libraries' warnings; what goes wrong is raised all the same."""
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
