"""`python -m creditscore inspect`."""

from __future__ import annotations

import argparse

WHAT = "profile a platform's files"
EXAMPLE = "inspect data_samples/birch_instalments.csv.gz"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", help="a Parquet or CSV file, a folder of them, or a pattern; a draft of the config's "
                        "mapping is printed below what their columns hold")  # fmt: skip


def run(arguments: argparse.Namespace) -> None:
    from creditscore.events.inspect import inspect

    print(inspect(arguments.files))
