"""`python -m creditscore sign`."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from creditscore.errors import InputError

WHAT = "sign a scorecard with an Ed25519 key"
EXAMPLE = "sign runs/sample/sample.scorecard --key private.pem"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file; it is written again, with the signature in it")
    parser.add_argument(
        "--key", type=Path, required=True, help="the private key, as openssl genpkey -algorithm ed25519 makes it"
    )


def run(arguments: argparse.Namespace) -> None:
    from creditscore.scorecard.file import sign

    key = _read(arguments.key)
    password = getpass.getpass(f"password of {arguments.key}: ").encode() if _asks(key) else None
    print(f"signed    {sign(arguments.card, key, password)}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"--key {path}: cannot be read ({error.strerror})") from None


def _asks(key: bytes) -> bool:
    """Whether a password is to be asked for: only where somebody can answer."""
    return b"ENCRYPTED" in key and sys.stdin.isatty()
