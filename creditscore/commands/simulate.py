"""`python -m creditscore simulate`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

WHAT = "make a market, simulated"
EXAMPLE = "simulate market --borrowers 10000 --seed 7"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="where the files go")
    parser.add_argument("--borrowers", type=int, default=3_000, help="how many (default 3000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same files (default 1)")


def run(arguments: argparse.Namespace) -> None:
    from creditscore.events.simulate import simulate

    market = simulate(arguments.folder, borrowers=arguments.borrowers, seed=arguments.seed, progress=_bar)
    print(file=sys.stderr)
    for name, rows in market.rows.items():
        print(f"{name:<28} {rows:>12,} rows")
    print(f"bad rate {market.bad_rate:.2%}, best possible AUC {market.best_possible_auc:.4f} (simulated, not real)")


def _bar(done: int, total: int) -> None:
    print(f"\r{done:,} of {total:,} borrowers", end="", file=sys.stderr, flush=True)
