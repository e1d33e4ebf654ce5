"""What several commands take: events, scorecards, modules, progress."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from creditscore.errors import InputError
from creditscore.extras import require_train
from creditscore.terminal import progress_line

SUFFIXES = (".parquet", ".csv", ".csv.gz")
EVENTS_HELP = (
    "a folder of transactions, trips, obligations and applications (.parquet, .csv or .csv.gz) in the contract's "
    "columns, a store, or a config that maps them"
)


def modules_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--modules", nargs="+", default=[], metavar="MODULE", help="modules whose feature functions the scorecard uses"
    )


def quiet_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="show no progress; without a terminal none is shown")


def load_card(path: Path, modules: Sequence[str], digest: str | None = None, public_key: Path | None = None) -> Any:
    """The scorecard, after importing the modules that the user names: loading itself imports none."""
    from creditscore.scorecard import load

    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise InputError(
                f"--modules {module}: cannot be imported ({error}); install it, or run beside it"
            ) from None
    return load(path, digest=digest, public_key=public_key)


def shown_progress(what: str, quiet: bool) -> AbstractContextManager[Any]:
    return nullcontext() if quiet else progress_line(what)


def read_events(path: Path, progress: Any) -> Any:
    """Events from a folder in the contract's own names, a store, or as a config maps them."""
    from creditscore.events.load import load_events
    from creditscore.events.store import is_store, open_store

    return open_store(path) if is_store(path) else load_events(**sources_in(path), progress=progress)


def sources_in(path: Path) -> dict[str, Any]:
    """What a folder or a config holds, as load_events takes it."""
    from creditscore.events.schema import CONTRACT

    if path.suffix in (".yaml", ".yml"):
        require_train("a config")
        from creditscore.config import load_config
        from creditscore.training import sources_of

        return sources_of(load_config(path), path)
    named = {name: path / f"{name}{suffix}" for name in CONTRACT for suffix in SUFFIXES}
    found: dict[str, Any] = {
        name: file for name in CONTRACT for suffix in SUFFIXES if (file := path / f"{name}{suffix}").exists()
    }
    if not found:
        raise InputError(f"{path}: expected a folder with {', '.join(sorted(named))} as .parquet, .csv or .csv.gz")
    return found
