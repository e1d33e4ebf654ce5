"""`python -m creditscore ledger create`."""

from __future__ import annotations

import argparse

WHAT = "make a new, empty ledger"
EXAMPLE = 'create ledger.db --keeper "Example Agency"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keeper", required=True, metavar="NAME", help="the party that discloses, as it stays: part of every pseudonym"
    )


def run(arguments: argparse.Namespace) -> None:
    from creditscore.ledger import create_ledger

    made = create_ledger(arguments.ledger, keeper=arguments.keeper)
    print(f"{arguments.ledger}: a new ledger, {made.id}, kept by {made.keeper}")
