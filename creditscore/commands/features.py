"""`python -m creditscore features`."""

from __future__ import annotations

import argparse
import json

WHAT = "describe the catalogue's features"
EXAMPLE = "features late payment"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", help="show only features with all these words in name, family or text")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON, with formulas")
    form.add_argument(
        "--markdown", action="store_true", help="the whole catalogue as a page, as docs/features.md is made"
    )


def run(arguments: argparse.Namespace) -> None:
    from creditscore.features.catalogue import FAMILIES
    from creditscore.features.describe import data, line, matching, page

    if arguments.markdown:
        print(page(FAMILIES), end="")
        return
    found = matching(FAMILIES, arguments.words)
    if arguments.json:
        print(json.dumps([data(*one) for one in found], ensure_ascii=False, indent=1))
        return
    for one in found:
        print(line(*one))
    print(f"{len(found)} of {len(matching(FAMILIES, []))} features")
