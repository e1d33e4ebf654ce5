"""All tables as one stream of rows, by borrower, so that one shuffle brings together what belongs together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import InputError, SchemaError
from creditscore.events.load import load_events
from creditscore.events.schema import CONTRACT, EVENT_TABLES, Events
from creditscore.spark.blocks import KEY

# pyspark.sql.DataFrame, of either kind
Frame = Any


def stream(events: Mapping[str, Frame], applications: Frame, partitions: int | None = None) -> Frame:
    """One DataFrame of borrower_id and a struct a table, null but for the row's own; by borrower, each one's together.

    Raises InputError for a table that is not one of events, SchemaError for one without borrower_id.
    """
    unknown = sorted(set(events) - set(EVENT_TABLES))
    if unknown or not events:
        raise InputError(f"events: expected tables of {', '.join(EVENT_TABLES)}, got {', '.join(unknown) or 'none'}")
    parts = [_rows(name, frame) for name, frame in {**events, "applications": applications}.items()]
    rows = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), parts)
    together = rows.repartition(KEY) if partitions is None else rows.repartition(partitions, KEY)
    return together.sortWithinPartitions(KEY)


def _rows(name: str, frame: Frame) -> Frame:
    """A table's rows in the stream: what the contract knows of its columns, and all of an open table's."""
    from pyspark.sql import functions

    if KEY not in frame.columns:
        raise SchemaError(f"{name}: no column '{KEY}'; rename the one that says whose row it is")
    contract = CONTRACT[name]
    own = [column for column in frame.columns if column != KEY and (contract.open or column in contract.by_name)]
    return frame.select(functions.col(KEY).cast("string").alias(KEY), functions.struct(*own).alias(name))


def events_of(block: pa.Table) -> Events:
    """A block of the stream as events, each table cleaned as from any other source.

    Raises QuarantineError where a row cannot be read: a cluster sets none aside.
    """
    given = {name: rows for name in CONTRACT if name in block.column_names and (rows := _table(block, name)).num_rows}
    return load_events(**given, quarantine_limit=0) if given else Events()


def _table(block: pa.Table, name: str) -> pa.Table:
    """The rows of one table, with whose they are."""
    own = block.filter(pc.is_valid(block[name]))
    if not own.num_rows:
        return own
    return pa.Table.from_struct_array(own[name].combine_chunks()).append_column(KEY, own[KEY])
