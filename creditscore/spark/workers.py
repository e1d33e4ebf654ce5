"""What a worker runs over its partition: block after block, on one thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from creditscore.events.schema import Events
from creditscore.spark.blocks import blocks
from creditscore.spark.stream import events_of

# From a block's events to a row an application.
Work = Callable[[Events], pa.Table]


def over_blocks(work: Work) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What `mapInArrow` takes: `work` on each block that has applications."""

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        # a cluster gives each task one core
        os.environ["OMP_NUM_THREADS"] = "1"
        pa.set_cpu_count(1)
        for block in blocks(batches):
            events = events_of(block)
            if events.applications is not None:
                yield from work(events).combine_chunks().to_batches()

    return run
