"""How sensitive each column of the contract is, and so each feature: the strictest class of what it reads.

Classes follow the Regulation on the Credit Reporting Industry, article 14 (income, deposits and the like need written
consent) and the Personal Information Protection Law, article 28 (travel trails need separate consent).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum


class Sensitivity(IntEnum):
    """What may be done with a datum, from the least to the most restricted."""

    ORDINARY = 0
    SEPARATE_CONSENT = 1
    WRITTEN_CONSENT = 2
    PROHIBITED = 3

    @property
    def label(self) -> str:
        """In words, as reports write it.

        >>> Sensitivity.SEPARATE_CONSENT.label
        'separate consent'
        """
        return self.name.lower().replace("_", " ")


_TABLES: Mapping[str, Sensitivity] = {
    "transactions": Sensitivity.ORDINARY,
    "trips": Sensitivity.SEPARATE_CONSENT,
    "obligations": Sensitivity.SEPARATE_CONSENT,
    "applications": Sensitivity.ORDINARY,
}
_COLUMNS: Mapping[tuple[str, str], Sensitivity] = {
    ("transactions", "balance"): Sensitivity.WRITTEN_CONSENT,
    ("transactions", "city"): Sensitivity.SEPARATE_CONSENT,
}
_VALUES: Mapping[tuple[str, str, str], Sensitivity] = {
    ("transactions", "kind", "income"): Sensitivity.WRITTEN_CONSENT,
    ("transactions", "kind", "transfer_in"): Sensitivity.SEPARATE_CONSENT,
    ("transactions", "kind", "transfer_out"): Sensitivity.SEPARATE_CONSENT,
    ("transactions", "kind", "withdrawal"): Sensitivity.SEPARATE_CONSENT,
    ("transactions", "kind", "top_up"): Sensitivity.SEPARATE_CONSENT,
}


def sensitivity_of(table: str, columns: Iterable[str] = (), values: Iterable[tuple[str, str]] = ()) -> Sensitivity:
    """The strictest class of a table, some of its columns, and (column, value) pairs picked from it.

    >>> sensitivity_of("transactions", ["amount"], [("kind", "income")]).label
    'written consent'
    """
    classes = [_TABLES[table]]
    classes += [_COLUMNS.get((table, column), Sensitivity.ORDINARY) for column in columns]
    classes += [_VALUES.get((table, column, value), Sensitivity.ORDINARY) for column, value in values]
    return max(classes)


def class_of_table(table: str) -> Sensitivity:
    """What every event of a table is of at least."""
    return _TABLES[table]


def restricted_columns(table: str) -> dict[str, Sensitivity]:
    """The columns of a table that are of a stricter class than it."""
    return {column: kind for (own, column), kind in _COLUMNS.items() if own == table and kind > _TABLES[table]}


def restricted_values(table: str) -> dict[str, dict[str, Sensitivity]]:
    """By column, the values that make an event of a stricter class than its table.

    >>> restricted_values("transactions")["kind"]["income"].label
    'written consent'
    """
    found: dict[str, dict[str, Sensitivity]] = {}
    for (own, column, value), kind in _VALUES.items():
        if own == table and kind > _TABLES[table]:
            found.setdefault(column, {})[value] = kind
    return found
