"""python -m creditscore.train CONFIG: from platforms' files to a scorecard, a report and a registered model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from creditscore.errors import CreditScoreError, InputError
from creditscore.extras import require_train


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
    output = arguments.output or Path(config.output)
    console.print(f"[bold]{config.name}[/bold]: {arguments.config}")
    _train(console, config, arguments, output)


def _train(console: Any, config: Any, arguments: argparse.Namespace, output: Path) -> None:
    from creditscore import training
    from creditscore.registry import log_run
    from creditscore.scorecard import save
    from creditscore.validation.report import run_metrics, write_report

    progress = training.Progress(
        lambda name, told, seconds: console.print(f"  {name:<10} {told}  [dim]{seconds:.1f} s[/dim]")
    )
    with progress.step("events") as told, console.status("reading events"):
        events = training.read_events(config, arguments.config, arguments.data)
        told += [_counts(events), f"{len(events.quarantine):,} rows quarantined"]
    with progress.step("features") as told, console.status("building features"):
        prepared = training.prepare(config, events, training.chosen_features(config))
        told.append(f"{prepared.matrix.shape[1]} features of {prepared.matrix.shape[0]:,} applications")
    with progress.step("model") as told, console.status("fitting trees, calibrating"):
        trained = training.fit(config, prepared, events)
        told.append(f"{trained.card.trees.n_trees} trees, calibrated on {trained.card.facts['calibrated_on']}")
    _make_folder(output)
    card_path, report_path = output / f"{config.name}.scorecard", output / "report.html"
    with progress.step("scorecard") as told:
        card = save(trained.card, card_path)
        trained = training.with_card(trained, card)
        told.append(f"{card_path}, {card.digest[:19]}…")
    with progress.step("report") as told, console.status("validating"):
        facts = training.facts_of(config, trained)
        bad_rows = events.quarantine.counts(), dict(events.quarantine.read)
        found = write_report(report_path, trained.scored, facts, trained.importance, *bad_rows)
        told.append(str(report_path))
    with progress.step("registry") as told, console.status("logging to MLflow"):
        run_info = log_run(
            card_path=card_path, report_path=report_path, store=training.store_in(output, config),
            experiment=config.registry.experiment, name=config.name, params=trained.parameters,
            metrics=run_metrics(found), artifacts=[arguments.config], input_example=training.example_of(prepared),
        )  # fmt: skip
        told.append(f"model {run_info.model_name} version {run_info.version}, alias candidate")
    console.print(_summary(found))


def _make_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"output folder {output}: {error.strerror}; give another with --output FOLDER") from None


def _counts(events: Any) -> str:
    tables = ("transactions", "trips", "obligations", "applications")
    sizes = [(name, events.table(name)) for name in tables]
    return ", ".join(f"{table.num_rows:,} {name}" for name, table in sizes if table is not None)


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
