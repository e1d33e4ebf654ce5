"""Under which consents data are used: the ids of the records that hold at as_of, by application and family."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.schema import EVENT_TABLES
from creditscore.governance.consent import Holding

Ints = npt.NDArray[np.int64]


def ids_of_plain(holding: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """By family, the ids of one borrower's records that hold, each once and in order; those without an id name none.

    >>> trips = {"family": "trips"}
    >>> ids_of_plain([trips | {"consent_id": "c2"}, trips | {"consent_id": 1}, trips])
    {'trips': ['1', 'c2']}
    """
    named = [(record["family"], str(record["consent_id"])) for record in holding if _has_id(record)]
    return {name: own for name in EVENT_TABLES if (own := sorted({one for family, one in named if family == name}))}


def consent_ids(holding: Holding) -> pa.Table:
    """The same of many: a column a family, a row an application, the ids as a JSON list; null where none has an id."""
    records = holding.records
    texts, place = _by_text(records["consent_id"].cast(pa.string()).to_pylist())
    family = pc.index_in(records["family"].cast(pa.string()), value_set=pa.array(EVENT_TABLES)).to_numpy()
    own, id_of = family[holding.record], place[holding.record]
    columns = {}
    for f, name in enumerate(EVENT_TABLES):
        named = (own == f) & (id_of >= 0)
        columns[name] = _listed(holding.application[named], id_of[named], texts, holding.applications)
    return pa.table(columns)


def _has_id(record: Mapping[str, Any]) -> bool:
    return record.get("consent_id") not in (None, "")


def _by_text(ids: Sequence[str | None]) -> tuple[pa.Array, Ints]:
    """The different ids in order, as JSON, and each record's, −1 where it has none."""
    different = sorted({one for one in ids if one})
    number = {one: i for i, one in enumerate(different)}
    texts = pa.array([json.dumps(one, ensure_ascii=False) for one in different], pa.string())
    return texts, np.array([number.get(one or "", -1) for one in ids], np.int64)


def _listed(
    application: Ints,
    ids: Ints,
    texts: pa.Array,
    applications: int,
) -> pa.Array:
    """For each application its ids as a JSON list, null where it has none."""
    pairs = np.unique(np.column_stack([application, ids]), axis=0) if len(ids) else np.zeros((0, 2), np.int64)
    offsets = np.searchsorted(pairs[:, 0], np.arange(applications + 1)).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), texts.take(pa.array(pairs[:, 1])))
    joined = pc.binary_join_element_wise("[", pc.binary_join(lists, ","), "]", "")
    return pc.if_else(pa.array(np.diff(offsets) > 0), joined, pa.scalar(None, pa.string()))
