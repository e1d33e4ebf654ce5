"""`python -m creditscore report`."""

from __future__ import annotations

import argparse
from pathlib import Path

from creditscore.commands.options import (
    EVENTS_HELP,
    load_card,
    modules_argument,
    quiet_argument,
    read_events,
    shown_progress,
)
from creditscore.errors import InputError
from creditscore.extras import require_train

WHAT = "validate a scorecard on applications with outcomes: a page and the same as JSON"
EXAMPLE = "report runs/sample/sample.scorecard configs/sample.yaml --out validation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("events", type=Path, help=f"{EVENTS_HELP}; its applications have outcomes")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="gets report.html and report.json")
    modules_argument(parser)
    quiet_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    require_train("report")
    from creditscore.validation.report import write_report
    from creditscore.validation.report.facts import facts_of_card
    from creditscore.validation.report.later import score_later, worth_of

    card = load_card(arguments.card, arguments.modules)
    with shown_progress("events", arguments.quiet) as progress:
        events = read_events(arguments.events, progress)
    scored, origin = score_later(card, events)
    if scored["outcome"].isna().all():
        raise InputError(
            f"{arguments.events}: no application has an outcome; map their outcome column (0 good, 1 bad), or use "
            f"monitor, which needs none"
        )
    page = arguments.out / "report.html"
    quarantine = events.quarantine
    found = write_report(
        page,
        scored,
        facts_of_card(card),
        worth_of(card, origin.matrix),
        quarantine.counts(),
        dict(quarantine.read),
        origin,
    )
    for light in found["lights"]:
        print(f"{light['colour']:5}  {light['question']}  {light['figure']}")
    print(f"{page}: {len(scored):,} applications, {card.model_id}")
