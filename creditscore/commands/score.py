"""`python -m creditscore score`."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from creditscore.commands.inquiry import inquiry_arguments, inquiry_of
from creditscore.commands.options import (
    EVENTS_HELP,
    load_card,
    modules_argument,
    quiet_argument,
    read_events,
    shown_progress,
)
from creditscore.errors import InputError

AS_OF_HELP = (
    "score every borrower as of this time, with a zone, as 2026-01-31T00:00:00+08:00; otherwise every application in "
    "the events, as of its own"
)


WHAT = "score borrowers with a scorecard"
EXAMPLE = "score runs/sample/sample.scorecard configs/sample.yaml --out scores.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("events", type=Path, help=EVENTS_HELP)
    parser.add_argument("--as-of", type=_instant, help=AS_OF_HELP)
    parser.add_argument(
        "--reference",
        metavar="ID",
        help="the population that reasons compare with, as verify lists them; otherwise the scorecard's first",
    )
    parser.add_argument("--out", type=Path, required=True, help="where scores go: .parquet or .csv")
    modules_argument(parser)
    quiet_argument(parser)
    inquiry_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    from creditscore.scoring.score import score

    if not arguments.out.name.endswith((".parquet", ".csv")):
        raise InputError(f"--out {arguments.out}: expected a name that ends in .parquet or .csv")
    inquiry = inquiry_of(arguments)
    card = load_card(arguments.card, arguments.modules)
    with shown_progress("events", arguments.quiet) as progress:
        events = read_events(arguments.events, progress)
    applications = events.applications if arguments.as_of is None else _everyone(events, arguments.as_of)
    if applications is None:
        raise InputError(f"{arguments.events}: no applications; add an applications file, or give --as-of TIME")
    scores = score(card, events, applications=applications, reference=arguments.reference, ledger=inquiry)
    _write(scores, arguments.out)
    scored = pc.sum(scores["scorable"]).as_py() or 0
    print(
        f"{arguments.out}: {scores.num_rows:,} applications, {scores.num_rows - scored:,} not scorable, {card.model_id}"
    )


def _instant(text: str) -> dt.datetime:
    instant = dt.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError("a time without a zone; write it as 2026-01-31T00:00:00+08:00")
    return instant


def _everyone(events: Any, as_of: dt.datetime) -> pa.Table:
    """An application of every borrower at one time, named by the borrower."""
    borrowers = events.borrowers()
    return pa.table({"application_id": borrowers, "borrower_id": borrowers, "as_of": [as_of] * len(borrowers)})


def _write(scores: pa.Table, out: Path) -> None:
    """Write beside, then rename; in CSV a text that a spreadsheet would run as a formula gets a leading quote."""
    beside = out.with_name(f".{out.name}.part")
    if out.suffix == ".parquet":
        pyarrow.parquet.write_table(scores, beside)
    else:
        columns = [_harmless(column) if pa.types.is_string(column.type) else column for column in scores.columns]
        pyarrow.csv.write_csv(pa.table(columns, names=scores.column_names), beside)
    beside.replace(out)


def _harmless(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(texts, r"^([=+\-@\t\r])", r"'\1")
