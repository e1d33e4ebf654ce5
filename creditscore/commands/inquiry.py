"""Who asks, for what, and the ledger that it goes into, as commands take them."""

from __future__ import annotations

import argparse
from typing import Any

from creditscore.commands.ledger.options import key_argument, secrets_of
from creditscore.commands.options import is_config
from creditscore.errors import InputError

_NEEDED = ("recipient", "purpose")
WITH_LEDGER = (*_NEEDED, "fee", "currency", "consent", "key_file")


def inquiry_arguments(parser: argparse.ArgumentParser) -> None:
    told = "where --ledger is given, no score is written before it is recorded; consents name recipient and purpose too"
    group = parser.add_argument_group("on record", told)
    group.add_argument("--ledger", metavar="WHERE", help="the ledger that records them: a file, or a postgresql:// URL")
    group.add_argument("--recipient", metavar="NAME", help="who is told the scores")
    group.add_argument("--purpose", metavar="TEXT", help="what they are asked for")
    group.add_argument("--fee", metavar="SUM", help="what one score costs, as 0.35; none if not given")
    group.add_argument("--currency", metavar="CODE", help="of the fee, as CNY")
    group.add_argument("--consent", metavar="ID", help="the consent under which they are told")
    key_argument(group)


def inquiry_of(arguments: argparse.Namespace) -> Any:
    """The inquiry, or None where no ledger is given. Raises InputError where some of it is missing."""
    given = [name for name in WITH_LEDGER if getattr(arguments, name)]
    if not arguments.ledger:
        if arguments.consents is not None or is_config(arguments.events):
            given = [name for name in given if name not in _NEEDED]
        if given:
            raise InputError(f"--{given[0].replace('_', '-')}: without --ledger nothing is recorded; give both or none")
        return None
    if missing := [name for name in _NEEDED if name not in given]:
        raise InputError(f"give --{missing[0]}: a ledger records who is told, and for what")
    from creditscore.ledger import Inquiry, open_ledger

    if len(arguments.key_file) > 1:
        raise InputError("--key-file: scores are told under one key; give the newest alone")
    return Inquiry(
        open_ledger(arguments.ledger),
        arguments.recipient,
        arguments.purpose,
        secrets_of(arguments.key_file)[0],
        fee=arguments.fee or 0,
        currency=arguments.currency or "",
        consent=arguments.consent,
    )
