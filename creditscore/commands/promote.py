"""`python -m creditscore promote`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from creditscore.errors import InputError
from creditscore.extras import require_train

WHAT = "make a registered version challenger or champion, or show who did"
EXAMPLE = (
    "promote sqlite:///runs/sample/mlflow.db sample --version 1 --to champion \\\n"
    '    --approver "Name" --report runs/sample/report.html'
)
HISTORY_HELP = "show who made which version what, and when; exit status 1 where an alias was moved past this command"
_NEEDED = ("version", "to", "approver", "report")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "store", help="where MLflow keeps the models: sqlite:///path/to/mlflow.db, or a server's address"
    )
    parser.add_argument("name", help="the registered model, by the name of its config")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--version", metavar="N", help="the version to promote")
    which.add_argument(
        "--alias", dest="version", metavar="ALIAS", help="the version to promote, by its alias: candidate, challenger"
    )
    which.add_argument("--history", action="store_true", help=HISTORY_HELP)
    parser.add_argument("--to", choices=("challenger", "champion"), help="what the version becomes")
    parser.add_argument("--approver", metavar="NAME", help="who approves it; recorded")
    parser.add_argument("--report", type=Path, metavar="FILE", help="the version's own report.html, as approved")
    parser.add_argument("--note", default="", metavar="TEXT", help="a line to record with it")


def run(arguments: argparse.Namespace) -> int:
    require_train("the registry")
    if arguments.history:
        return _show(arguments.store, arguments.name)
    missing = [name for name in _NEEDED if not getattr(arguments, name)]
    if missing:
        raise InputError(f"give --{missing[0]}; a promotion needs --{', --'.join(_NEEDED)}; or give --history alone")
    from creditscore.registry import promote

    entry = promote(
        arguments.store, arguments.name, arguments.version, arguments.to,
        approver=arguments.approver, report=arguments.report, note=arguments.note,
    )  # fmt: skip
    print("\n".join(_lines(entry)))
    return 0


def _show(store: str, name: str) -> int:
    """The history, oldest first, then who has which alias today, and what of that is on nobody's record."""
    from creditscore.registry import history

    past = history(store, name)
    for entry in past.promotions:
        print("\n".join(_lines(entry)))
        if entry.finished and entry.alias == "champion":
            print(f"    champion   until {past.until(entry) or 'today'}")
    for alias, version in sorted(past.holders.items()):
        print(f"{alias:<14} version {version}")
    astray = past.unrecorded()
    for alias in astray:
        print(f"not recorded   {alias} was given or taken away without this command; promote the right version again")
    return 1 if astray else 0


def _lines(entry: Any) -> Iterator[str]:
    """An entry in words."""
    instead = f", in place of version {entry.replaced}" if entry.replaced else ""
    broken = "" if entry.finished else " (not finished)"
    yield f"{entry.at}  {entry.model} version {entry.version} to {entry.alias}{instead}{broken}"
    yield f"    approver   {entry.approver}"
    yield f"    report     sha256:{entry.report_sha256}"
    yield f"    scorecard  {entry.scorecard_digest}"
    if entry.note:
        yield f"    note       {entry.note}"
