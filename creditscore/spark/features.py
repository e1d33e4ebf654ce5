"""Features of a cluster's events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from creditscore.events.schema import Events
from creditscore.features.build import build_features as build_block
from creditscore.features.define import flatten
from creditscore.governance.retention import CHINA, Retention
from creditscore.spark.stream import Frame, stream
from creditscore.spark.workers import over_blocks


def build_features(
    events: Mapping[str, Frame],
    applications: Frame,
    *,
    features: Any = None,
    partitions: int | None = None,
    categories: Mapping[str, str] | None = None,
    retention: Retention | None = CHINA,
) -> Frame:
    """A Spark DataFrame with a row an application: application_id, then a double a feature, null where missing.

    `events` maps transactions, trips and obligations to DataFrames in the contract's columns, `applications` has
    application_id, borrower_id and as_of; `features` is any nesting of definitions, the whole catalogue unless given.
    `categories` and `retention` are as `creditscore.build_features` takes them. Borrowers are spread over `partitions`,
    Spark's own number unless given. The values are those of `creditscore.build_features` to the last bit, whatever the
    partitions; rows come in no order.

    Nothing is read before Spark's own action. A row that cannot be read stops it with the reason; none is set aside.
    """
    from creditscore.features.catalogue import CATALOGUE

    wanted = flatten(CATALOGUE if features is None else features)
    names = ", ".join(f"`{feature.name}` double" for feature in wanted)
    schema = f"application_id {_type_of(applications, 'application_id')}, {names}"

    def work(block: Events) -> pa.Table:
        return build_block(block, features=wanted, threads=1, categories=categories, retention=retention)

    return stream(events, applications, partitions).mapInArrow(over_blocks(work), schema)


def _type_of(frame: Frame, column: str) -> str:
    return str(frame.schema[column].dataType.simpleString())
