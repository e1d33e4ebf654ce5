"""Consent records, and what they allow each application: for which data families, in which classes, at its as_of.

Records are shaped after ISO/IEC TS 27560: who agreed (borrower_id), to what purpose, for which data family, told to
which recipient, from when until when. What is of the class "separate consent" needs a consent that says `separate`, of
the class "written consent" one that says `written`; neither flag stands for the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.encode import as_dictionary, by_appearance, indices
from creditscore.events.load import Given, load_table
from creditscore.events.rows import NotPlainError, instant
from creditscore.events.schema import EVENT_TABLES, NO_QUARANTINE, Column, Quarantine, TableContract
from creditscore.events.times import FIRST_TICK, LAST_TICK
from creditscore.governance.sensitivity import Sensitivity

Ints = npt.NDArray[np.int64]
# What is allowed of a family: bit c for the class c; 0 nothing.
Grants = npt.NDArray[np.int8]

NOTHING, ORDINARY = 0, 1 << Sensitivity.ORDINARY
SEPARATE, WRITTEN = 1 << Sensitivity.SEPARATE_CONSENT, 1 << Sensitivity.WRITTEN_CONSENT
EVERYTHING = ORDINARY | SEPARATE | WRITTEN
_NEVER = 2**63 - 1

CONSENTS = TableContract(
    "consents",
    (
        Column("consent_id", "id", "names the consent; of records that share it one withdrawal holds for all"),
        Column("borrower_id", "id", "who agreed", required=True),
        Column("purpose", "category", "what the data may be used for", required=True),
        Column("family", "category", "which data: a table of events", required=True, values=EVENT_TABLES),
        Column("recipient", "category", "to whom what is made of them may be told", required=True),
        Column("separate", "flag", "whether it was given separately, for this family alone"),
        Column("written", "flag", "whether it was given in writing, after notice of the consequences"),
        Column("given_at", "time", "from when on it holds", required=True),
        Column("expires_at", "time", "until when, this instant left out; absent: without end"),
        Column("withdrawn_at", "time", "when it was withdrawn; from this instant on it does not hold"),
    ),
    key=None,
)
_REQUIRED = frozenset(CONSENTS.required) - {"borrower_id"}


@dataclass(frozen=True)
class Consents:
    """Consent records in the contract's columns, and the rows set aside as bad."""

    table: pa.Table
    quarantine: Quarantine = field(default=NO_QUARANTINE, compare=False)

    def __repr__(self) -> str:
        return f"Consents({self.table.num_rows:,}; quarantined: {len(self.quarantine):,})"


def load_consents(data: Given, *, timezone: str | None = None, quarantine_limit: float = 0.0) -> Consents:
    """Consent records from a path, a frame, a list of dicts or a `Source`, or several of these.

    None is set aside unless `quarantine_limit` allows it: it might be a withdrawal. Raises as `load_events` does.
    """
    return Consents(*load_table(CONSENTS, data, timezone, quarantine_limit))


class Holding(NamedTuple):
    """Which of the `records` hold for which of so many applications: pairs of their numbers."""

    records: pa.Table
    applications: int
    application: Ints
    record: Ints


def nothing_held(applications: int) -> Holding:
    """Where there is no record."""
    texts, flags, none = pa.array([], pa.string()), pa.array([], pa.bool_()), np.empty(0, np.int64)
    records = pa.table({"consent_id": texts, "family": texts, "separate": flags, "written": flags})
    return Holding(records, applications, none, none)


def granted(consents: Consents, applications: pa.Table, purpose: str, recipient: str) -> Grants:
    """What each application's borrower allows for that purpose and recipient, int8[applications, event tables].

    >>> record = {"borrower_id": "b", "purpose": "credit", "family": "trips", "recipient": "bank", "separate": True}
    >>> consents = load_consents([record | {"given_at": "2024-01-01T00:00Z", "expires_at": "2025-01-01T00:00Z"}])
    >>> times = pa.array([1_735_689_599_999_999, 1_735_689_600_000_000], pa.timestamp("us", "UTC"))
    >>> granted(consents, pa.table({"borrower_id": ["b", "b"], "as_of": times}), "credit", "bank").tolist()
    [[0, 3, 0], [0, 0, 0]]
    """
    return grants_of(holding(consents, applications, purpose, recipient))


def holding(consents: Consents, applications: pa.Table, purpose: str, recipient: str) -> Holding:
    """The records that hold for each application: given_at <= as_of < expires_at, not withdrawn at or before as_of,
    purpose and recipient equal. Ids of unlike types compare as text.
    """
    own = consents.table
    own = own.filter(pc.and_(_is(own["purpose"], purpose), _is(own["recipient"], recipient)))
    ids = by_appearance(applications["borrower_id"].cast(pa.string()))
    place = pc.index_in(own["borrower_id"].cast(pa.string()), value_set=ids.dictionary).fill_null(-1).to_numpy()
    application, record = _pairs(indices(ids).astype(np.int64), place, len(ids.dictionary))
    as_of = _ticks(applications["as_of"], 0)[application]
    holds = (_ticks(own["given_at"], _NEVER)[record] <= as_of) & (as_of < _ticks(own["expires_at"], _NEVER)[record])
    holds &= _withdrawn(own)[record] > as_of
    return Holding(own, applications.num_rows, application[holds], record[holds])


