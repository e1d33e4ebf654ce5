"""`python -m creditscore ledger`: what can be done with a ledger, a sub-command a file."""

from __future__ import annotations

import argparse

from creditscore.commands.ledger import create, erase, head, review, statement, subject, verify
from creditscore.commands.options import add_command

WHAT = "make, verify and read a ledger of who was told what"
EXAMPLE = "ledger verify ledger.db --head heads.jsonl"

COMMANDS = {
    "create": create,
    "head": head,
    "verify": verify,
    "statement": statement,
    "subject": subject,
    "review": review,
    "erase": erase,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="WHAT")
    for name, command in COMMANDS.items():
        own = add_command(commands, name, command, "ledger ")
        own.add_argument("ledger", help="a ledger's file, or a postgresql:// URL (its password in PGPASSWORD)")
        command.add_arguments(own)
        own.set_defaults(do=command.run)


def run(arguments: argparse.Namespace) -> int:
    return int(arguments.do(arguments) or 0)
