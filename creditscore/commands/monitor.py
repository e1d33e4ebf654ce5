"""`python -m creditscore monitor`."""

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
from creditscore.extras import require_train

WHAT = "compare a new month with the day a scorecard was made; exit status 1 past a limit"
EXAMPLE = "monitor runs/sample/sample.scorecard configs/sample.yaml --from 2025-12-01 --out monitoring"

LIMITS = {
    "psi": (0.25, "PSI of the score"),
    "features": (0.25, "share of points that shifted features move"),
    "not-scorable": (0.05, "rise of the share not scorable"),
    "reasons": (0.25, "PSI of the first reasons' mix"),
    "backtest": (0.05, "adjusted p of a vintage"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("events", type=Path, help=EVENTS_HELP)
    parser.add_argument(
        "--from", dest="start", metavar="DAY", help="applications from this day on, as 2026-01-31 (UTC)"
    )
    parser.add_argument("--until", metavar="DAY", help="applications before this day")
    parser.add_argument("--outcomes", action="store_true", help="back-test PDs by vintage: applications have outcomes")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="gets monitor.html and monitor.json")
    for name, (default, what) in LIMITS.items():
        told = f"{what}; {default:g} if not given"
        parser.add_argument(f"--{name}-limit", type=float, default=default, metavar="N", help=told)
    observed_until_argument(parser)
    memory_limit_argument(parser)
    consents_argument(parser)
    terms_arguments(parser)
    modules_argument(parser)
    quiet_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    require_train("monitor")
    from creditscore.validation.monitoring import Limits, write_monitoring

    given = vars(arguments)
    limits = Limits(*(given[f"{name.replace('-', '_')}_limit"] for name in LIMITS))
    card = load_card(arguments.card, arguments.modules)
    found, rows = _monitored(arguments, card, limits)
    for check in found["checks"]:
        verdict = "ok  " if check["passed"] else "FAIL"
        print(f"{verdict}  {check['name']}: {check['figure']:.3f} (fails: {check['rule']})")
    if arguments.out is not None:
        words = {code: texts.officer_en for code, texts in card.codes.items()}
        print(f"{write_monitoring(arguments.out, found, words)}: {rows:,} applications, {card.model_id}")
    return 0 if all(check["passed"] for check in found["checks"]) else 1


def _monitored(arguments: argparse.Namespace, card: Any, limits: Any) -> tuple[dict[str, Any], int]:
    """The comparison, and of how many applications it is."""
    from creditscore.scoring.consent import terms_of
    from creditscore.validation.monitoring import monitor
    from creditscore.validation.report.later import between, score_later, worth_of

    with ExitStack() as stack:
        progress = stack.enter_context(shown_progress("events", arguments.quiet))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        events = stack.enter_context(reading_events(arguments.events, arguments.memory_limit, progress))
        later = score_later(
            card,
            events,
            scratch=scratch,
            memory_limit=arguments.memory_limit,
            observed_until=arguments.observed_until,
            terms=terms_of(card, **consents_of(arguments)),
        )
        scored, origin = between(*later, arguments.start, arguments.until)
        found = monitor(card, scored, origin, worth_of(card, origin.matrix), limits, backtest=arguments.outcomes)
    return found, len(scored)
