"""Contributions summed by reason code, before any ranking; those of a data family that a row lacks, by its own code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.model.presence import Presence
from creditscore.reasons.codes import ABSENCE

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CodeColumns:
    """Under which code a feature is summed: codes[column[pattern, feature]], by the pattern of absent families.

    `codes` are in alphabetical order; `family` is the column of each family's own code.
    """

    codes: tuple[str, ...]
    column: Ints
    family: Ints

    @classmethod
    def of(cls, reason_codes: tuple[str, ...], presence: Presence) -> CodeColumns:
        """Of each feature's own code: the family's, in its stead, where the feature reads one that is absent."""
        absence = [ABSENCE[name] for name in presence.families]
        codes = tuple(sorted({*reason_codes, *absence}))
        place = {code: i for i, code in enumerate(codes)}
        own = np.array([place[code] for code in reason_codes], np.int64)
        family = np.array([place[code] for code in absence], np.int64)
        column = np.tile(own, (presence.patterns, 1))
        for pattern in range(presence.patterns):
            for f in reversed(range(len(family))):
                if pattern >> f & 1:
                    column[pattern, presence.read >> f & 1 == 1] = family[f]
        return cls(codes, column, family)

    def sum(self, contributions: Floats, absent: Ints) -> Floats:
        """Contributions, float64[rows, features], summed by code: float64[rows, codes]."""
        summed = np.zeros((len(contributions), len(self.codes)))
        _add_up(contributions, self.column, absent, summed)
        return summed

    def behind(self, code: str, pattern: int) -> Sequence[int]:
        """The features that are summed under a code."""
        if (code, pattern) not in self._behind:
            found = np.flatnonzero(self.column[pattern] == self.codes.index(code))
            self._behind[code, pattern] = tuple(found.tolist())
        return self._behind[code, pattern]

    @cached_property
    def _behind(self) -> dict[tuple[str, int], tuple[int, ...]]:
        """What was asked, kept for the next score."""
        return {}


@compiled
def _add_up(contributions: Floats, column: Ints, absent: Ints, summed: Floats) -> None:
    for row in range(len(contributions)):
        own = column[absent[row]]
        for feature in range(len(own)):
            summed[row, own[feature]] += contributions[row, feature]
