"""`python -m creditscore ledger statement`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from creditscore.commands.ledger.options import day

WHAT = "total scores and fees, by recipient and by platform"
EXAMPLE = "statement ledger.db --from 2026-01-01 --until 2026-02-01"
OVERLAP = "a score that several platforms fed is in the line of each, with its whole fee"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", type=day, metavar="DAY", help="from this day on, as 2026-01-31 (UTC)")
    parser.add_argument("--until", type=day, metavar="DAY", help="before this day")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> None:
    from creditscore.ledger import open_ledger, statement

    found = statement(open_ledger(arguments.ledger), arguments.start, arguments.until)
    if arguments.json:
        told = {name: [_plain(line) for line in lines] for name, lines in found._asdict().items()}
        print(json.dumps({**told, "note": OVERLAP}, ensure_ascii=False, indent=1))
        return
    print("\n".join(_table("recipient", found.recipients)))
    print("\n".join(["", *_table("platform", found.platforms), OVERLAP]))


def _plain(line: Any) -> dict[str, Any]:
    from creditscore.ledger.inquiry import in_units

    return {name: value for name, value in line._asdict().items() if value != ""} | {"fees": in_units(line.fees)}


def _table(title: str, lines: Iterable[Any]) -> Iterator[str]:
    from creditscore.ledger.inquiry import in_units

    rows = [(line.name, line.purpose, f"{line.scores:,}", f"{in_units(line.fees)} {line.currency}") for line in lines]
    yield from _aligned([(title, "purpose" if title == "recipient" else "", "scores", "fees"), *rows])


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, second, *numbers = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        yield "  ".join([first, second, *(text.strip().rjust(len(text)) for text in numbers)]).rstrip()
