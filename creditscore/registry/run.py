"""A run for each training: what went in, what came out, and its scorecard as a version of a model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from matplotlib.figure import Figure
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.tracking import MlflowClient

from creditscore.events.sources import Openable
from creditscore.registry.aliases import CANDIDATE, tag
from creditscore.registry.fingerprint import Fingerprint, environment, fingerprints, sha256_of
from creditscore.registry.model import register
from creditscore.registry.store import connected, existing, experiment_of, made_address
from creditscore.registry.trials import Search, record_trials
from creditscore.scorecard import load

# MLflow takes no more data sets in a call, and no longer digest of one.
_INPUTS, _DIGITS = 1_000, 36


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
    figures: Mapping[str, Figure] | None = None,
    data: Mapping[str, Iterable[str | Path | Openable]] | None = None,
    search: Search | None = None,
) -> RunInfo:
    """Record one training in the store and register its scorecard as `name`, with the alias `candidate`.

    `store` is `sqlite:///path.db` (made if absent; files are kept in the folder `mlflow-artifacts` beside it) or the
    address of a tracking server. `artifacts` are further files to keep, `figures` pictures by name. `data` names each
    table's source files, folders, patterns, URLs or database tables: only their fingerprints are kept.
    `input_example` holds a few rows of features, kept with the model in the clear: made values, not a borrower's. The
    trials of a `search` for settings, as `training.tune` gives it, become child runs.

    `mlflow.pyfunc.load_model("models:/name@candidate").predict(features)` gives points, PD, grade and reasons; the
    model is code and the `.scorecard` file, never a pickle.

    Raises ConfigError for another kind of store, and for a file that is not there; InputError where MLflow refuses.
    """
    report, *files = [existing(path) for path in (report_path, *artifacts)]
    card = load(existing(card_path))
    # among the parameters, which MLflow lets nobody change
    digests = {"scorecard_digest": card.digest, "report_sha256": sha256_of(report)}
    sources = fingerprints(data or {})
    with connected(store, made_address(store)) as client:
        # Made by the client, not by start_run, which would look up the caller's git repository and user name.
        run_id = client.create_run(experiment_of(client, experiment, store), run_name=name).info.run_id
        with mlflow.start_run(run_id=run_id):
            mlflow.log_params({**params, **digests})
            mlflow.log_metrics(dict(metrics))
            _log_files(client, run_id, [report, *files], figures or {})
            _log_sources(client, run_id, sources)
            if search:
                record_trials(client, run_id, search)
            registered = register(Path(card_path), card, name, input_example)
        tag(client, name, registered, digests)
        client.set_registered_model_alias(name, CANDIDATE, registered)
    return RunInfo(run_id, name, registered)


def _log_files(client: MlflowClient, run_id: str, files: Iterable[Path], figures: Mapping[str, Figure]) -> None:
    for file in files:
        client.log_artifact(run_id, str(file))
    for name, figure in figures.items():
        client.log_figure(run_id, figure, f"figures/{name}.png", save_kwargs={"dpi": 150})
    client.log_dict(run_id, environment(), "environment.json")


def _log_sources(client: MlflowClient, run_id: str, sources: Sequence[Fingerprint]) -> None:
    """The fingerprints in full as a file, and as the run's data sets, which MLflow lists and compares."""
    if sources:
        client.log_dict(run_id, {"files": [asdict(one) for one in sources]}, "data.json")
    for first in range(0, len(sources), _INPUTS):
        client.log_inputs(run_id, [_as_input(one) for one in sources[first : first + _INPUTS]])


def _as_input(source: Fingerprint) -> DatasetInput:
    known = Dataset(
        name=source.file,
        digest=(source.sha256 or "unknown")[:_DIGITS],
        source_type="local",
        source=json.dumps({"uri": source.file}),  # the name alone: folders are the machine's own affair
        profile=json.dumps({"num_rows": source.rows, "bytes": source.bytes, "sha256": source.sha256}),
    )
    return DatasetInput(known, [InputTag("mlflow.data.context", "training"), InputTag("table", source.table)])
