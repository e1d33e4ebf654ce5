"""Events of one borrower and instant, put in an order that hangs on what they say alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.encode import as_dictionary, indices
from creditscore.events.schema import MADE_ID, ids_are_made
from creditscore.features.grouping import ties

Ints = npt.NDArray[np.int64]

# What may become known after the event: the times at which it does, and the values.
_LATER_TIMES = ("status_at", "paid_at", "ended_at", "notified_at")
_LATER_VALUES = ("recorded_at", "status", "amount_paid")


def settle(table: pa.Table, starts: Ints, time: Ints, rows: Ints) -> None:
    """Put events of one borrower and instant in order by event id, then by content, never by platform; in place.

    Ids that loading made up from row numbers do not count: rows in another order must give the same features. What may
    become known later comes last, a time not yet known after all others: it must not change the order seen before.
    """
    places = np.flatnonzero(ties(starts, time))
    if len(places):
        breakers = _tie_breakers(table)
        tied = table.select([name for name, _ in breakers]).take(pa.array(rows[places]))
        keys = [_rank(tied[name], last) for name, last in breakers]
        owners = np.searchsorted(starts, places, side="right")
        rows[places] = rows[places][np.lexsort((*reversed(keys), time[places], owners))]


def _tie_breakers(table: pa.Table) -> list[tuple[str, bool]]:
    """The columns that settle ties, the first one first, and whether a missing value comes last."""
    later = [name for name in (*_LATER_TIMES, *_LATER_VALUES) if name in table.column_names]
    apart = ("borrower_id", "event_id", "time", "platform", *later)
    static = [name for name in table.column_names if name not in apart]
    ids = [] if ids_are_made(table) else ["event_id"]
    asked = [name for name in [*ids, *static, *later] if table[name].null_count < table.num_rows]
    return [(name, name in _LATER_TIMES) for name in asked]


def _rank(values: pa.ChunkedArray, missing_last: bool) -> Ints:
    """Each value's place among the sorted distinct ones; ids made from row numbers come first, as one."""
    encoded = as_dictionary(values)
    words: Any = encoded.dictionary
    place = np.empty(len(words) + 1, dtype=np.int64)
    place[pc.sort_indices(words).to_numpy()] = np.arange(len(words))
    if pa.types.is_string(words.type):
        place[:-1][pc.starts_with(words, MADE_ID).to_numpy(False)] = -1
    place[-1] = len(words) if missing_last else -1
    return place[indices(encoded)]
