"""`python -m creditscore ledger head`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from creditscore.commands.ledger.options import HEAD_KEY
from creditscore.errors import InputError

WHAT = "print how many entries there are and the last one's hash, to be kept elsewhere"
EXAMPLE = "head ledger.db --out /elsewhere/heads.jsonl --key-file head.key"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="FILE", help="add it to this file too, a line each")
    parser.add_argument(
        "--key-file", type=Path, metavar="FILE", help=f"sign it by HMAC with this key; otherwise {HEAD_KEY}, where set"
    )
    parser.add_argument("--private-key", type=Path, metavar="PEM", help="sign it by Ed25519 with this private key")


def run(arguments: argparse.Namespace) -> None:
    from creditscore.governance.secrets import secret_from_environment, secret_from_file
    from creditscore.ledger import head_of, open_ledger
    from creditscore.ledger.heads import with_hmac, with_signature

    head = head_of(open_ledger(arguments.ledger))
    if arguments.key_file or HEAD_KEY in os.environ:
        key = secret_from_file(arguments.key_file) if arguments.key_file else secret_from_environment(HEAD_KEY)
        head = with_hmac(head, key)
    if arguments.private_key:
        head = with_signature(head, arguments.private_key)
    if arguments.out:
        _add(arguments.out, head.to_json())
    print(head.to_json())


def _add(path: Path, line: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
    except OSError as error:
        raise InputError(f"--out {path}: cannot be written ({error.strerror})") from None
