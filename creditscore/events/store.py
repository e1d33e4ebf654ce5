"""Events on disk, kept by borrower: each bucket holds all events of some borrowers, and is read alone.

A store is a folder: `store.json` lists its parts, one for each time that events were added; a part has a file for each
table of events and bucket, and one of applications, which are few. A borrower's bucket is a hash of their id as text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import InputError
from creditscore.events.encode import as_dictionary, indices
from creditscore.events.hashing import hashes
from creditscore.events.join import SHARED_IDS, encoded, join, with_agreed_ids, words_for
from creditscore.events.runs import Origin, side_by_side
from creditscore.events.schema import CONTRACT, EVENT_TABLES, NO_QUARANTINE, Events, Quarantine, TableContract
from creditscore.events.slices import slices

FORMAT = "creditscore events 1"
Keep = Callable[[pa.Array], npt.NDArray[np.bool_]]
Sieve = Callable[[Events], Events]
Choose = Callable[[pa.Table], npt.NDArray[np.bool_]]


@dataclass(frozen=True)
class TableFacts:
    """What a part holds of a table: rows by bucket (of applications: all as one), and how many were read for them."""

    rows: tuple[int, ...]
    read: int


@dataclass(frozen=True)
class PartFacts:
    """One time that events were added: the folder's name, and its tables."""

    name: str
    tables: Mapping[str, TableFacts]


@dataclass(frozen=True)
class StoreFacts:
    """What `store.json` says."""

    buckets: int
    currency: str | None
    parts: tuple[PartFacts, ...] = ()

    def to_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()


@dataclass(frozen=True)
class Store:
    """Events on disk. All rows of one borrower are in one bucket, so that buckets are read one at a time."""

    folder: Path
    facts: StoreFacts
    sieve: Sieve | None = None

    def sifted(self, sieve: Sieve) -> Store:
        """The same store, whose events pass through the sieve whenever some are read."""
        return replace(self, sieve=sieve)

    def only(self, tables: Collection[str]) -> Store:
        """The store without its other tables, so that buckets are read without them."""
        parts = (
            PartFacts(part.name, {name: facts for name, facts in part.tables.items() if name in tables})
            for part in self.facts.parts
        )
        return replace(self, facts=replace(self.facts, parts=tuple(parts)))

    @property
    def currency(self) -> str | None:
        return self.facts.currency

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has, duplicates included: these are dropped on reading."""
        return {name: sum(sum(facts.rows) for facts in self._facts_of(name)) for name in CONTRACT if self.has(name)}

    @property
    def largest_bucket(self) -> int:
        """The most events that a bucket holds."""
        counted = [facts.rows for name in EVENT_TABLES for facts in self._facts_of(name)]
        return int(np.sum(counted, axis=0).max(initial=0)) if counted else 0

    @cached_property
    def applications(self) -> pa.Table | None:
        """All applications, in the order in which they were added."""
        return self._table("applications", [0], None)[0] if self.has("applications") else None

    @property
    def quarantine(self) -> Quarantine:
        """The rows that were set aside as bad when events were added; duplicates are found on reading."""
        found = [table for part in self.facts.parts for table in slices(self.folder / part.name / QUARANTINE)]
        read = {name: sum(facts.read for facts in self._facts_of(name)) for name in CONTRACT if self.has(name)}
        return Quarantine(pa.concat_tables([NO_QUARANTINE.rows, *found]), read)

    def borrowers(self) -> pa.Array:
        """The ids of all that have events, as text."""
        tables = (table for name in EVENT_TABLES for table, _ in self._slices(name, self._all, None))
        words = [as_dictionary(table["borrower_id"]).dictionary.cast(pa.string()) for table in tables]
        return pc.unique(pa.chunked_array(words, pa.string()))

    @property
    def _all(self) -> list[int]:
        return list(range(self.facts.buckets))

    def has(self, table: str) -> bool:
        """Whether there is such a table."""
        return any(True for _ in self._facts_of(table))

    def events(self, borrowers: Iterable[str | int] | None = None) -> Events:
        """All events and applications, or those of some borrowers, reading their buckets alone."""
        if borrowers is None:
            return self._events(self._all, None, self.applications)
        asked = pa.array([str(borrower) for borrower in borrowers], pa.string())
        buckets = np.unique(numbers_of(asked, self.facts.buckets)).tolist()
        own = self.applications
        if own is not None:
            own = own.filter(pc.is_in(own["borrower_id"].cast(pa.string()), value_set=asked))
        return self._events(buckets, lambda ids: _mask(pc.is_in(ids, value_set=asked)), own)

    def where(self, table: str, choose: Choose) -> Iterator[pa.Table]:
        """The rows of a table that are chosen, none twice, those of a bucket at a time; of few buckets at once are they
        in memory, and of the others a slice of a file.
        """
        return side_by_side(lambda bucket: self._table(table, [bucket], None, choose)[0], self._all)

    def group(self, number: int, groups: int) -> Events:
        """The events of the borrowers whose hash falls on that number of so many, a multiple of the buckets; no
        applications.
        """
        whole = groups == self.facts.buckets
        keep = None if whole else lambda ids: numbers_of(ids, groups) == number
        return self._events([number % self.facts.buckets], keep, None)

    def _events(self, buckets: list[int], keep: Keep | None, applications: pa.Table | None) -> Events:
        found = {name: self._table(name, buckets, keep) for name in EVENT_TABLES if self.has(name)}
        tables = {name: good for name, (good, _) in found.items()}
        if applications is not None:
            tables["applications"] = applications
        repeats = pa.concat_tables([NO_QUARANTINE.rows, *(bad for _, bad in found.values())])
        read = {name: good.num_rows + bad.num_rows for name, (good, bad) in found.items()}
        agreed = dict(zip(tables, with_agreed_ids(list(tables.values()), SHARED_IDS), strict=True))
        events = Events(**agreed, currency=self.currency, quarantine=Quarantine(repeats, read))
        return events if self.sieve is None else self.sieve(events)

    def _table(
        self, name: str, buckets: list[int], keep: Keep | None, choose: Choose | None = None
    ) -> tuple[pa.Table, pa.Table]:
        """Good rows and duplicates; columns and the types of ids are those of the whole store."""
        contract, words = CONTRACT[name], words_for(CONTRACT[name])
        columns = [table for part in self._parts_with(name) for table in slices(part / columns_file(name))]
        texts = _ids_told_as_text(columns, contract)
        goods, origins = list(columns), [Origin("", np.arange(0))] * len(columns)
        for good, origin in self._slices(name, buckets, keep):
            if choose is not None:
                good, origin = _chosen(good, origin, choose(good))
                if not good.num_rows:
                    continue
            goods.append(encoded(_told_as_text(good, texts), words))
            origins.append(origin)
        return join(goods, origins, contract) if goods else (_nothing(contract), NO_QUARANTINE.rows)

    def _slices(self, name: str, buckets: list[int], keep: Keep | None) -> Iterator[tuple[pa.Table, Origin]]:
        for part in self._parts_with(name):
            for file in (part / bucket_file(name, bucket) for bucket in buckets):
                first = 0
                for table in slices(file) if file.exists() else ():
                    rows = np.arange(first, first + table.num_rows)
                    first += table.num_rows
                    label = f"{part.name}/{file.name}"
                    yield _kept(table, Origin(label, rows), keep) if keep else (table, Origin(label, rows))

    def _facts_of(self, name: str) -> Iterator[TableFacts]:
        return (part.tables[name] for part in self.facts.parts if name in part.tables)

    def _parts_with(self, name: str) -> list[Path]:
        return [self.folder / part.name for part in self.facts.parts if name in part.tables]


QUARANTINE = "quarantine.arrow"


def bucket_file(table: str, bucket: int) -> str:
    """A bucket's file in a part's folder."""
    return f"{table}-{bucket:03}.arrow"


def columns_file(table: str) -> str:
    """The file of a table's columns in a part's folder: tables without rows, one for each set of columns met."""
    return f"{table}-columns.arrow"


def numbers_of(ids: pa.Array, groups: int) -> npt.NDArray[np.int64]:
    """The group that each id falls into, of so many; of multiples of a number of groups too, the one is the other's."""
    return np.asarray(hashes(pa.chunked_array([ids.cast(pa.string())])) % np.uint64(groups)).astype(np.int64)


