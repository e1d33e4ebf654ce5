"""`python -m creditscore ledger verify`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from creditscore.commands.ledger.options import HEAD_KEY

WHAT = "check that every entry is as it was written; exit status 1 where one is not"
EXAMPLE = "verify ledger.db --head heads.jsonl --key-file head.key"
WITHOUT_HEAD = (
    "without a head that was kept elsewhere, a cut end and a chain made anew do not show; write one: ledger head"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--head", type=Path, metavar="FILE", help="heads that were kept elsewhere, one a line")
    parser.add_argument(
        "--key-file", type=Path, metavar="FILE", help=f"the key of the heads' HMAC; otherwise {HEAD_KEY}, where set"
    )
    parser.add_argument("--public-key", type=Path, metavar="PEM", help="the key of the heads' Ed25519 signatures")


def run(arguments: argparse.Namespace) -> int:
    from creditscore.ledger import open_ledger, read_heads, verify

    heads = read_heads(arguments.head) if arguments.head else []
    found = verify(open_ledger(arguments.ledger), heads, list(_checks(arguments)) if heads else [])
    if not found.sound:
        print(f"FAILED    {f'entry {found.bad}: ' if found.bad else ''}{found.why}")
        return 1
    print(f"verified  {found.entries:,} entries, {found.erased:,} of them erased, {found.heads} heads agree")
    if not heads:
        print(f"note      {WITHOUT_HEAD}")
    return 0


def _checks(arguments: argparse.Namespace) -> Iterator[Any]:
    from creditscore.governance.secrets import secret_from_environment, secret_from_file
    from creditscore.ledger.heads import has_hmac, has_signature

    if arguments.key_file or HEAD_KEY in os.environ:
        yield has_hmac(
            secret_from_file(arguments.key_file) if arguments.key_file else secret_from_environment(HEAD_KEY)
        )
    if arguments.public_key:
        yield has_signature(arguments.public_key)
