"""`python -m creditscore lineage`."""

from __future__ import annotations

import argparse
from pathlib import Path

from creditscore.commands.options import load_card, modules_argument

WHAT = "say where each feature of a scorecard comes from"
EXAMPLE = "lineage runs/sample/sample.scorecard --out lineage.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument(
        "--form",
        choices=("csv", "json", "markdown", "impact"),
        help="csv where --out does not end in .json or .md; impact is the skeleton of an impact assessment",
    )
    parser.add_argument("--out", type=Path, help="where it goes; otherwise to the terminal")
    modules_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    from creditscore.atomic import write_whole
    from creditscore.validation.impact import impact_page
    from creditscore.validation.lineage import lineage_rows, to_csv, to_json, to_markdown

    card = load_card(arguments.card, arguments.modules)
    suffix = arguments.out.suffix if arguments.out else ""
    form = arguments.form or {".json": "json", ".md": "markdown"}.get(suffix, "csv")
    tables = {"csv": to_csv, "json": to_json, "markdown": to_markdown}
    text = impact_page(card) if form == "impact" else tables[form](lineage_rows(card))
    if arguments.out is None:
        print(text, end="")
        return
    write_whole(arguments.out, text.encode())
    print(f"{arguments.out}: {len(card.features)} features of {card.model_id}")
