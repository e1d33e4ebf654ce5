"""Arrow batches in the order of borrowers → blocks of whole borrowers, as `mapInArrow` hands them over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

KEY = "borrower_id"
# Rows that make a block: enough that a call costs little beside them.
ENOUGH = 100_000


def blocks(batches: Iterable[pa.RecordBatch], enough: int = ENOUGH) -> Iterator[pa.Table]:
    """Tables of whole borrowers in their order, each of `enough` rows or more but the last.

    A borrower's rows lie together, and a batch may end among them: they are put together again. Memory holds a block,
    a batch and the largest borrower.
    """
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if rows >= enough:
            own = _rows_of(held[-1].column(KEY)[-1], batch)
            if own < batch.num_rows:
                yield pa.Table.from_batches([*held, batch.slice(0, own)])
                held, rows, batch = [], 0, batch.slice(own)
        if batch.num_rows:
            held.append(batch)
            rows += batch.num_rows
    if held:
        yield pa.Table.from_batches(held)


def _rows_of(borrower: pa.Scalar, batch: pa.RecordBatch) -> int:
    """How many rows at a batch's beginning are that borrower's."""
    first_other = pc.index(pc.not_equal(batch.column(KEY), borrower), True).as_py()
    return batch.num_rows if first_other < 0 else int(first_other)
