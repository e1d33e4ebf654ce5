"""`python -m creditscore warm`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from creditscore.commands.options import load_card, modules_argument

WHAT = "fill a cache of compiled code"
EXAMPLE = "warm /opt/creditscore --cards runs/sample/sample.scorecard"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="where compiled code goes, as in a container's image")
    parser.add_argument("--cards", type=Path, nargs="+", default=[], metavar="CARD", help="scorecards to run as well")
    modules_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    os.environ["NUMBA_CACHE_DIR"] = str(arguments.folder.resolve())
    from creditscore.warm import warm

    arguments.folder.mkdir(parents=True, exist_ok=True)
    warmed = warm(tuple(load_card(path, arguments.modules) for path in arguments.cards))
    for name, seconds in warmed.seconds.items():
        print(f"{name:<24} {seconds:8.1f} s")
    sizes = [path.stat().st_size for path in arguments.folder.rglob("*.nb[ic]")]
    print(f"{len(sizes)} files, {sum(sizes) / 2**20:.1f} MiB; set for whoever may write there:")
    print(f"NUMBA_CACHE_DIR={arguments.folder.resolve()}")
