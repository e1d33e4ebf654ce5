"""`python -m creditscore score`."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from creditscore.commands.inquiry import inquiry_arguments, inquiry_of
from creditscore.commands.options import (
    EVENTS_HELP,
    consents_argument,
    consents_of,
    limit_for,
    load_card,
    memory_limit_argument,
    modules_argument,
    path_or_url,
    quiet_argument,
    reading_events,
    shown_progress,
)
from creditscore.commands.score_on_spark import check_here, score_on_spark, spark_arguments
from creditscore.commands.scores_file import check_name, scores_file
from creditscore.errors import InputError
from creditscore.events.progress import Counted

AS_OF_HELP = (
    "score every borrower as of this time, with a zone, as 2026-01-31T00:00:00+08:00; otherwise every application in "
    "the events, as of its own"
)


# Numbers of applications, and their scores.
Block = tuple[Any, pa.Table]

WHAT = "score borrowers with a scorecard"
EXAMPLE = "score runs/sample/sample.scorecard configs/sample.yaml --out scores.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("events", type=path_or_url, help=EVENTS_HELP)
    parser.add_argument("--as-of", type=_instant, help=AS_OF_HELP)
    parser.add_argument(
        "--reference",
        metavar="ID",
        help="the population that reasons compare with, as verify lists them; otherwise the scorecard's first",
    )
    consents_argument(parser)
    parser.add_argument(
        "--out",
        type=path_or_url,
        required=True,
        help="where scores go: .parquet or .csv, in the applications' order; by Spark a new folder of Parquet",
    )
    memory_limit_argument(parser)
    modules_argument(parser)
    quiet_argument(parser)
    inquiry_arguments(parser)
    spark_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    if arguments.engine == "spark":
        score_on_spark(arguments)
        return
    check_here(arguments)
    from creditscore.scoring.consent import terms_of
    from creditscore.scoring.score import in_order, score_blocks

    check_name(arguments.out)
    inquiry = inquiry_of(arguments)
    card = load_card(arguments.card, arguments.modules)
    limit = arguments.memory_limit or limit_for(arguments.events)
    with (
        shown_progress("events", arguments.quiet) as progress,
        reading_events(arguments.events, limit, progress) as read,
    ):
        applications = read.applications if arguments.as_of is None else _everyone(read, arguments.as_of)
        if applications is None:
            raise InputError(f"{arguments.events}: no applications; add an applications file, or give --as-of TIME")
        terms = terms_of(card, **consents_of(arguments), inquiry=inquiry)
        blocks = score_blocks(card, read, applications, reference=arguments.reference, terms=terms, ledger=inquiry)
        with scores_file(arguments.out) as write, shown_progress("scores", arguments.quiet) as progress:
            scores = in_order(_counted(blocks, applications.num_rows, progress))
            write(scores)
    rows, scorable = scores.num_rows, pc.sum(scores["scorable"]).as_py() or 0
    print(f"{arguments.out}: {rows:,} applications, {rows - scorable:,} not scorable, {card.model_id}")


def _counted(blocks: Iterable[Block], rows: int, progress: Any) -> Iterator[Block]:
    """The blocks as they come, told to `progress`."""
    done = Counted(progress, rows)
    for own, scores in blocks:
        done.add(scores.num_rows)
        yield own, scores


def _instant(text: str) -> dt.datetime:
    instant = dt.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError("a time without a zone; write it as 2026-01-31T00:00:00+08:00")
    return instant


def _everyone(events: Any, as_of: dt.datetime) -> pa.Table:
    """An application of every borrower at one time, named by the borrower."""
    borrowers = events.borrowers()
    return pa.table({"application_id": borrowers, "borrower_id": borrowers, "as_of": [as_of] * len(borrowers)})
