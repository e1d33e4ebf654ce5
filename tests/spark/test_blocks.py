"""Batches cut anywhere come out as whole borrowers."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from creditscore.spark.blocks import blocks


@given(
    st.lists(st.integers(1, 12), max_size=12), st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(1, 20)
)
def test_every_cut_gives_whole_borrowers_in_order(sizes, cuts, enough):
    ids = [f"b{b:02}" for b, size in enumerate(sizes) for _ in range(size)]
    table = pa.table({"borrower_id": pa.array(ids, pa.string()), "row": pa.array(range(len(ids)), pa.int64())})
    batches, at = [], 0
    for cut in [*cuts, len(ids)]:
        batches += table.slice(at, cut).to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
        at += cut
    found = list(blocks(batches, enough))
    assert [row for block in found for row in block["row"].to_pylist()] == list(range(len(ids)))
    seen = [set(block["borrower_id"].to_pylist()) for block in found]
    assert sum(map(len, seen)) == len(set(ids))
    assert all(block.num_rows >= enough for block in found[:-1])


def test_a_block_holds_no_more_than_it_must():
    ids = [f"b{i:03}" for i in range(100)]
    batches = pa.table({"borrower_id": ids}).to_batches(max_chunksize=10)
    assert [block.num_rows for block in blocks(batches, 20)] == [20] * 5
