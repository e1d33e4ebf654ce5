"""`python -m creditscore ledger erase`."""

from __future__ import annotations

import argparse

from creditscore.commands.ledger.options import borrower_arguments, borrower_of, secrets_of

WHAT = "erase what the ledger says of one person; the chain and the accounts stay"
EXAMPLE = 'erase ledger.db --borrower - --by "Wang Fang" --why "asked for by the person"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    borrower_arguments(parser)
    parser.add_argument("--by", required=True, metavar="NAME", help="who erases it; recorded")
    parser.add_argument("--why", required=True, metavar="TEXT", help="on which ground; recorded")


def run(arguments: argparse.Namespace) -> None:
    from creditscore.ledger import erase, open_ledger

    borrower, secrets = borrower_of(arguments.borrower), secrets_of(arguments.key_file)
    erased = erase(open_ledger(arguments.ledger), borrower, secrets, by=arguments.by, why=arguments.why)
    print(f"{len(erased)} entries erased{': ' if erased else ''}{', '.join(map(str, erased))}")
