"""What the scores come from: with it the report can say what moved, and for whom the score works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.scorecard import Scorecard
from creditscore.validation.fairness.groups import groups_of

Floats = npt.NDArray[np.float64]

# Rows whose features are looked at: of more, so many are drawn.
MOST_ROWS = 50_000


@dataclass(frozen=True)
class Origin:
    """The scorecard, its features' values and the amounts applied for, row for row with the table of scores.

    `matrix` is float64[rows, features] or a file of it, missing NaN; `amount` float64[rows], None where unknown;
    `groups` maps each protected attribute to a label a row, and `borrower` numbers whose rows they are.
    """

    card: Scorecard
    matrix: Any
    amount: Floats | None = None
    groups: Mapping[str, npt.NDArray[np.object_]] = field(default_factory=dict)
    borrower: npt.NDArray[np.int64] | None = None

    @classmethod
    def of(cls, card: Scorecard, matrix: Any, applications: pa.Table) -> Origin:
        """With the amounts of the applications, where all of them have one, and the protected attributes that the
        scorecard names, where the applications have them.
        """
        known = "amount" in applications.column_names and not applications["amount"].null_count
        amount = applications["amount"].cast(pa.float64()).to_numpy() if known else None
        asked = card.facts.get("fairness") or {"attributes": [], "bands": {}}
        groups = {
            name: groups_of(applications[name].to_pylist(), asked["bands"].get(name, ()), name)
            for name in asked["attributes"]
            if name in applications.column_names
        }
        borrower = applications["borrower_id"].combine_chunks().dictionary_encode().indices
        return cls(card, matrix, amount, groups, np.asarray(borrower).astype(np.int64))

    def values(self, rows: npt.NDArray[np.bool_], most: int = MOST_ROWS) -> Floats:
        """The features of the rows chosen, at most so many of them, evenly drawn."""
        chosen = np.flatnonzero(rows)
        if len(chosen) > most:
            chosen = chosen[np.linspace(0, len(chosen) - 1, most).astype(np.int64)]
        return np.asarray(self.matrix[chosen], np.float64)

    def only(self, rows: npt.NDArray[np.bool_]) -> Origin:
        """The same of some rows, in memory."""
        chosen = np.flatnonzero(rows)
        amount = None if self.amount is None else self.amount[chosen]
        groups = {name: label[chosen] for name, label in self.groups.items()}
        borrower = None if self.borrower is None else self.borrower[chosen]
        return replace(self, matrix=self.matrix[chosen], amount=amount, groups=groups, borrower=borrower)
