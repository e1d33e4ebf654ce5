"""python -m creditscore.train CONFIG: from platforms' files to a scorecard, a report and a registered model."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from creditscore.atomic import write_whole
from creditscore.errors import CreditScoreError, InputError
from creditscore.extras import require_fairness, require_train

WHAT = "train a scorecard as a config says"
EXAMPLE = "train configs/sample.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes, here and under `python -m creditscore train`."""
    parser.add_argument("config", type=Path, help="a YAML file, as configs/sample.yaml")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="where the events are, instead of events.folder")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="where results go, instead of the config's output"
    )


def run(arguments: argparse.Namespace) -> None:
    """Train as the arguments say; a line a step on the terminal."""
    require_train("training")
    from rich.console import Console

    from creditscore.config import load_config

    console = Console(highlight=False, soft_wrap=True)
    config = load_config(arguments.config)
    if config.fairness:
        require_fairness("fairness in the config")
    output = arguments.output or Path(config.output)
    console.print(f"[bold]{config.name}[/bold]: {arguments.config}")
    _train(console, config, arguments, output)


def _train(console: Any, config: Any, arguments: argparse.Namespace, output: Path) -> None:
    from creditscore.training import Progress

    progress = Progress(console.status, lambda line: console.print(f"  {line}"))
    with tempfile.TemporaryDirectory() as scratch:
        learnt = _learn(progress, config, arguments, output, Path(scratch))
        _make_folder(output)
        console.print(_summary(_leave(progress, config, arguments, output, learnt)))


@dataclass(frozen=True)
class _Learnt:
    """What a training has before it leaves anything; `tuned` is None without a search for settings; `asked` is what the
    report says beside, where the config asks for it.
    """

    bad_rows: Any
    prepared: Any
    trained: Any
    tuned: Any
    asked: dict[str, Any]
    studies: Any
    platforms: Any


def _learn(progress: Any, config: Any, arguments: argparse.Namespace, output: Path, scratch: Path) -> _Learnt:
    """Bad rows, features and model: all that can fail on bad input, before more than a search's trials is written."""
    from creditscore import training

    training.check_engine(config.model)
    with ExitStack() as stack:
        with progress.step("events") as told:
            events = stack.enter_context(training.reading(config, arguments.config, arguments.data))
            quarantine = events.quarantine
            consents = training.read_consents(config, arguments.config, arguments.data)
            told += [_counts(events), f"{len(quarantine):,} rows quarantined"]
        with progress.step("features") as told:
            prepared = training.prepare(config, events, training.chosen_features(config), scratch, consents)
            told.append(f"{prepared.matrix.shape[1]} features of {prepared.matrix.shape[0]:,} applications")
            if prepared.left_out:
                told.append(f"{len(prepared.left_out)} left out: missing throughout the train sample")
            studies = training.studies_of_events(config, arguments.config, events, prepared, scratch)
        players = training.players_of(config, events, prepared) if config.manipulation else None
        config, prepared, tuned, chosen = choose(progress, config, prepared, output)
        with progress.step("platforms") as told:
            platforms = training.platforms_of(config, events, prepared, progress.tell)
            told.append(", ".join(platforms.members.platforms))
    with progress.step("model") as told:
        trained = training.fit(config, prepared, chosen)
        told.append(f"{trained.card.trees.n_trees} trees, calibrated on {trained.card.facts['calibrated_on']}")
    with progress.step("studies") as told:
        studies = training.studies_of_model(config, prepared, trained.card, studies, told.append)
    asked = _ask(progress, config, prepared, trained, players)
    return _Learnt(quarantine, prepared, trained, tuned, asked, studies, platforms)


def _ask(progress: Any, config: Any, prepared: Any, trained: Any, players: Any) -> dict[str, Any]:
    """What the config asks beside the scorecard: less discriminatory alternatives, and what gaming buys."""
    from creditscore import training

    found: dict[str, Any] = {}
    if config.fairness:
        training.protected_groups(config, prepared)  # refuses what is no group, before anything is written
    if config.fairness and config.fairness.search:
        with progress.step("fairness") as told:
            search = training.less_discriminatory(
                config, prepared, training.approval_rate(config, trained), progress.tell
            )
            found["search"] = training.search_facts(search)
            told.append(f"{len(search.table)} alternatives, chosen: {search.chosen.name}")
    if players is not None:
        with progress.step("gaming") as told:
            found["manipulation"] = training.gaming_of(config, trained.card, players, progress.tell)
            told.append("what gaming buys" if found["manipulation"] else "nobody to try it on: no transactions")
    return found


