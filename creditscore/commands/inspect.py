"""`python -m creditscore inspect`."""

from __future__ import annotations

import argparse

WHAT = "profile a platform's files, or a table of its database"
EXAMPLE = (
    "inspect data_samples/birch_instalments.csv.gz\n"
    "  python -m creditscore inspect postgresql://agency@host/platform --table shop.orders"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", help="a Parquet or CSV file, a folder of them, a pattern, an object store's URL, or "
                        "with --table a database (postgresql://user@host/db, a DuckDB file); all of it is read, "
                        "and a draft of the config's mapping is printed below what the columns hold")  # fmt: skip
    parser.add_argument("--table", help="a table or view of the database, as schema.name")


def run(arguments: argparse.Namespace) -> None:
    from creditscore.events.databases import DatabaseTable
    from creditscore.events.inspect import inspect

    print(inspect(DatabaseTable(arguments.files, arguments.table) if arguments.table else arguments.files))
