"""A model's promotions: who made which version challenger and champion, when, on which report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from creditscore.registry.aliases import CHALLENGER, CHAMPION, holders_of
from creditscore.registry.store import connected, known_address


@dataclass(frozen=True)
class Promotion:
    """An entry of a model's history: who made which version what, when (UTC), in place of which, on which report.

    `replaced` and `note` are empty where there is none. An entry not `finished` was broken off, or is under way.
    """

    model: str
    version: str
    alias: str
    replaced: str
    approver: str
    at: str
    report_sha256: str
    scorecard_digest: str
    note: str = ""
    run_id: str = ""
    finished: bool = False

    def facts(self) -> dict[str, str]:
        """What is recorded of it, without what is empty."""
        return {key: value for key, value in asdict(self).items() if value and key not in ("run_id", "finished")}


@dataclass(frozen=True)
class History:
    """A model's promotions, oldest first, and the version that has each alias today."""

    promotions: tuple[Promotion, ...]
    holders: Mapping[str, str]

    def last(self, alias: str) -> Promotion | None:
        """The last finished entry of the alias."""
        return next((one for one in reversed(self.promotions) if one.finished and one.alias == alias), None)

    def until(self, entry: Promotion) -> str | None:
        """When the entry's alias was given to another version; None where it has not been."""
        later = self.promotions[self.promotions.index(entry) + 1 :]
        return next((one.at for one in later if one.finished and one.alias == entry.alias), None)

    def unrecorded(self) -> list[str]:
        """The aliases that were given, or for the champion taken away, past `promote`."""
        recorded = {alias: entry.version if (entry := self.last(alias)) else None for alias in (CHALLENGER, CHAMPION)}
        moved = [alias for alias in recorded if alias in self.holders and self.holders[alias] != recorded[alias]]
        lost = CHAMPION not in self.holders and recorded[CHAMPION] is not None
        return [*moved, CHAMPION] if lost else moved


def history(store: str, name: str) -> History:
    """Who made which version of the model challenger and champion, when, and which versions are these today.

    Raises ConfigError for a store that is not there, InputError for a model that it does not hold.
    """
    with connected(store, known_address(store)) as client:
        return history_in(client, name)


def promotions_experiment(name: str) -> str:
    """The experiment that keeps a model's promotions, a run each."""
    return f"{name} promotions"


def history_in(client: MlflowClient, name: str) -> History:
    holders, kept = holders_of(client, name), client.get_experiment_by_name(promotions_experiment(name))
    entries = [as_promotion(run) for run in _runs(client, kept.experiment_id)] if kept else []
    return History(tuple(entries), holders)


def as_promotion(run: Run) -> Promotion:
    empty = dict.fromkeys(Promotion.__dataclass_fields__, "")
    facts = {key: value for key, value in run.data.params.items() if key in empty}
    return Promotion(**{**empty, **facts, "run_id": run.info.run_id, "finished": run.info.status == "FINISHED"})


def _runs(client: MlflowClient, experiment: str) -> Iterator[Run]:
    """The experiment's runs of promotions, oldest first."""
    token: str | None = None
    while True:
        page = client.search_runs([experiment], order_by=["attributes.start_time ASC"], page_token=token)
        yield from (run for run in page if {"version", "alias", "approver"} <= run.data.params.keys())
        token = page.token
        if not token:
            return
