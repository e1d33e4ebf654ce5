"""Events as somebody who was granted so much may see them: the rest is as if it had never been.

A family that is not granted, or whose own class is not, is absent, as for a borrower without one event of it. Of a
family that is granted in part, the rows whose kind or category is of a class that is not are left out, and the columns
of such a class are missing throughout. Grants are of `consent`: bit c for the class c, one for each event table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.events.encode import as_dictionary, indices
from creditscore.events.rows import NotPlainError
from creditscore.events.schema import CONTRACT, EVENT_TABLES, Events
from creditscore.governance.categories import Categories
from creditscore.governance.consent import EVERYTHING, NOTHING, ORDINARY
from creditscore.governance.sensitivity import Sensitivity, class_of_table, restricted_columns, restricted_values

Bools = npt.NDArray[np.bool_]
CATEGORY = "category"
# What is never granted by anybody is not for consent to say.
_CLASSES = (Sensitivity.SEPARATE_CONSENT, Sensitivity.WRITTEN_CONSENT)


def allows(grant: int, kind: Sensitivity | None) -> bool:
    """Whether a grant allows a class; of words of no known class another room decides."""
    return kind is None or kind not in (Sensitivity.ORDINARY, *_CLASSES) or bool(grant >> kind & 1)


def allows_family(table: str, grant: int) -> bool:
    """Whether a grant of a table's events allows any of them."""
    return bool(grant & ORDINARY) and allows(grant, class_of_table(table))


def as_seen(table: str, grant: int) -> int:
    """The grant that stands for all that let the same be seen of a table's events.

    >>> [as_seen("obligations", grant) for grant in (1, 3, 5, 7)]
    [0, 7, 0, 7]
    """
    if not allows_family(table, grant):
        return NOTHING
    return EVERYTHING & ~sum(1 << kind for kind in _classes_within(table) if not allows(grant, kind))


def withheld(tables: Sequence[str], grants: Sequence[int]) -> tuple[str, ...]:
    """What is withheld of these tables, in words: a family, or the class of what is withheld of it.

    >>> withheld(("transactions", "trips"), (3, 1, 0))
    ('transactions: written consent', 'trips')
    """
    found = []
    for table, grant in zip(EVENT_TABLES, grants, strict=True):
        if table not in tables:
            continue
        if not allows_family(table, grant):
            found.append(table)
            continue
        found += [f"{table}: {kind.label}" for kind in _classes_within(table) if not allows(grant, kind)]
    return tuple(found)


def _classes_within(table: str) -> list[Sensitivity]:
    """The classes stricter than the table's own that some of it may be of."""
    kinds = {*restricted_columns(table).values()}
    kinds |= {kind for values in restricted_values(table).values() for kind in values.values()}
    if CATEGORY in CONTRACT[table].by_name:
        kinds |= set(_CLASSES)
    return sorted(kind for kind in kinds if kind > class_of_table(table))


def visible(events: Events, grants: Sequence[int], categories: Categories) -> Events:
    """The events that these grants, one for each event table, let be seen; applications stay."""
    given = zip(EVENT_TABLES, grants, strict=True)
    tables: dict[str, Any] = {name: _table(name, events.table(name), grant, categories) for name, grant in given}
    return replace(events, **tables)


def visible_rows(
    history: Mapping[str, Sequence[Any]], grants: Sequence[int], categories: Categories
) -> dict[str, list[Any]]:
    """The same of one borrower's lists of dicts. Raises NotPlainError where they are for `load_events`."""
    given = dict(zip(EVENT_TABLES, grants, strict=True))
    return {table: _rows(table, rows, given[table], categories) for table, rows in history.items() if table in given}


def _table(name: str, table: pa.Table | None, grant: int, categories: Categories) -> pa.Table | None:
    if table is None or not allows_family(name, grant):
        return None
    if grant == EVERYTHING:
        return table
    hidden = _hidden_rows(name, table, grant, categories)
    if hidden.any():
        table = table.filter(pa.array(~hidden))
    for column in _hidden_columns(name, grant):
        i = table.schema.get_field_index(column)
        if i >= 0:
            table = table.set_column(i, table.schema.field(i), pa.nulls(table.num_rows, table.schema.types[i]))
    return table


def _hidden_rows(name: str, table: pa.Table, grant: int, categories: Categories) -> Bools:
    """The rows of which a word is of a class that is not granted."""
    hidden = np.zeros(table.num_rows, np.bool_)
    words = restricted_values(name)
    for column in (*words, CATEGORY):
        if column not in table.column_names:
            continue
        encoded = as_dictionary(table[column])
        known = words.get(column)
        own = encoded.dictionary.to_pylist()
        denied = [not allows(grant, _class_of(word, known, categories)) for word in own]
        if any(denied):
            hidden |= np.array([*denied, False])[indices(encoded)]
    return hidden


def _class_of(word: str | None, known: Mapping[str, Sensitivity] | None, categories: Categories) -> Sensitivity | None:
    if word is None:
        return None
    return categories.class_of(word) if known is None else known.get(word)


def _hidden_columns(name: str, grant: int) -> list[str]:
    return [column for column, kind in restricted_columns(name).items() if not allows(grant, kind)]


def _rows(name: str, rows: Sequence[Any], grant: int, categories: Categories) -> list[Any]:
    if not allows_family(name, grant):
        return []
    if grant == EVERYTHING:
        return list(rows)
    if not set(map(type, rows)) <= {dict}:
        raise NotPlainError
    seen = list(rows)
    words = restricted_values(name)
    for column in (*words, CATEGORY):
        if column in CONTRACT[name].by_name:
            seen = _without_words(seen, column, words.get(column), grant, categories)
    hidden = _hidden_columns(name, grant)
    return [{key: value for key, value in row.items() if key not in hidden} for row in seen] if hidden else seen


def _without_words(
    rows: list[Any], column: str, known: Mapping[str, Sensitivity] | None, grant: int, categories: Categories
) -> list[Any]:
    values = [row.get(column) for row in rows]
    if not set(map(type, values)) <= {str, type(None)}:
        raise NotPlainError
    allowed = {word: allows(grant, _class_of(word, known, categories)) for word in set(values)}
    if all(allowed.values()):
        return rows
    return [row for row, word in zip(rows, values, strict=True) if allowed[word]]
