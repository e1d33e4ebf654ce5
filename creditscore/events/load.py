"""Files, frames and lists of dicts → `Events`: names and values mapped, types made exact, bad rows set aside by reason.

No row is dropped in silence: each one read is either in the Events or in their quarantine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pyarrow as pa

from creditscore.errors import InputError
from creditscore.events.join import SHARED_IDS, encoded, join, with_agreed_ids, words_for
from creditscore.events.progress import Counted, Progress
from creditscore.events.quarantine import check_limit, tactful
from creditscore.events.runs import Readers, Run, readers, side_by_side
from creditscore.events.schema import CONTRACT, NO_QUARANTINE, Events, Quarantine, TableContract
from creditscore.events.sources import Data, Source

__all__ = ["Source", "load_events"]

# What one table may be read from.
Given = Data | Source | Sequence[Data | Source]


class _Loaded(NamedTuple):
    """One table's good rows, its bad rows as in `Quarantine.rows`, and how many were read."""

    good: pa.Table
    bad: pa.Table
    read: int


def load_events(
    *,
    transactions: Given | None = None,
    trips: Given | None = None,
    obligations: Given | None = None,
    applications: Given | None = None,
    currency: str | None = None,
    timezone: str | None = None,
    quarantine_limit: float = 0.01,
    progress: Progress | None = None,
) -> Events:
    """Read each table from one source or a list of them: a path, a frame, a list of dicts, or a `Source`.

    `timezone` is for sources that declare none; a table may lose a share of `quarantine_limit` of its rows as bad. Of
    rows with the same borrower, platform, event_id and recorded_at (absent: time) one stays, chosen by content.
    `progress` is told the rows read so far, and of how many.

    Raises InputError where there is nothing to read, SchemaError where a column is missing or of a wrong type, and
    QuarantineError where more rows are bad than allowed.

    >>> bills = [{"no": "7", "who": "b1", "when": "2024-03-01T12:00+08:00", "type": "消费", "sum": "12.50"}]
    >>> names = {"event_id": "no", "borrower_id": "who", "time": "when", "kind": "type", "amount": "sum"}
    >>> shop = Source(bills, platform="shop", columns=names, values={"kind": {"消费": "purchase"}})
    >>> load_events(transactions=shop).transactions["amount"].to_pylist()
    [1250]
    """
    given = {"transactions": transactions, "trips": trips, "obligations": obligations, "applications": applications}
    asked = readers_of(given, timezone)
    counted = Counted(progress, rows_of(asked))
    loaded = {}
    for name, one in asked.items():
        loaded[name] = _load(CONTRACT[name], one.runs, lambda run: counted.add(run.read))
        check_limit(name, loaded[name].bad, loaded[name].read, quarantine_limit)
    tables = with_agreed_ids([table.good for table in loaded.values()], SHARED_IDS)
    return Events(
        **dict(zip(loaded, tables, strict=True)),
        currency=currency,
        quarantine=_quarantine(loaded),
    )


def load_table(
    contract: TableContract, data: Given, timezone: str | None = None, quarantine_limit: float = 0.01
) -> tuple[pa.Table, Quarantine]:
    """One table of another contract, read as `load_events` reads its own: its good rows, and those set aside."""
    asked = readers(contract, _sources(data, timezone))
    found = _load(contract, asked.runs, lambda _: None)
    check_limit(contract.name, found.bad, found.read, quarantine_limit)
    return found.good, _quarantine({contract.name: found})


def readers_of(given: Mapping[str, Given | None], timezone: str | None) -> dict[str, Readers]:
    """The sources of each table that there is, opened. Raises InputError where there is no such table."""
    unknown = sorted(set(given) - set(CONTRACT))
    if unknown:
        raise InputError(f"unknown table '{unknown[0]}'; tables are {', '.join(CONTRACT)}")
    return {name: readers(CONTRACT[name], _sources(data, timezone)) for name, data in given.items() if data is not None}


def rows_of(asked: Mapping[str, Readers]) -> int:
    """About how many rows there are to read."""
    return sum(one.rows for one in asked.values())


def _sources(data: Any, timezone: str | None) -> list[Source]:
    """One source or several as Sources; a list of dicts, an empty one too, is one source's rows."""
    several = isinstance(data, list | tuple) and not all(isinstance(item, Mapping) for item in data)
    sources = [item if isinstance(item, Source) else Source(item) for item in (data if several else [data])]
    return [source if source.timezone else replace(source, timezone=timezone) for source in sources]


def _load(contract: TableContract, runs: Iterable[Callable[[], Run]], tell: Callable[[Run], None]) -> _Loaded:
    words = words_for(contract)

    def work(read: Callable[[], Run]) -> Run:
        run = read()
        return run._replace(good=encoded(run.good, words))

    found = []
    for run in side_by_side(work, runs):
        found.append(run)
        tell(run)
    good, repeats = join([run.good for run in found], [run.origin for run in found], contract)
    bad = pa.concat_tables([NO_QUARANTINE.rows, *(run.bad for run in found), repeats])
    return _Loaded(good, tactful(bad), sum(run.read for run in found))


def _quarantine(loaded: Mapping[str, _Loaded]) -> Quarantine:
    rows = pa.concat_tables([NO_QUARANTINE.rows, *(table.bad for table in loaded.values())]).combine_chunks()
    return Quarantine(rows, {name: table.read for name, table in loaded.items()})
