"""A search's trials, as child runs of a training's run: each once, however often a search is gone on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from mlflow.entities import Metric, Param, Run
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from creditscore.registry.store import connected, known_address

SEARCH, NUMBER = "creditscore.search", "creditscore.trial"


class Trial(Protocol):
    """Settings that were tried, their AUC on each fold, and from when to when (milliseconds since 1970, UTC)."""

    @property
    def number(self) -> int: ...

    @property
    def params(self) -> Mapping[str, Any]: ...

    @property
    def aucs(self) -> Sequence[float]: ...

    @property
    def mean_auc(self) -> float: ...

    @property
    def began(self) -> int: ...

    @property
    def ended(self) -> int: ...


class Search(Protocol):
    """A search by its fingerprint, which says on what, and its trials."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def trials(self) -> Sequence[Trial]: ...


def log_trials(store: str, run_id: str, search: Search) -> None:
    """Keep each of the search's trials as a child run of the run: settings, AUC by fold (a step each) and their mean.

    Those that the run has are left as they are, and one that was broken off on the way is gone on with. Raises
    ConfigError for a store that is not there, InputError for a run that it does not hold.
    """
    with connected(store, known_address(store)) as client:
        record_trials(client, run_id, search)


def record_trials(client: MlflowClient, run_id: str, search: Search) -> None:
    """`log_trials` of a client."""
    experiment = client.get_run(run_id).info.experiment_id
    known = {run.data.tags[NUMBER]: run for run in _children(client, experiment, run_id, search.fingerprint)}
    for trial in search.trials:
        child = known.get(str(trial.number)) or _begun(client, experiment, run_id, search.fingerprint, trial)
        if child.info.status == "RUNNING":
            params = [Param(key, str(value)) for key, value in trial.params.items()]
            client.log_batch(child.info.run_id, metrics=_metrics(trial), params=params)
            client.set_terminated(child.info.run_id, end_time=trial.ended)


def _begun(client: MlflowClient, experiment: str, run_id: str, fingerprint: str, trial: Trial) -> Run:
    tags = {MLFLOW_PARENT_RUN_ID: run_id, SEARCH: fingerprint, NUMBER: str(trial.number)}
    return client.create_run(experiment, start_time=trial.began, tags=tags, run_name=f"trial {trial.number + 1}")


def _metrics(trial: Trial) -> list[Metric]:
    """Stamped with the trial's end, so that logging them again adds nothing."""
    by_fold = [Metric("auc", auc, trial.ended, fold) for fold, auc in enumerate(trial.aucs, 1)]
    return [*by_fold, Metric("mean_auc", trial.mean_auc, trial.ended, 0)]


def _children(client: MlflowClient, experiment: str, run_id: str, fingerprint: str) -> Iterator[Run]:
    """The run's children of that search, page by page."""
    asked = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{run_id}' AND tags.`{SEARCH}` = '{fingerprint}'"
    token: str | None = None
    while True:
        page = client.search_runs([experiment], filter_string=asked, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
