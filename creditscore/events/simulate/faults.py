"""Bad rows, put in on purpose as real files have them: nobody's, absurd, undated, or sent twice."""

from __future__ import annotations

import numpy as np

from creditscore.events.simulate.clock import NEVER
from creditscore.events.simulate.rows import UNKNOWN, Rows, picked

SHARE = 0.002
ABSURD = 10**16  # fen

_NOBODY, _ABSURD, _UNDATED, _TWICE = range(4)
_SPOILT = {_NOBODY: ("borrower", UNKNOWN), _ABSURD: ("amount", ABSURD), _UNDATED: ("time", UNKNOWN)}


def numbered(rng: np.random.Generator, rows: Rows, first: int) -> Rows:
    """The rows with the platform's `number` (from `first` on) and their `owner`, one in 500 followed by a bad copy.

    The rows themselves stay whole, so that a history without its bad rows is the true one.
    """
    size = len(rows["time"])
    copies = rng.random(size) < SHARE
    source = np.repeat(np.arange(size), 1 + copies)
    bad = np.append(False, source[1:] == source[:-1])[: len(source)]
    fault = np.where(bad, rng.integers(0, 4, size)[source], UNKNOWN)
    rows = picked(rows, source) | {"owner": rows["borrower"][source]}
    rows["number"] = first + np.cumsum(fault != _TWICE)
    if "amended_at" in rows:
        rows["amended_at"] = np.where(bad, NEVER, rows["amended_at"])
    for one, (column, value) in _SPOILT.items():
        rows[column] = np.where(fault == one, value, rows[column])
    return rows
