"""A cache of compiled code, filled ahead of the first request: for container images, where each start would compile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa

from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES
from creditscore.events.storing import temporary_store
from creditscore.features.build import build_features
from creditscore.features.catalogue import CATALOGUE
from creditscore.features.evidence import events_behind
from creditscore.features.one import row_of
from creditscore.features.plan import make_plan
from creditscore.governance.retention import CHINA
from creditscore.scoring.conformance import made_history, replay

_AS_OF = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
_EVENTS_EACH = (0, 1, 7, 40)


@dataclass
class Warmed:
    """What was run, and the seconds that it took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = perf_counter()
        yield
        self.seconds[name] = perf_counter() - began


def warm(cards: tuple[Any, ...] = ()) -> Warmed:
    """Run all that is compiled on made histories: reading, a store, the catalogue for many and for one, and scorecards.

    The code is kept where Numba was told to keep it when it was imported (NUMBA_CACHE_DIR).
    """
    warmed = Warmed()
    rows = _rows()
    with warmed.step("reading"):
        events = load_events(**rows)
        _ = [load_events(**{name: change(pa.Table.from_pylist(rows[name])) for name in rows}) for change in _CHANGES]
    with warmed.step("features of many"):
        build_features(events)
    with warmed.step("features of one"):
        build_features(events.of("b3"), threads=1)
        row_of(make_plan(CATALOGUE, CHINA), made_history(_EVENTS_EACH[-1]), round(_AS_OF.timestamp() * 1e6), {})
    with warmed.step("evidence"):
        events_behind(CATALOGUE, events.of("b3"), _AS_OF)
    with warmed.step("a store"), temporary_store(**rows) as store:
        build_features(store)
    for card in cards:
        with warmed.step(f"scorecard {card.model_id}"):
            replay(card)
    return warmed


def _rows() -> dict[str, Any]:
    """Made events of a few borrowers, and an application of each, as load_events takes them."""
    histories = [(f"b{i}", made_history(size)) for i, size in enumerate(_EVENTS_EACH)]
    rows = {
        name: [{"borrower_id": who, **event} for who, history in histories for event in history[name]]
        for name in EVENT_TABLES
    }
    return rows | {
        "applications": [{"application_id": who, "borrower_id": who, "as_of": _AS_OF} for who, _ in histories]
    }


def _without_ids(table: pa.Table) -> pa.Table:
    return table.drop_columns(["event_id"]) if "event_id" in table.column_names else table


def _numbered(table: pa.Table) -> pa.Table:
    ids = pa.array(np.arange(table.num_rows))
    return table.set_column(table.column_names.index("borrower_id"), "borrower_id", ids)


_CHANGES: tuple[Callable[[pa.Table], pa.Table], ...] = (lambda table: table, _without_ids, _numbered)
