"""A version made challenger or champion: on an approver's name and the report approved, on record first."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from mlflow.entities import Param
from mlflow.entities.model_registry import ModelVersion
from mlflow.tracking import MlflowClient

from creditscore.errors import InputError
from creditscore.registry.aliases import CHALLENGER, CHAMPION, holders_of, tag, version_of
from creditscore.registry.audit_trail import History, Promotion, as_promotion, history_in, promotions_experiment
from creditscore.registry.fingerprint import sha256_of
from creditscore.registry.store import connected, existing, experiment_of, known_address


def promote(
    store: str, name: str, version: str, to: str, *, approver: str, report: str | Path, note: str = ""
) -> Promotion:
    """Make a version of the model `name` challenger or champion: on an approver's name, and the report approved.

    `version` is a number, or an alias of it. The report's SHA-256 must be the one recorded when the version was
    trained. Approver, time, digests and versions are kept as the version's tags and as an entry of the history, before
    the alias moves. A version has one of the three aliases at most: whoever had the new one before has none.

    Raises ConfigError for a store or file that is not there, InputError where the promotion is refused.
    """
    if to not in (CHALLENGER, CHAMPION):
        raise InputError(f"a version is promoted to {CHALLENGER} or {CHAMPION}, got '{to}'")
    approver, note = _one_line("approver", approver, 200), _one_line("note", note, 2_000)
    if not approver:
        raise InputError("approver: a promotion needs the name of the person who approves it; give one")
    digest = sha256_of(existing(report))
    with connected(store, known_address(store)) as client:
        past, chosen = history_in(client, name), version_of(client, name, version)
        number = str(chosen.version)  # SQLite's are integers
        _check_move(past, name, number, to)
        scorecard = _check_report(client, chosen, digest)
        held, now = past.holders.get(to, ""), dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        replaced = "" if held == number else held
        entry = Promotion(name, number, to, replaced, approver, now, digest, scorecard, note)
        return _carry_out(client, experiment_of(client, promotions_experiment(name), store), entry, Path(report))


def _one_line(what: str, text: str, most: int) -> str:
    """The text without blanks around it. Raises InputError where it would not stay on one line of a history."""
    text = text.strip()
    if len(text) > most or not text.isprintable():
        raise InputError(f"{what}: expected one line of at most {most:,} characters; shorten it")
    return text


def _check_move(past: History, name: str, version: str, to: str) -> None:
    entry = past.last(to)
    if past.holders.get(to) == version and entry is not None and entry.version == version:
        raise InputError(f"model {name}: version {version} is the {to} already, since {entry.at}")
    if to != CHAMPION and past.holders.get(CHAMPION) == version:
        raise InputError(f"model {name}: version {version} is the champion; promote another to champion first")


def _check_report(client: MlflowClient, chosen: ModelVersion, digest: str) -> str:
    """The digest of the version's scorecard, once the report is known to be the version's own."""
    where = f"model {chosen.name} version {chosen.version}"
    logged = client.get_run(chosen.run_id).data.params if chosen.run_id else {}
    if not {"report_sha256", "scorecard_digest"} <= logged.keys():
        raise InputError(f"{where}: its run keeps no digest of a report, so nobody can say what was approved; train it")
    if logged["report_sha256"] != digest:
        raise InputError(
            f"{where}: the report given is not the one of its training: its SHA-256 is {digest}, expected "
            f"{logged['report_sha256']}; give the report.html that this training left, unchanged"
        )
    return logged["scorecard_digest"]


def _carry_out(client: MlflowClient, experiment: str, entry: Promotion, report: Path) -> Promotion:
    """Record first, then move the aliases: a champion without an entry cannot come of a failure half-way."""
    run_id = client.create_run(experiment, run_name=f"version {entry.version} to {entry.alias}").info.run_id
    try:
        client.log_batch(run_id, params=[Param(key, value) for key, value in entry.facts().items()])
        client.log_dict(run_id, entry.facts(), "promotion.json")
        client.log_artifact(run_id, str(report))
        tags = {f"{entry.alias}.{key}": value for key, value in entry.facts().items() if key not in ("model", "alias")}
        tag(client, entry.model, entry.version, {**tags, f"{entry.alias}.entry": run_id})
        client.set_registered_model_alias(entry.model, entry.alias, entry.version)
        _drop_others(client, entry)
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id)
    return as_promotion(client.get_run(run_id))


def _drop_others(client: MlflowClient, entry: Promotion) -> None:
    """Take from the promoted version, and from the one that it replaces, what other aliases of ours they have."""
    for alias, held in holders_of(client, entry.model).items():
        if alias != entry.alias and held in (entry.version, entry.replaced):
            client.delete_registered_model_alias(entry.model, alias)
