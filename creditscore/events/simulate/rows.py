"""Rows of one kind, not yet a platform's file: a dict of arrays of one length. Money is in fen, times are seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.events.schema import OBLIGATIONS, TRANSACTIONS, TRIPS
from creditscore.events.simulate.clock import NEVER, Floats, Ints, whole

Rows = dict[str, npt.NDArray[Any]]

KIND = {name: code for code, name in enumerate(TRANSACTIONS["kind"].values)}
STATUS = {name: code for code, name in enumerate(TRANSACTIONS["status"].values)}
MODE = {name: code for code, name in enumerate(TRIPS["mode"].values)}
SCOPE = {name: code for code, name in enumerate(TRIPS["scope"].values)}
TRIP_STATUS = {name: code for code, name in enumerate(TRIPS["status"].values)}
DEBT = {name: code for code, name in enumerate(OBLIGATIONS["kind"].values)}
UNKNOWN = -1


def transactions(borrower: Ints, time: Ints, kind: str, amount: Ints, **more: npt.NDArray[Any]) -> Rows:
    """Transactions of one kind; what `more` does not say is completed, at once, at nobody's, and never amended."""
    unknown = np.full(len(time), UNKNOWN)
    rows: Rows = {"borrower": borrower, "time": time, "kind": np.full(len(time), KIND[kind]), "amount": amount}
    rows |= {"merchant": unknown, "channel": unknown, "balance": unknown, "city": unknown}
    rows |= {"status": np.full(len(time), STATUS["completed"]), "status_at": time, "recorded_at": time}
    rows |= {"amended": amount, "amended_at": np.full(len(time), NEVER)}
    return rows | more


def stacked(parts: Iterable[Rows]) -> Rows:
    """Parts with the same columns as one, in order."""
    parts = list(parts)
    return in_order({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def in_order(rows: Rows) -> Rows:
    """The rows by borrower, and each borrower's by time."""
    return picked(rows, np.lexsort((rows["time"], rows["borrower"])))


def picked(rows: Rows, which: npt.NDArray[Any]) -> Rows:
    """The rows that an index or a mask picks."""
    return {name: column[which] for name, column in rows.items()}


def fen(yuan: Floats, step: float = 0.1) -> Ints:
    """Yuan as fen, rounded to a step as prices are, and at least one step."""
    return whole(np.maximum(np.rint(yuan / step), 1)) * round(100 * step)


def scattered(rng: np.random.Generator, middle: Floats, spread: float | Floats) -> Floats:
    """Amounts about a median: log-normal, `spread` in log units."""
    return middle * np.exp(spread * rng.standard_normal(len(middle)))
