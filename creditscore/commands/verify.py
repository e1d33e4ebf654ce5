"""`python -m creditscore verify`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from creditscore.commands.options import load_card, modules_argument

WHAT = "check a scorecard on this machine"
EXAMPLE = "verify runs/sample/sample.scorecard"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("--digest", help="the digest that it must have, as sha256:…")
    parser.add_argument("--public-key", type=Path, help="a PEM file: the scorecard must be signed by this key's owner")
    modules_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    from creditscore.scorecard.content import FORMAT
    from creditscore.scoring.conformance import replay

    card = load_card(arguments.card, arguments.modules, arguments.digest, arguments.public_key)
    print(f"model     {card.model_id}\ndigest    {card.digest}\nformat    {FORMAT}")
    print(f"signature {_signature(arguments)}")
    print(f"features  {len(card.features)}, trees {card.trees.n_trees}")
    for one in card.references:
        print(f"reference {one.id}: {one.rule}; {one.size:,}, mean {card.mean_points(one.id):.1f} points, {one.digest}")
    print("made on")
    print("\n".join(f"  {line}" for line in _lines(card.facts)))
    differences = replay(card)
    print("\n".join(differences) or f"passed    {len(card.vectors)} conformance vectors give the recorded scores here")
    return 1 if differences else 0


def _signature(arguments: argparse.Namespace) -> str:
    from creditscore.scorecard.file import is_signed

    if arguments.public_key is not None:
        return f"good, by the owner of {arguments.public_key}"
    return "present, not checked: give --public-key" if is_signed(arguments.card) else "none"


def _lines(facts: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Training facts, a line each; what lies deeper than the terminal is wide is cut."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}"
            yield from _lines(value, indent + "  ")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield f"{indent}{name}: {text}"[:200]
