"""Columns that a table lacks: missing throughout, on memory that is never touched."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from creditscore.events.schema import Column


def absent(column: Column, length: int) -> pa.Array:
    """The column as loading gives it where no source has it: 0 for the offset from UTC, row numbers for event ids."""
    if column.name == "event_id":
        return pa.array(np.arange(length))
    zeros = pa.py_buffer(np.zeros(8 * length + 8, np.uint8))
    nulls = None if column.name == "utc_offset_minutes" else zeros
    missing = 0 if nulls is None else length
    if column.kind == "category":
        return pa.DictionaryArray.from_buffers(column.type, length, [nulls, zeros], pa.array([], pa.string()), missing)
    buffers = [nulls, zeros, zeros] if column.kind == "id" else [nulls, zeros]
    return pa.Array.from_buffers(column.type, length, buffers, missing)
