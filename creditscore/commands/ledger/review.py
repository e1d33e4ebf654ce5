"""`python -m creditscore ledger review`."""

from __future__ import annotations

import argparse

WHAT = "put on record that somebody reviewed a score, or decided otherwise"
EXAMPLE = 'review ledger.db --entry 17 --by "Li Wei" --why "the instalment was paid" --old declined --new approved'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--entry", type=int, required=True, metavar="N", help="the entry of the score, by its number")
    parser.add_argument("--by", required=True, metavar="NAME", help="who reviewed it")
    parser.add_argument("--why", required=True, metavar="TEXT", help="the reason for the decision")
    parser.add_argument("--old", required=True, metavar="TEXT", help="the decision before")
    parser.add_argument("--new", required=True, metavar="TEXT", help="the decision now, which may be the same")


def run(arguments: argparse.Namespace) -> None:
    from creditscore.ledger import open_ledger, review

    given = {name: getattr(arguments, name) for name in ("by", "why", "old", "new")}
    made = review(open_ledger(arguments.ledger), arguments.entry, **given)
    print(f"entry {made}: review of entry {arguments.entry} by {arguments.by}")
