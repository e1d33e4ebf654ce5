"""Cleaned runs → one table of the contract's columns, with ids that agree and no row twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import SchemaError
from creditscore.events.absent import absent
from creditscore.events.duplicates import duplicates
from creditscore.events.encode import Vocabulary, by_appearance, in_one
from creditscore.events.quarantine import bad_rows
from creditscore.events.runs import Origin, side_by_side
from creditscore.events.schema import (
    ALL_MADE,
    FIXED_POINT,
    MADE_ID,
    NO_QUARANTINE,
    Column,
    TableContract,
    ids_are_made,
)

# The ids by which tables name each other's rows.
SHARED_IDS = ("borrower_id", "application_id")


def join(goods: Sequence[pa.Table], origins: Sequence[Origin], contract: TableContract) -> tuple[pa.Table, pa.Table]:
    """The runs' good rows as one table, and its duplicates as in `Quarantine.rows`.

    Raises SchemaError where a further column is numbers in one run and text in another.
    """
    if contract.key == "event_id" and any("event_id" in good.column_names for good in goods):
        goods = [with_ids(*one) for one in zip(goods, origins, strict=True)]
    return _without_duplicates(_finished(_joined(list(goods), contract), contract), contract, origins)


def words_for(contract: TableContract) -> dict[str, Vocabulary]:
    """An empty vocabulary for each column whose texts are few words that recur."""
    return {column.name: Vocabulary() for column in contract.columns if _recurs(column, contract)}


def _recurs(column: Column, contract: TableContract) -> bool:
    """A borrower has many events, if few applications."""
    return column.kind == "category" or (column.name == "borrower_id" and contract.key == "event_id")


def encoded(table: pa.Table, words: Mapping[str, Vocabulary]) -> pa.Table:
    """The table with those of its columns as numbers of these words."""
    for i, name in enumerate(table.column_names):
        kind = table.schema.types[i]
        if name in words and (pa.types.is_string(kind) or pa.types.is_dictionary(kind)):
            table = table.set_column(i, name, words[name].encoded(table.column(i)))
    return table


def with_ids(table: pa.Table, origin: Origin) -> pa.Table:
    """Missing ids made from the source's label and the row's number there."""
    ids = table["event_id"] if "event_id" in table.column_names else pa.chunked_array([pa.nulls(table.num_rows)])
    if not ids.null_count:
        return table
    rows = pa.array(origin.rows).cast(pa.string())
    made = pc.coalesce(ids.cast(pa.string()), pc.binary_join_element_wise(f"{MADE_ID}{origin.label}:", rows, ""))
    return table.drop_columns(["event_id"] if "event_id" in table.column_names else []).append_column("event_id", made)


def _joined(parts: list[pa.Table], contract: TableContract) -> pa.Table:
    """All parts as one table; a column that some lack is missing there."""
    ids = [column.name for column in contract.columns if column.kind == "id"]
    _check_alike(parts, contract)
    parts = _as_words(with_agreed_ids(parts, ids), "borrower_id")
    table = pa.concat_tables(parts, promote_options="default")
    for name in (name for name in ids if name not in (*table.column_names, "event_id")):
        table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
    for i, kind in enumerate(table.schema.types):
        if pa.types.is_null(kind):
            table = table.set_column(i, table.column_names[i], table.column(i).cast(pa.float64()))
    return table


def _check_alike(parts: list[pa.Table], contract: TableContract) -> None:
    kinds: dict[str, pa.DataType] = {}
    for part in parts:
        for name, kind in zip(part.column_names, part.schema.types, strict=True):
            if name in contract.by_name or pa.types.is_null(kind):
                continue
            if kinds.setdefault(name, kind) != kind:
                raise SchemaError(
                    f"{contract.name}: column '{name}' is numbers in one source and text in another; make them one type"
                )


def with_agreed_ids(tables: list[pa.Table], names: Sequence[str]) -> list[pa.Table]:
    """Each of these ids as int64 where it is so in all tables that have any, else as text in all, in words or plain."""
    for name in names:
        used = [table[name] for table in tables if name in table.column_names]
        kinds = {values.type for values in used if values.null_count < len(values)}
        kind = pa.int64() if kinds == {pa.int64()} else pa.string()
        tables = [_cast(table, name, kind) for table in tables]
    return tables


def _cast(table: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    i = table.schema.get_field_index(name)
    if i < 0 or pa.types.is_dictionary(table.schema.types[i]):
        return table
    return table.set_column(i, name, table.column(i).cast(kind))


def _as_words(parts: list[pa.Table], name: str) -> list[pa.Table]:
    """The column in words in all parts where it is so in one."""
    places = [part.schema.get_field_index(name) for part in parts]
    if not any(i >= 0 and pa.types.is_dictionary(part.schema.types[i]) for part, i in zip(parts, places, strict=True)):
        return parts
    return [
        part.set_column(i, name, part.column(i).dictionary_encode()) if i >= 0 else part
        for part, i in zip(parts, places, strict=True)
    ]


def _without_duplicates(
    table: pa.Table, contract: TableContract, origins: Sequence[Origin]
) -> tuple[pa.Table, pa.Table]:
    if contract.key is None or ids_are_made(table):
        return table, NO_QUARANTINE.rows
    keys = [table[contract.key]]
    if contract.key == "event_id":
        # The costliest key last: few rows are left to compare by then.
        recorded = pc.coalesce(table["recorded_at"], table["time"])
        keys = [recorded, table["borrower_id"], table["platform"], table["event_id"]]
    repeated = duplicates(table, keys)
    if repeated.any() and "category" in contract.by_name:
        # a row of a category that may not be used must not take the place of one that may
        repeated = duplicates(table, [*keys, pc.fill_null(table["category"].cast(pa.string()), "")])
    if not repeated.any():
        return table, NO_QUARANTINE.rows
    labels, rows = _places(origins, np.flatnonzero(repeated))
    reasons = pa.repeat(f"duplicate {contract.key}", len(rows))
    return table.filter(pa.array(~repeated)), bad_rows(contract.name, labels, rows, reasons)


def _places(origins: Sequence[Origin], kept: npt.NDArray[np.int64]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Where the rows of the joined table stood: their sources' labels and their numbers there."""
    starts = np.cumsum([0, *(len(origin.rows) for origin in origins)])
    which = np.searchsorted(starts, kept, side="right") - 1
    rows = [origins[i].rows[row - starts[i]] for i, row in zip(which, kept, strict=True)]
    return [origins[i].label for i in which], np.array(rows, dtype=np.int64)


def _finished(table: pa.Table, contract: TableContract) -> pa.Table:
    """The contract's columns, absent ones missing, then further ones; each in one chunk, with one dictionary."""
    known = contract.by_name
    names = [*known, *(name for name in table.column_names if name not in known)]
    arrays = list(side_by_side(lambda name: _whole(table, name, contract), names))
    made = "event_id" in known and "event_id" not in table.column_names
    fields = [_told(pa.field(name, array.type), contract) for name, array in zip(names, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, {ALL_MADE: b"1"} if made else None))


def _whole(table: pa.Table, name: str, contract: TableContract) -> pa.Array:
    if name not in table.column_names:
        return absent(contract[name], table.num_rows)
    values = table[name]
    further = name not in contract.by_name and pa.types.is_string(values.type)
    if further or pa.types.is_dictionary(values.type):
        return by_appearance(values)
    return in_one(values)


def _told(field: pa.Field, contract: TableContract) -> pa.Field:
    """The field, saying of a fixed-point column that it is one."""
    column = contract.by_name.get(field.name)
    fixed = column is not None and column.kind == "fixed"
    return field.with_metadata({FIXED_POINT: str(column.decimals)}) if column is not None and fixed else field
