"""Which platforms' records stand behind a score: those that supplied any that was known before `as_of`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.encode import as_dictionary, indices
from creditscore.events.rows import Plain
from creditscore.events.schema import Events

Ints = npt.NDArray[np.int64]

_NEVER = np.iinfo(np.int64).max


class Suppliers(NamedTuple):
    """The different sets of platforms, each in the order of names, and which of them each application has."""

    sets: Sequence[tuple[str, ...]]
    which: Ints


def suppliers_of(events: Events, tables: Iterable[str], applications: pa.Table) -> Suppliers:
    """For each application the platforms with a record of the borrower in some of the tables, known before `as_of`."""
    given = [table for name in tables if (table := events.table(name)) is not None and table.num_rows]
    names = sorted({name for table in given for name in as_dictionary(table["platform"]).dictionary.to_pylist()})
    if not names:
        return Suppliers([()], np.zeros(applications.num_rows, np.int64))
    ids = as_dictionary(applications["borrower_id"])
    first = np.full((len(ids.dictionary) + 1, len(names)), _NEVER)
    for table in given:
        places = _borrowers(table, ids.dictionary) * len(names) + _platforms(table, names)
        np.minimum.at(first.reshape(-1), places, _known(table))
    has = first[indices(ids)] < applications["as_of"].cast(pa.int64()).to_numpy()[:, None]
    some, which = _different(has)
    return Suppliers([tuple(np.array(names, object)[row]) for row in has[some]], which)


def suppliers_of_one(events: Mapping[str, Plain] | Events, tables: Iterable[str], as_of: dt.datetime) -> list[str]:
    """The same of one borrower's events, in the order of names."""
    found: set[str] = set()
    for name in tables:
        table = events.table(name) if isinstance(events, Events) else events.get(name)
        if table is not None:
            found |= _of_plain(table, as_of) if isinstance(table, Plain) else _of_table(table, as_of)
    return sorted(found)


def _of_plain(table: Plain, as_of: dt.datetime) -> set[str]:
    time = table.numbers["time"]
    known = np.maximum(time, table.numbers.get("recorded_at", time)) < round(as_of.timestamp() * 1e6)
    names = table.words["platform"]
    if names.rows is None:
        return set(map(str, names.given)) if known.any() else set()
    return {str(one) for one, own in zip(names.rows, known.tolist(), strict=True) if own}


def _of_table(table: pa.Table, as_of: dt.datetime) -> set[str]:
    known = table.filter(pa.array(_known(table) < round(as_of.timestamp() * 1e6)))
    return set(known["platform"].unique().cast(pa.string()).to_pylist())


def _different(has: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """A row of each kind, and each row's kind."""
    some = which = np.zeros(len(has), np.int64)
    for eight in np.packbits(has, axis=1).T:
        _, some, which = np.unique(which * 256 + eight, return_index=True, return_inverse=True)
    return some, which


def _borrowers(table: pa.Table, ids: pa.Array) -> Ints:
    """Each event's borrower by number among `ids`, the last number for all others."""
    own = as_dictionary(table["borrower_id"])
    places = pc.index_in(own.dictionary.cast(pa.string()), ids.cast(pa.string())).fill_null(len(ids))
    return np.asarray(places.to_numpy(zero_copy_only=False), np.int64)[indices(own)]


def _platforms(table: pa.Table, names: Sequence[str]) -> Ints:
    own = as_dictionary(table["platform"])
    places = pc.index_in(own.dictionary, pa.array(names, own.dictionary.type))
    return np.asarray(places.to_numpy(zero_copy_only=False), np.int64)[indices(own)]


def _known(table: pa.Table) -> Ints:
    """When each event is known, in UTC microseconds: it counts from the later of its two times on."""
    time, recorded = (table[name].cast(pa.int64()) for name in ("time", "recorded_at"))
    return np.asarray(pc.max_element_wise(time, recorded).to_numpy(), np.int64)