def is_store(folder: str | Path) -> bool:
    """Whether the folder is a store."""
    return (Path(folder) / "store.json").is_file()


def open_store(folder: str | Path) -> Store:
    """A store that `store_events` wrote. Raises InputError where there is none, or it is of another format."""
    folder = Path(folder)
    if not is_store(folder):
        raise InputError(f"{folder}: no store there; write one with store_events() or python -m creditscore store")
    try:
        facts = json.loads((folder / "store.json").read_text(encoding="utf-8"))
        if facts.pop("format") != FORMAT:
            raise KeyError("format")
        parts = tuple(_part_facts(part) for part in facts["parts"])
        return Store(folder, StoreFacts(int(facts["buckets"]), facts["currency"], parts))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / 'store.json'}: not of the format '{FORMAT}'; write the store again") from None


def _part_facts(part: Mapping[str, Any]) -> PartFacts:
    tables = {name: TableFacts(tuple(facts["rows"]), int(facts["read"])) for name, facts in part["tables"].items()}
    return PartFacts(str(part["name"]), tables)


def _kept(table: pa.Table, origin: Origin, keep: Keep) -> tuple[pa.Table, Origin]:
    """The rows of the borrowers to keep, whose ids are looked at once each."""
    ids = as_dictionary(table["borrower_id"])
    return _chosen(table, origin, keep(ids.dictionary.cast(pa.string()))[indices(ids)])


def _chosen(table: pa.Table, origin: Origin, rows: npt.NDArray[np.bool_]) -> tuple[pa.Table, Origin]:
    return table.filter(pa.array(rows)), Origin(origin.label, origin.rows[rows])


def _nothing(contract: TableContract) -> pa.Table:
    return pa.table({column.name: pa.array([], column.type) for column in contract.columns})


def _mask(values: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(values.to_numpy(zero_copy_only=False))


def _ids_told_as_text(columns: list[pa.Table], contract: TableContract) -> list[str]:
    """The ids that are not whole numbers in every run that has any."""
    ids = [column.name for column in contract.columns if column.kind == "id"]
    kinds = {name: {one.schema.field(name).type for one in columns if name in one.column_names} for name in ids}
    return [name for name in ids if kinds[name] != {pa.int64()}]


def _told_as_text(table: pa.Table, names: list[str]) -> pa.Table:
    for name in names:
        i = table.schema.get_field_index(name)
        if i >= 0 and pa.types.is_integer(table.schema.types[i]):
            table = table.set_column(i, name, table.column(i).cast(pa.string()))
    return table
