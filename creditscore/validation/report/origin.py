"""What the scores come from: with it the report can say what moved, and for whom the score works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.events.schema import MONEY_DECIMALS
from creditscore.features.matrix_file import blocks_of
from creditscore.scorecard import Scorecard
from creditscore.validation.fairness.groups import groups_of
from creditscore.validation.report.neutrality import Platforms

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Rows whose features are looked at: of more, so many are drawn.
MOST_ROWS = 50_000


@dataclass(frozen=True)
class Origin:
    """The scorecard, its features' values and the amounts applied for, row for row with the table of scores.

    `matrix` is float64[rows, features] or a file of it, missing NaN, of which `chosen` are the rows meant, rising (all
    without it); `amount` float64[rows], None where unknown; `applications` the contract's table;
    `groups` maps each protected attribute to a label a row, and `borrower` numbers whose rows they are; `platforms`
    says who supplied what of whom.
    """

    card: Scorecard
    matrix: Any
    amount: Floats | None = None
    chosen: Ints | None = None
    applications: pa.Table | None = None
    groups: Mapping[str, npt.NDArray[np.object_]] = field(default_factory=dict)
    borrower: Ints | None = None
    platforms: Platforms | None = None

    @classmethod
    def of(cls, card: Scorecard, matrix: Any, applications: pa.Table, platforms: Platforms | None = None) -> Origin:
        """With the amounts of the applications, in units of the currency, where all of them have one, and the protected
        attributes that the scorecard names, where the applications have them.
        """
        known = "amount" in applications.column_names and not applications["amount"].null_count
        amount = applications["amount"].cast(pa.float64()).to_numpy() / 10.0**MONEY_DECIMALS if known else None
        asked = card.facts.get("fairness") or {"attributes": [], "bands": {}}
        groups = {
            name: groups_of(applications[name].to_pylist(), asked["bands"].get(name, ()), name)
            for name in asked["attributes"]
            if name in applications.column_names
        }
        borrower = applications["borrower_id"].combine_chunks().dictionary_encode().indices
        numbers = np.asarray(borrower).astype(np.int64)
        return cls(
            card, matrix, amount, applications=applications, groups=groups, borrower=numbers, platforms=platforms
        )

    @property
    def rows(self) -> Ints:
        """The matrix's rows that the table of scores holds."""
        return np.arange(len(self.matrix)) if self.chosen is None else self.chosen

    def values(self, rows: Bools, most: int = MOST_ROWS) -> Floats:
        """The features of the rows chosen, at most so many of them, evenly drawn."""
        return self.values_at(evenly(np.flatnonzero(rows), most))

    def values_at(self, places: Ints) -> Floats:
        """The features of the rows at these places of the table of scores."""
        return np.asarray(self.matrix[self.rows[places]], np.float64)

    def blocks(self) -> Iterator[Floats]:
        """All rows' features, some rows at a time."""
        return (block for _, block in blocks_of(self.matrix, self.chosen))

    def only(self, rows: Bools) -> Origin:
        """The same of some rows."""
        places = np.flatnonzero(rows)
        amount = None if self.amount is None else self.amount[places]
        asked = None if self.applications is None else self.applications.take(pa.array(places))
        groups = {name: label[places] for name, label in self.groups.items()}
        borrower = None if self.borrower is None else self.borrower[places]
        return replace(
            self,
            amount=amount,
            chosen=self.rows[places],
            applications=asked,
            groups=groups,
            borrower=borrower,
            platforms=self.platforms and self.platforms.only(rows),
        )


def evenly(rows: Ints, most: int) -> Ints:
    """At most so many of these rows, evenly drawn.

    >>> evenly(np.arange(10), 4).tolist()
    [0, 3, 6, 9]
    """
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
