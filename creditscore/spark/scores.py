"""Scores of a cluster's applications."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import pyarrow as pa

from creditscore.events.schema import Events
from creditscore.scorecard import Scorecard
from creditscore.scorecard.content import from_parts, to_parts
from creditscore.scoring.score import score as score_block
from creditscore.spark.stream import Frame, stream
from creditscore.spark.workers import over_blocks

Parts = tuple[tuple[str, bytes], ...]


def score(
    card: Scorecard,
    events: Mapping[str, Frame],
    applications: Frame,
    *,
    reference: str | None = None,
    reasons: bool = False,
    partitions: int | None = None,
) -> Frame:
    """A Spark DataFrame with a row an application: what `creditscore.score` says of each, reasons where asked for.

    `events`, `applications` and `partitions` are as `build_features` takes them. The scorecard is broadcast, and read
    and checked once in a worker. Points, PDs and reasons are those of one machine to the last bit.
    """
    card.reference(reference)
    parts = applications.sparkSession.sparkContext.broadcast(tuple(to_parts(card).items()))
    digest = card.digest

    def work(block: Events) -> pa.Table:
        table = score_block(_card(parts.value, digest), block, applications=block.applications, reference=reference)
        return table.select(_columns(table, reasons))

    empty = score_block(card, Events(), applications=_nobody(), reference=reference)
    schema = _ddl(empty.select(_columns(empty, reasons)).schema, applications)
    return stream(events, applications, partitions).mapInArrow(over_blocks(work), schema)


@lru_cache(maxsize=4)
def _card(parts: Parts, digest: str) -> Scorecard:
    """The scorecard in a worker, read and checked once."""
    return from_parts(dict(parts), digest)


def _columns(table: pa.Table, reasons: bool) -> list[str]:
    return [name for name in table.column_names if reasons or not name.startswith("reason_")]


def _nobody() -> pa.Table:
    """Applications of nobody: they show a result's columns."""
    none = pa.array([], pa.string())
    return pa.table({"application_id": none, "borrower_id": none, "as_of": pa.array([], pa.timestamp("us", "UTC"))})


def _ddl(schema: pa.Schema, applications: Frame) -> str:
    """The schema in Spark's words; the application's id stays of its own type."""
    own = applications.schema["application_id"].dataType.simpleString()
    types = {field.name: _SPARK[str(field.type)] for field in schema} | {"application_id": own}
    return ", ".join(f"`{name}` {kind}" for name, kind in types.items())


_SPARK = {"bool": "boolean", "int64": "bigint", "double": "double", "string": "string"}
