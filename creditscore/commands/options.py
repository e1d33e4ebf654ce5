"""What several commands take: events, scorecards, modules, progress."""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from creditscore.errors import InputError
from creditscore.events.address import is_url
from creditscore.extras import require_train
from creditscore.terminal import progress_line

SUFFIXES = (".parquet", ".csv", ".csv.gz")
# how many times as large as on disk events may be in memory
_EXPANDS = 16
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


def add_command(commands: Any, name: str, command: Any, within: str = "") -> argparse.ArgumentParser:
    """A subcommand's parser, without arguments yet; `within` is the command that it belongs to, with a space."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=command.WHAT,
        description=f"{command.WHAT[0].upper()}{command.WHAT[1:]}.",
        epilog=f"example:\n  python -m creditscore {within}{command.EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def memory_limit_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--memory-limit",
        metavar="SIZE",
        help="as 4GiB: events go through a temporary store and features into a file, within about so much memory",
    )


def observed_until_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--observed-until",
        metavar="DAY",
        help="until when obligations are complete, as 2026-01-31, where the scorecard's outcomes are made of them",
    )


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


def consents_argument(parser: argparse.ArgumentParser) -> None:
    """Consent records."""
    parser.add_argument(
        "--consents",
        type=Path,
        metavar="FILE",
        help="consent records (.parquet, .csv or .csv.gz) with borrower_id, purpose, family, recipient, given_at and, "
        "where there are any, consent_id, separate, written, expires_at, withdrawn_at; what they do not allow is "
        "withheld; otherwise those of the config, where the events are one",
    )


def terms_arguments(parser: argparse.ArgumentParser) -> None:
    """For whom and for what consents must be given, where no ledger's arguments say so."""
    parser.add_argument("--purpose", help="the purpose that consents must name; otherwise the scorecard's")
    parser.add_argument("--recipient", help="the recipient that consents must name: who is to be told the scores")


def consents_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Consents, purpose and recipient, as `score` takes them."""
    from creditscore.governance.consent import load_consents

    given: Any = None
    if arguments.consents is not None:
        given = load_consents(arguments.consents)
    elif is_config(arguments.events):
        given = _consents_in(arguments.events)
    return {"consents": given, "purpose": arguments.purpose, "recipient": arguments.recipient}


def path_or_url(text: str) -> Path | str:
    """A path of this machine, or a URL as it is."""
    return text if is_url(text) else Path(text)


def is_config(path: Path) -> bool:
    """Whether events are named by a config, which may name consent records too."""
    return path.suffix in (".yaml", ".yml")


def _consents_in(path: Path) -> Any:
    """The consent records that a config names; None where it names none."""
    require_train("a config")
    from creditscore.config import load_config
    from creditscore.training.sources import read_consents

    return read_consents(load_config(path), path)


def shown_progress(what: str, quiet: bool) -> AbstractContextManager[Any]:
    return nullcontext() if quiet else progress_line(what)


def read_events(path: Path, progress: Any) -> Any:
    """Events from a folder in the contract's own names, a store, or as a config maps them."""
    from creditscore.events.load import load_events
    from creditscore.events.store import is_store, open_store

    return open_store(path) if is_store(path) else load_events(**sources_in(path), progress=progress)


@contextmanager
def reading_events(path: Path, memory_limit: str | None, progress: Any) -> Iterator[Any]:
    """The events in memory; from a store, or from a temporary one within a limit, where there are many."""
    if memory_limit is None:
        yield read_events(path, progress)
        return
    from creditscore.events.store import is_store, open_store
    from creditscore.events.storing import temporary_store

    if is_store(path):
        yield open_store(path)
    else:
        with temporary_store(**sources_in(path), progress=progress) as store:
            yield store


def limit_for(path: Path) -> str | None:
    """A memory limit where the files of a folder are so large that their events might not fit in memory."""
    size = sum(file.stat().st_size for file in path.glob("*") if file.name.endswith(SUFFIXES)) if path.is_dir() else 0
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else size
    return f"{memory // 2}B" if size > memory // _EXPANDS else None


def sources_in(path: Path) -> dict[str, Any]:
    """What a folder or a config holds, as load_events takes it."""
    from creditscore.events.schema import CONTRACT

    if is_config(path):
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
