"""Rows that name the same thing twice: one is kept, chosen by what it says, never by where it stood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.hashing import repeated

Ints = npt.NDArray[np.int64]

_GROUP = "group of rows with the same keys"


def duplicates(table: pa.Table, keys: Sequence[pa.ChunkedArray]) -> npt.NDArray[np.bool_]:
    """A mask of the rows to set aside: all that agree with another in every key, but for the smallest by content.

    Content is all columns of the table in their order, missing last; of rows alike in all of it the first one stays.

    >>> table = pa.table({"id": [1, 2, 1], "amount": [9, 5, 8]})
    >>> duplicates(table, [table["id"]]).tolist()
    [True, False, False]
    """
    rows, groups = _repeated(keys, table.num_rows)
    mask = np.zeros(table.num_rows, dtype=np.bool_)
    if len(rows):
        content = _plain(table.take(pa.array(rows))).append_column(_GROUP, pa.array(groups))
        by = [(name, "ascending") for name in (_GROUP, *table.column_names)]
        order = pc.sort_indices(content, sort_keys=by).to_numpy()
        mask[rows[order[1:][groups[order[1:]] == groups[order[:-1]]]]] = True
    return mask


def _plain(table: pa.Table) -> pa.Table:
    """Dictionaries decoded, as Arrow sorts no others."""
    plain = [field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field for field in table.schema]
    return table.cast(pa.schema(plain))


def _repeated(keys: Sequence[pa.ChunkedArray], length: int) -> tuple[Ints, Ints]:
    """The rows that are not alone with their keys, and the group of each; narrowed down by hash, then key by key."""
    rows = repeated(list(keys)) if length else np.arange(0)
    groups = np.zeros(len(rows), dtype=np.int64)
    for key in keys:
        if not len(rows):
            break
        codes = _codes(key if len(rows) == length else key.take(pa.array(rows)))
        _, groups, counts = np.unique(
            groups * (codes.max(initial=0) + 1) + codes, return_inverse=True, return_counts=True
        )
        again = counts[groups] > 1
        rows, groups = rows[again], groups[again]
    return rows, groups


def _codes(values: pa.ChunkedArray) -> Ints:
    codes: Ints = values.dictionary_encode().combine_chunks().indices.to_numpy().astype(np.int64)
    return codes
