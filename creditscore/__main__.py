"""python -m creditscore: the front door of the commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from creditscore import train
from creditscore.commands import (
    features,
    inspect,
    ledger,
    lineage,
    monitor,
    neutrality,
    promote,
    recalibrate,
    report,
    score,
    sign,
    simulate,
    store,
    verify,
    warm,
)
from creditscore.commands.options import add_command
from creditscore.errors import CreditScoreError

COMMANDS = {
    "train": train,
    "score": score,
    "features": features,
    "inspect": inspect,
    "simulate": simulate,
    "store": store,
    "warm": warm,
    "sign": sign,
    "verify": verify,
    "lineage": lineage,
    "recalibrate": recalibrate,
    "report": report,
    "monitor": monitor,
    "neutrality": neutrality,
    "promote": promote,
    "ledger": ledger,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0; 1 where a check did not pass; 2 with one line that says what is wrong and what to do."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except CreditScoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # whoever read our output has read enough, as with | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m creditscore",
        description="Creditworthiness scores with reasons, from the histories that internet platforms hold.",
        epilog="First steps: python -m creditscore train configs/sample.yaml",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        own = add_command(commands, name, command)
        command.add_arguments(own)
        own.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
