"""`python -m creditscore verify`."""

from __future__ import annotations

import argparse
from pathlib import Path

from creditscore.commands.options import load_card, modules_argument

WHAT = "check a scorecard on this machine"
EXAMPLE = "verify runs/sample/sample.scorecard"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("--digest", help="the digest that it must have, as sha256:…")
    modules_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    from creditscore.scoring.conformance import replay

    card = load_card(arguments.card, arguments.modules, arguments.digest)
    print(f"model     {card.model_id}\ndigest    {card.digest}")
    print(f"features  {len(card.features)}, trees {card.trees.n_trees}")
    for one in card.references:
        print(f"reference {one.id}: {one.rule}; {one.size:,}, mean {card.mean_points(one.id):.1f} points, {one.digest}")
    print(f"made on   {card.facts['population']}")
    differences = replay(card)
    print("\n".join(differences) or f"passed    {len(card.vectors)} conformance vectors give the recorded scores here")
    return 1 if differences else 0
