"""`python -m creditscore recalibrate`."""

from __future__ import annotations

import argparse
from pathlib import Path

from creditscore.commands.options import (
    EVENTS_HELP,
    consents_argument,
    consents_of,
    load_card,
    modules_argument,
    quiet_argument,
    read_events,
    shown_progress,
    terms_arguments,
)
from creditscore.errors import InputError
from creditscore.extras import require_train

WHAT = "set a scorecard's level of PD anew, by later outcomes"
EXAMPLE = "recalibrate runs/sample/sample.scorecard configs/sample.yaml --from 2025-07-01 --out new.scorecard"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("events", type=Path, help=f"{EVENTS_HELP}; its applications have outcomes")
    parser.add_argument(
        "--from", dest="start", metavar="DAY", help="applications from this day on, as 2026-01-31 (UTC)"
    )
    parser.add_argument("--until", metavar="DAY", help="applications before this day")
    parser.add_argument("--out", type=Path, required=True, help="where the new scorecard goes: another file")
    consents_argument(parser)
    terms_arguments(parser)
    modules_argument(parser)
    quiet_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    require_train("recalibrate")
    from creditscore.scorecard import save
    from creditscore.scoring.consent import terms_of
    from creditscore.training import log_odds_of, recalibrate

    if arguments.out.resolve() == arguments.card.resolve():
        raise InputError("--out: the scorecard itself; give another file, as a scorecard is never changed in place")
    card = load_card(arguments.card, arguments.modules)
    with shown_progress("events", arguments.quiet) as progress:
        events = read_events(arguments.events, progress)
    terms = terms_of(card, **consents_of(arguments))
    log_odds, outcome, on = log_odds_of(card, events, arguments.start, arguments.until, terms)
    made = save(recalibrate(card, log_odds, outcome, on), arguments.out)
    change = made.facts["recalibrations"][-1]
    print(f"{change['on']}: {change['applications']:,} applications, {change['bads']:,} bad")
    print(f"mean PD {change['mean_pd_was']:.2%} → {change['bad_rate']:.2%}")
    print(f"{arguments.out}: {made.model_id}, {made.digest}, made from {change['from']}")
