"""Events of a scheme put among real ones: rows of the transactions table like the borrower's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.schema import CATEGORY, MONEY_DECIMALS, Events
from creditscore.validation.manipulation.schemes import HOUR, Scheme

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DAY = 24 * HOUR
# Gaming begins so long before the decision, and ends early enough for the last repetition to be whole.
FIRST, LAST = 90, 3
# What somebody without a purchase of their own is taken to buy, in the data's currency.
UNUSUAL = 100.0
_SCALE = 10**MONEY_DECIMALS
_MINUTE = 60 * 1_000_000


@dataclass(frozen=True)
class Player:
    """Borrowers as they are before gaming, row for row: the decision's instant (microseconds), the row of their last
    transaction before it, and their usual purchase (the median; units of money).
    """

    as_of: Ints
    row: Ints
    usual: Floats


def players(events: Events, applications: pa.Table) -> tuple[Player, npt.NDArray[np.bool_]]:
    """Those of the applications with a transaction before as_of, and which they are, bool[applications]."""
    table = events.transactions
    as_of = _micros(applications["as_of"])
    if table is None or not table.num_rows:
        return Player(as_of[:0], as_of[:0], np.empty(0)), np.zeros(len(as_of), np.bool_)
    ids = pc.index_in(applications["borrower_id"].cast(pa.string()), value_set=pc.unique(_texts(table)))
    place = np.asarray(ids.combine_chunks().fill_null(-1)).astype(np.int64)
    owner = np.asarray(_texts(table).dictionary_encode().combine_chunks().indices).astype(np.int64)
    time, kind = _micros(table["time"]), np.array(table["kind"].to_pylist(), object)
    amount = np.asarray(table["amount"].combine_chunks().fill_null(0)).astype(np.float64) / _SCALE
    order = np.lexsort((np.arange(len(time)), time, owner))
    starts = np.searchsorted(owner[order], np.arange(int(owner.max(initial=-1)) + 2))
    found = [_player(order, starts, time, kind, amount, at, until) for at, until in zip(place, as_of, strict=True)]
    has = np.array([one is not None for one in found], np.bool_)
    row, usual = zip(*(one for one in found if one is not None), strict=True) if has.any() else ((), ())
    return Player(as_of[has], np.array(row, np.int64), np.array(usual, np.float64)), has


def repetitions(player: Player, offset: Ints, most: int, seed: int) -> Ints:
    """When each player begins each repetition, int64[players, most] in microseconds; by day, between 9 and 21 o'clock
    of their own clock (`offset` minutes from UTC). The first ones are the same whatever `most` is.
    """
    day, clock = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    days = np.stack([day.integers(LAST + 1, FIRST, len(offset)) for _ in range(most)], axis=1)
    times = np.stack([clock.integers(9 * HOUR, 21 * HOUR, len(offset)) for _ in range(most)], axis=1)
    local = player.as_of + offset * _MINUTE
    midnight = local - local % DAY - offset * _MINUTE
    begun: Ints = midnight[:, None] - days * DAY + times
    return begun


def with_gaming(events: Events, player: Player, scheme: Scheme, begun: Ints) -> Events:
    """The events with the scheme's among them, begun at those instants, int64[players, repetitions]."""
    table = events.transactions
    assert table is not None
    times = begun.shape[1]
    rows = np.repeat(player.row, times)
    amounts = np.repeat(money(scheme.times * player.usual), times)
    shop = np.tile(np.arange(times) % scheme.shops if scheme.shops else np.full(times, -1), len(player.row))
    parts, first = [table], _next_id(table)
    for number, move in enumerate(scheme.moves):
        ids = first + number * len(rows) + np.arange(len(rows))
        parts.append(_made(table, rows, move.kind, begun.reshape(-1) + move.after, amounts, shop, ids))
    joined = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
    return replace(events, transactions=joined.replace_schema_metadata(table.schema.metadata))


def money(amount: Floats) -> Ints:
    """Amounts as fixed point, at least the smallest coin."""
    coins: Ints = np.maximum(np.rint(amount * _SCALE), 1).astype(np.int64)
    return coins


def spent(player: Player, scheme: Scheme, times: int) -> Floats:
    """What each player's repetitions cost, in units of money, float64[players]."""
    return times * scheme.spent(money(scheme.times * player.usual) / _SCALE)


def _player(
    order: Ints, starts: Ints, time: Ints, kind: npt.NDArray[Any], amount: Floats, at: int, until: int
) -> tuple[int, float] | None:
    """The last row before the decision, and the median purchase; None for a borrower without one."""
    if at < 0:
        return None
    own = order[starts[at] : starts[at + 1]]
    own = own[time[own] < until]
    if not len(own):
        return None
    bought = amount[own[kind[own] == "purchase"]]
    return int(own[-1]), float(np.median(bought)) if len(bought) else UNUSUAL


def _made(table: pa.Table, rows: Ints, kind: str, time: Ints, amounts: Ints, shop: Ints, ids: Ints) -> pa.Table:
    """Copies of those rows with another kind, time and amount; all else that a new event would not share is missing."""
    copied = table.take(pa.array(rows))
    own_ids = table.schema.field("event_id").type
    shops = pa.array([f"shop made for gaming {one}" if one >= 0 else None for one in shop.tolist()], pa.string())
    values = {
        "event_id": pa.array([one if pa.types.is_integer(own_ids) else f"gaming:{one}" for one in ids.tolist()]),
        "time": pa.array(time).cast(table.schema.field("time").type),
        "kind": _repeated(kind, len(rows)),
        "amount": pa.array(amounts),
        "status": _repeated("completed", len(rows)),
        "merchant_id": shops.dictionary_encode().cast(CATEGORY),
    }  # fmt: skip
    kept = {"borrower_id", "platform", "utc_offset_minutes", *values}
    for i, field in enumerate(table.schema):
        if field.name not in kept:
            copied = copied.set_column(i, field, pa.nulls(len(rows), field.type))
        elif field.name in values:
            copied = copied.set_column(i, field, values[field.name].cast(field.type))
    return copied


def _repeated(word: str, times: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(times, np.int32)), pa.array([word])).cast(CATEGORY)


def _next_id(table: pa.Table) -> int:
    """A number that no event has yet."""
    if not pa.types.is_integer(table.schema.field("event_id").type):
        return 0
    return 1 + max(int(pc.max(table["event_id"]).as_py() or 0), int(table.num_rows))


def _texts(table: pa.Table) -> pa.ChunkedArray:
    return table["borrower_id"].cast(pa.string())


def _micros(times: pa.ChunkedArray) -> Ints:
    return np.asarray(times.combine_chunks().cast(pa.int64())).astype(np.int64)