def choose(progress: Any, config: Any, prepared: Any, output: Path) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Features and settings, where the config asks for a choice; what was chosen and why, for the scorecard."""
    from creditscore import training

    facts: dict[str, Any] = {}
    tuned = None
    if config.features.select:
        with progress.step("selection") as told:
            prepared, verdicts = training.select(config, prepared)
            facts["selection"] = training.selection_facts(verdicts)
            told.append(f"{prepared.matrix.shape[1]} of {len(verdicts)} features kept")
    if config.features.minimal:
        with progress.step("minimal") as told:
            prepared, fewest = training.minimal(config, prepared, tell=progress.tell)
            facts["minimal"] = training.minimal_facts(fewest)
            told.append(f"{len(fewest.kept)} of {len(fewest.kept) + len(fewest.dropped)} features kept")
    if config.model.tune:
        with progress.step("tuning") as told:
            tuned = training.tune(config, prepared, output / "tuning.db", progress.tell)
            config, facts["tuning"] = training.with_params(config, tuned), training.tuning_facts(config, tuned)
            told.append(f"AUC {tuned.best.mean_auc:.4f}, {tuned.trials[0].mean_auc:.4f} with the defaults")
    return config, prepared, tuned, facts


def _leave(progress: Any, config: Any, given: Any, output: Path, learnt: _Learnt) -> Any:
    """The scorecard, the report and the registration; gives back the report's findings."""
    from creditscore import training
    from creditscore.config import folder_of
    from creditscore.registry import figures_of, log_run
    from creditscore.scorecard import save
    from creditscore.validation.impact import impact_page
    from creditscore.validation.report import Origin, run_metrics, write_report

    card_path, report_path = output / f"{config.name}.scorecard", output / "report.html"
    bad_rows, prepared, trained = learnt.bad_rows, learnt.prepared, learnt.trained
    with progress.step("scorecard") as told:
        trained = replace(trained, card=save(trained.card, card_path))
        write_whole(output / "impact.md", impact_page(trained.card).encode())
        told.append(f"{card_path}, {trained.card.digest[:19]}…, impact.md")
    with progress.step("report") as told:
        facts = training.facts_of(config, trained, prepared) | learnt.asked
        origin = Origin.of(trained.card, prepared.matrix, prepared.applications, learnt.platforms)
        found = write_report(
            report_path, trained.scored, facts, trained.importance, bad_rows.counts(), dict(bad_rows.read), origin,
            learnt.studies,
        )  # fmt: skip
        told.append(str(report_path))
    with progress.step("registry") as told:
        folder = folder_of(config.events, given.config, given.data)
        run_info = log_run(
            card_path=card_path, report_path=report_path, store=config.registry.address(output),
            experiment=config.registry.experiment, name=config.name, params=trained.parameters,
            metrics=run_metrics(found), artifacts=[given.config], input_example=training.example_of(prepared),
            figures=figures_of(trained.scored, found),
            data={name: [training.data_of(one, folder) for one in table]
                  for name, table in config.events.tables().items()},
            search=learnt.tuned,
        )  # fmt: skip
        told.append(f"model {run_info.model_name} version {run_info.version}, alias candidate")
    return found


def _make_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"output folder {output}: {error.strerror}; give another with --output FOLDER") from None


def _counts(events: Any) -> str:
    return ", ".join(f"{rows:,} {name}" for name, rows in events.rows.items())


def _summary(found: Any) -> str:
    """The out-of-time ranking in one line."""
    test = found["samples"]["test"]
    if test["auc"] is None:
        return "out of time: one class only, no AUC"
    auc = test["auc"]
    interval = f" [{auc['low']:.3f}, {auc['high']:.3f}]" if auc["low"] is not None else ""
    known = test["goods"] + test["bads"]
    return f"out of time: AUC [bold]{auc['value']:.3f}[/bold]{interval}, {test['bads']:,} bads of {known:,}"


def main(argv: Sequence[str] | None = None) -> int:
    """The command: exit status 0, or 2 with one line that says what is wrong and what to do."""
    parser = argparse.ArgumentParser(
        prog="python -m creditscore.train",
        description="Train a scorecard: read the config's events, build features, fit and calibrate a model, and leave "
        "the .scorecard, an HTML report and an MLflow run in the output folder.",
    )
    add_arguments(parser)
    arguments = parser.parse_args(argv)
    try:
        run(arguments)
    except CreditScoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
