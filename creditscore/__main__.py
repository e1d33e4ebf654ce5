"""python -m creditscore: the front door of the commands."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from creditscore import train
from creditscore.errors import CreditScoreError, InputError
from creditscore.extras import require_train
from creditscore.terminal import progress_line

TRAIN_EXAMPLE = "train configs/sample.yaml"
SCORE_EXAMPLE = "score runs/sample/sample.scorecard configs/sample.yaml --out scores.parquet"
FEATURES_EXAMPLE = "features late payment"
INSPECT_EXAMPLE = "inspect data_samples/birch_instalments.csv.gz"
SIMULATE_EXAMPLE = "simulate market --borrowers 10000 --seed 7"
VERIFY_EXAMPLE = "verify runs/sample/sample.scorecard"
STORE_EXAMPLE = "store configs/sample.yaml runs/sample/events"
WARM_EXAMPLE = "warm /opt/creditscore --cards runs/sample/sample.scorecard"
SUFFIXES = (".parquet", ".csv", ".csv.gz")
EVENTS_HELP = (
    "a folder of transactions, trips, obligations and applications (.parquet, .csv or .csv.gz) in the contract's "
    "columns, a store, or a config that maps them"
)
AS_OF_HELP = (
    "score every borrower as of this time, with a zone, as 2026-01-31T00:00:00+08:00; otherwise every application in "
    "the events, as of its own"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0; 1 where a check did not pass; 2 with one line that says what is wrong and what to do."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except CreditScoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # whoever read our output has read enough, as with | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m creditscore",
        description="Creditworthiness scores with reasons, from the histories that internet platforms hold.",
        epilog="First steps: python -m creditscore train configs/sample.yaml",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "train", train.run, train.add_arguments, "train a scorecard as a config says", TRAIN_EXAMPLE)
    _command(commands, "score", _score, _score_arguments, "score borrowers with a scorecard", SCORE_EXAMPLE)
    _command(
        commands, "features", _features, _features_arguments, "describe the catalogue's features", FEATURES_EXAMPLE
    )
    _command(commands, "inspect", _inspect, _inspect_arguments, "profile a platform's files", INSPECT_EXAMPLE)
    _command(commands, "simulate", _simulate, _simulate_arguments, "make a market, simulated", SIMULATE_EXAMPLE)
    _command(commands, "store", _store, _store_arguments, "keep events on disk by borrower", STORE_EXAMPLE)
    _command(commands, "warm", _warm, _warm_arguments, "fill a cache of compiled code", WARM_EXAMPLE)
    _command(commands, "verify", _verify, _verify_arguments, "check a scorecard on this machine", VERIFY_EXAMPLE)
    return parser


def _command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    add_arguments: Callable[[argparse.ArgumentParser], None],
    what: str,
    example: str,
) -> None:
    parser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example:\n  python -m creditscore {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def _score_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("events", type=Path, help=EVENTS_HELP)
    parser.add_argument("--as-of", type=_instant, help=AS_OF_HELP)
    parser.add_argument("--out", type=Path, required=True, help="where scores go: .parquet or .csv")
    _modules_argument(parser)
    _quiet_argument(parser)


def _quiet_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="show no progress; without a terminal none is shown")


def _store_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("events", type=Path, help=EVENTS_HELP)
    parser.add_argument("folder", type=Path, help="where the store goes; where one is, the events are added to it")
    parser.add_argument("--quarantine-limit", type=float, help="the share of rows that may be bad (default 0.01)")
    _quiet_argument(parser)


def _warm_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="where compiled code goes, as in a container's image")
    parser.add_argument("--cards", type=Path, nargs="+", default=[], metavar="CARD", help="scorecards to run as well")
    _modules_argument(parser)


def _modules_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--modules", nargs="+", default=[], metavar="MODULE", help="modules whose feature functions the scorecard uses"
    )


def _features_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", help="show only features with all these words in name, family or text")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON, with formulas")
    form.add_argument(
        "--markdown", action="store_true", help="the whole catalogue as a page, as docs/features.md is made"
    )


def _inspect_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", help="a Parquet or CSV file, a folder of them, or a pattern; a draft of the config's "
                        "mapping is printed below what their columns hold")  # fmt: skip


def _simulate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="where the files go")
    parser.add_argument("--borrowers", type=int, default=3_000, help="how many (default 3000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same files (default 1)")


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("card", type=Path, help="a .scorecard file")
    parser.add_argument("--digest", help="the digest that it must have, as sha256:…")
    _modules_argument(parser)


def _score(arguments: argparse.Namespace) -> None:
    from creditscore.scoring.score import score

    if not arguments.out.name.endswith((".parquet", ".csv")):
        raise InputError(f"--out {arguments.out}: expected a name that ends in .parquet or .csv")
    card = _load(arguments.card, arguments.modules)
    with _progress("events", arguments.quiet) as progress:
        events = _read(arguments.events, progress)
    applications = events.applications if arguments.as_of is None else _everyone(events, arguments.as_of)
    if applications is None:
        raise InputError(f"{arguments.events}: no applications; add an applications file, or give --as-of TIME")
    scores = score(card, events, applications=applications)
    _write(scores, arguments.out)
    scored = pc.sum(scores["scorable"]).as_py() or 0
    print(
        f"{arguments.out}: {scores.num_rows:,} applications, {scores.num_rows - scored:,} not scorable, {card.model_id}"
    )


def _features(arguments: argparse.Namespace) -> None:
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


def _inspect(arguments: argparse.Namespace) -> None:
    from creditscore.events.inspect import inspect

    print(inspect(arguments.files))


def _simulate(arguments: argparse.Namespace) -> None:
    from creditscore.events.simulate import simulate

    market = simulate(arguments.folder, borrowers=arguments.borrowers, seed=arguments.seed, progress=_bar)
    print(file=sys.stderr)
    for name, rows in market.rows.items():
        print(f"{name:<28} {rows:>12,} rows")
    print(f"bad rate {market.bad_rate:.2%}, best possible AUC {market.best_possible_auc:.4f} (simulated, not real)")


def _store(arguments: argparse.Namespace) -> None:
    from creditscore.events.storing import store_events

    sources = _sources(arguments.events)
    if arguments.quarantine_limit is not None:
        sources["quarantine_limit"] = arguments.quarantine_limit
    with _progress("events", arguments.quiet) as progress:
        store = store_events(arguments.folder, **sources, progress=progress)
    for name, rows in store.rows.items():
        print(f"{name:<14} {rows:>14,} rows")
    print(f"{len(store.quarantine):,} rows quarantined, {len(store.facts.parts)} times added to")


def _warm(arguments: argparse.Namespace) -> None:
    os.environ["NUMBA_CACHE_DIR"] = str(arguments.folder.resolve())
    from creditscore.warm import warm

    arguments.folder.mkdir(parents=True, exist_ok=True)
    warmed = warm(tuple(_load(path, arguments.modules) for path in arguments.cards))
    for name, seconds in warmed.seconds.items():
        print(f"{name:<24} {seconds:8.1f} s")
    sizes = [path.stat().st_size for path in arguments.folder.rglob("*.nb[ic]")]
    print(f"{len(sizes)} files, {sum(sizes) / 2**20:.1f} MiB; set for whoever may write there:")
    print(f"NUMBA_CACHE_DIR={arguments.folder.resolve()}")


def _verify(arguments: argparse.Namespace) -> int:
    from creditscore.scoring.conformance import replay

    card = _load(arguments.card, arguments.modules, arguments.digest)
    print(f"model     {card.model_id}\ndigest    {card.digest}")
    print(f"features  {len(card.features)}, trees {card.trees.n_trees}, reference mean {card.mean_points():.1f} points")
    print(f"made on   {card.facts['population']}")
    differences = replay(card)
    print("\n".join(differences) or f"passed    {len(card.vectors)} conformance vectors give the recorded scores here")
    return 1 if differences else 0


def _load(path: Path, modules: Sequence[str], digest: str | None = None) -> Any:
    """The scorecard, after importing the modules that the user names: loading itself imports none."""
    from creditscore.scorecard import load

    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise InputError(
                f"--modules {module}: cannot be imported ({error}); install it, or run beside it"
            ) from None
    return load(path, digest=digest)


def _instant(text: str) -> dt.datetime:
    instant = dt.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError("a time without a zone; write it as 2026-01-31T00:00:00+08:00")
    return instant


def _progress(what: str, quiet: bool) -> AbstractContextManager[Any]:
    return nullcontext() if quiet else progress_line(what)


def _read(path: Path, progress: Any) -> Any:
    """Events from a folder in the contract's own names, a store, or as a config maps them."""
    from creditscore.events.load import load_events
    from creditscore.events.store import is_store, open_store

    return open_store(path) if is_store(path) else load_events(**_sources(path), progress=progress)


def _sources(path: Path) -> dict[str, Any]:
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


def _everyone(events: Any, as_of: dt.datetime) -> pa.Table:
    """An application of every borrower at one time, named by the borrower."""
    borrowers = events.borrowers()
    return pa.table({"application_id": borrowers, "borrower_id": borrowers, "as_of": [as_of] * len(borrowers)})


def _write(scores: pa.Table, out: Path) -> None:
    """Write beside, then rename; in CSV a text that a spreadsheet would run as a formula gets a leading quote."""
    beside = out.with_name(f".{out.name}.part")
    if out.suffix == ".parquet":
        pyarrow.parquet.write_table(scores, beside)
    else:
        columns = [_harmless(column) if pa.types.is_string(column.type) else column for column in scores.columns]
        pyarrow.csv.write_csv(pa.table(columns, names=scores.column_names), beside)
    beside.replace(out)


def _harmless(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.replace_substring_regex(texts, r"^([=+\-@\t\r])", r"'\1")


def _bar(done: int, total: int) -> None:
    print(f"\r{done:,} of {total:,} borrowers", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
