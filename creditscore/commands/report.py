"""`python -m creditscore report`."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from creditscore.commands.options import (
    EVENTS_HELP,
    consents_argument,
    consents_of,
    load_card,
    memory_limit_argument,
    modules_argument,
    observed_until_argument,
    quiet_argument,
    reading_events,
    shown_progress,
    terms_arguments,
)
from creditscore.errors import InputError
from creditscore.extras import require_train

WHAT = "validate a scorecard on applications with outcomes: a page and the same as JSON"
EXAMPLE = "report runs/sample/sample.scorecard configs/sample.yaml --out validation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("events", type=Path, help=f"{EVENTS_HELP}; its applications have outcomes")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="gets report.html and report.json")
    parser.add_argument(
        "--challenger", type=Path, metavar="CARD", help="another .scorecard, compared on the same applications"
    )
    observed_until_argument(parser)
    memory_limit_argument(parser)
    consents_argument(parser)
    terms_arguments(parser)
    modules_argument(parser)
    quiet_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    require_train("report")
    with ExitStack() as stack:
        progress = stack.enter_context(shown_progress("events", arguments.quiet))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        events = stack.enter_context(reading_events(arguments.events, arguments.memory_limit, progress))
        found, model_id, rows = _reported(arguments, events, scratch)
    for light in found["lights"]:
        print(f"{light['colour']:5}  {light['question']}  {light['figure']}")
    print(f"{arguments.out / 'report.html'}: {rows:,} applications, {model_id}")


def _reported(arguments: argparse.Namespace, events: Any, scratch: Path) -> tuple[dict[str, Any], str, int]:
    from creditscore.scoring.consent import terms_of
    from creditscore.validation.report import write_report
    from creditscore.validation.report.facts import facts_of_card
    from creditscore.validation.report.later import score_later, worth_of

    card = load_card(arguments.card, arguments.modules)
    terms = terms_of(card, **consents_of(arguments))
    scored, origin = score_later(
        card,
        events,
        scratch=scratch,
        memory_limit=arguments.memory_limit,
        observed_until=arguments.observed_until,
        terms=terms,
    )
    allowed = None if terms is None else terms.of_many(card, origin.applications).allowed
    if scored["outcome"].isna().all():
        raise InputError(
            f"{arguments.events}: no application has an outcome ({scored.attrs['outcomes']}); map their outcome column "
            f"(0 good, 1 bad), give --observed-until, or use monitor, which needs none"
        )
    studies = _studies(arguments, card, events, scored["outcome"].to_numpy(), origin.applications, scratch, allowed)
    facts = facts_of_card(card)
    facts["notes"].append(scored.attrs["outcomes"])
    quarantine = events.quarantine
    found = write_report(
        arguments.out / "report.html",
        scored,
        facts,
        worth_of(card, origin.matrix),
        quarantine.counts(),
        dict(quarantine.read),
        origin,
        studies,
    )
    return found, card.model_id, len(scored)


def _studies(
    arguments: argparse.Namespace, card: Any, events: Any, outcome: Any, rows: Any, scratch: Path, allowed: Any
) -> Any:
    """What the report looks into beside: a day earlier, and another scorecard where one is given."""
    from creditscore.governance.gate import govern_source
    from creditscore.validation.report.day_earlier import day_earlier
    from creditscore.validation.report.rival import CHALLENGER, rival_of
    from creditscore.validation.report.studies import Studies

    usable, limit = govern_source(events, card.rules), arguments.memory_limit
    day = day_earlier(card.plan, usable, rows, outcome, limit, allowed)
    if arguments.challenger is None:
        return Studies(day, None)
    other = load_card(arguments.challenger, arguments.modules)
    return Studies(day, rival_of(other, events, rows, CHALLENGER, scratch, limit, allowed))