def grants_of(held: Holding) -> Grants:
    """What the records that hold allow each application, int8[applications, event tables]."""
    found = np.zeros((held.applications, len(EVENT_TABLES)), np.int8)
    own = held.records
    family = pc.index_in(own["family"].cast(pa.string()), value_set=pa.array(EVENT_TABLES)).to_numpy()
    np.bitwise_or.at(found, (held.application, family[held.record]), _bits(own)[held.record])
    return found


def holding_of_one(
    records: Sequence[Mapping[str, Any]], as_of: int, purpose: str, recipient: str
) -> list[dict[str, Any]]:
    """Which of one borrower's plain records hold, all theirs; `as_of` in UTC microseconds.

    Raises NotPlainError where the records are for `load_consents`.
    """
    plain = [_plain(record) for record in records]
    asked = [record for record in plain if (record["purpose"], record["recipient"]) == (purpose, recipient)]
    withdrawn = _earliest_withdrawals(asked)
    ends = [min(one["expires_at"], withdrawn.get(_key(one), _NEVER), one["withdrawn_at"]) for one in asked]
    return [one for one, end in zip(asked, ends, strict=True) if one["given_at"] <= as_of < end]


def grants_of_one(held: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """What one borrower's records that hold allow of each event table."""
    found = dict.fromkeys(EVENT_TABLES, NOTHING)
    for record in held:
        found[record["family"]] |= ORDINARY | SEPARATE * record["separate"] | WRITTEN * record["written"]
    return tuple(found.values())


def _pairs(borrower: Ints, place: Ints, borrowers: int) -> tuple[Ints, Ints]:
    """Each application with each record of its borrower: (application, record)."""
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(borrowers + 1))
    times = np.diff(starts)[borrower]
    application = np.repeat(np.arange(len(borrower)), times)
    first = np.cumsum(times) - times
    return application, order[starts[borrower][application] + np.arange(len(application)) - first[application]]


def _bits(own: pa.Table) -> Grants:
    separate, written = (own[name].fill_null(False).to_numpy().astype(np.int8) for name in ("separate", "written"))
    return np.asarray(ORDINARY | SEPARATE * separate | WRITTEN * written, np.int8)


def _withdrawn(own: pa.Table) -> Ints:
    """When each record's consent was withdrawn, by itself or by another record of the same consent and family."""
    times = _ticks(own["withdrawn_at"], _NEVER)
    named = np.flatnonzero(np.asarray(own["consent_id"].is_valid()))
    keys = [as_dictionary(own[name].cast(pa.string())) for name in ("borrower_id", "consent_id", "family")]
    codes = np.column_stack([indices(key)[named] for key in keys])
    _, group = np.unique(codes, axis=0, return_inverse=True)
    group = group.reshape(-1)
    earliest = np.full(len(named), _NEVER)
    np.minimum.at(earliest, group, times[named])
    times[named] = earliest[group]
    return times


def _is(words: pa.ChunkedArray, word: str) -> pa.ChunkedArray:
    return pc.equal(words.cast(pa.string()), word)


def _ticks(times: pa.ChunkedArray, missing: int) -> Ints:
    return np.array(times.cast(pa.int64()).fill_null(missing).to_numpy(), np.int64)


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    if type(record) is not dict or not record.keys() >= _REQUIRED or record["family"] not in EVENT_TABLES:
        raise NotPlainError
    flags = {name: record.get(name) or False for name in ("separate", "written")}
    words = (record["purpose"], record["recipient"])
    if {*map(type, flags.values())} != {bool} or {*map(type, words)} != {str} or "" in words:
        raise NotPlainError
    times = {name: _tick(record.get(name)) for name in ("given_at", "expires_at", "withdrawn_at")}
    if record["given_at"] is None or type(record.get("consent_id")) not in (str, int, type(None)):
        raise NotPlainError
    return {**record, **flags, **times}


def _tick(value: Any) -> int:
    if value is None:
        return _NEVER
    tick = round(instant(value) * 1e6)
    if not FIRST_TICK <= tick < LAST_TICK:
        raise NotPlainError
    return tick


def _key(record: Mapping[str, Any]) -> tuple[Any, str] | None:
    return None if record.get("consent_id") in (None, "") else (str(record["consent_id"]), record["family"])


def _earliest_withdrawals(records: Sequence[Mapping[str, Any]]) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for record in records:
        key = _key(record)
        if key is not None:
            found[key] = min(found.get(key, _NEVER), record["withdrawn_at"])
    return found
