"""`python -m creditscore store`."""

from __future__ import annotations

import argparse
from pathlib import Path

from creditscore.commands.options import EVENTS_HELP, quiet_argument, shown_progress, sources_in

WHAT = "keep events on disk by borrower"
EXAMPLE = "store configs/sample.yaml runs/sample/events"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("events", type=Path, help=EVENTS_HELP)
    parser.add_argument("folder", type=Path, help="where the store goes; where one is, the events are added to it")
    parser.add_argument("--quarantine-limit", type=float, help="the share of rows that may be bad (default 0.01)")
    quiet_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    from creditscore.events.storing import store_events

    sources = sources_in(arguments.events)
    if arguments.quarantine_limit is not None:
        sources["quarantine_limit"] = arguments.quarantine_limit
    with shown_progress("events", arguments.quiet) as progress:
        store = store_events(arguments.folder, **sources, progress=progress)
    for name, rows in store.rows.items():
        print(f"{name:<14} {rows:>14,} rows")
    print(f"{len(store.quarantine):,} rows quarantined, {len(store.facts.parts)} times added to")
