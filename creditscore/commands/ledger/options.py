"""What several commands of a ledger take: keys, whom it is about, periods."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from creditscore.errors import InputError
from creditscore.governance.secrets import Secret, secret_from_environment, secret_from_file

PSEUDONYM_KEY, HEAD_KEY = "CREDITSCORE_PSEUDONYM_KEY", "CREDITSCORE_HEAD_KEY"


def key_argument(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--key-file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=f"the key of pseudonyms, in a file that its owner alone may read; otherwise {PSEUDONYM_KEY}; give it "
        "again for each older key",
    )


def borrower_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--borrower", required=True, metavar="ID", help="whom it is about; - reads the id from stdin")
    key_argument(parser)


def secrets_of(files: Sequence[Path]) -> list[Secret]:
    """The keys of pseudonyms: those in files, else the environment's."""
    return [secret_from_file(path) for path in files] or [secret_from_environment(PSEUDONYM_KEY)]


def borrower_of(text: str) -> str:
    """The id given, or the first line of stdin, where no list of processes shows it."""
    found = sys.stdin.readline().strip() if text == "-" else text
    if not found:
        raise InputError("--borrower: expected an id, got nothing")
    return found


def day(text: str) -> int:
    """A day, or a time with a zone, as UTC microseconds."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("expected a day as 2026-01-31 (UTC), or a time with a zone") from None
    found = found.replace(tzinfo=dt.UTC) if len(text) == len("2026-01-31") else found
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError("a time without a zone; write it as 2026-01-31T00:00:00+08:00")
    return round(found.timestamp() * 1e6)


def shown_time(at: int) -> str:
    """UTC microseconds as ISO, to the second.

    >>> shown_time(1_700_000_000_000_000)
    '2023-11-14T22:13:20+00:00'
    """
    return dt.datetime.fromtimestamp(at / 1e6, dt.UTC).isoformat(timespec="seconds")
