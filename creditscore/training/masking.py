"""Families hidden at random from the applications that trees learn from, so that absence means little by itself.

A borrower who withholds a family looks like one who has none. Trees that only ever met the latter take absence for what
those are; trees that met it at random too rely on what is left. Hiding a family makes every feature that reads it
missing, as for a borrower without one event of it. Only what is learnt from is masked: calibration, references and
reports are of the applications as they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from creditscore.governance.basis import ConsentRule
from creditscore.model.presence import Presence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def maskable(rule: ConsentRule, presence: Presence) -> tuple[int, ...]:
    """The families that may be hidden: who withholds obligations is not scored, unless the rule says otherwise; and
    where a model has one family only there is nothing left to learn without it.
    """
    if len(presence.families) < 2:
        return ()
    return tuple(f for f, name in enumerate(presence.families) if name != "obligations" or rule.scorable_without)


def drawn(rule: ConsentRule, presence: Presence, rows: int, seed: int) -> Ints:
    """The families to hide of each row, bit f for the family f, int64[rows]; never all that the model has."""
    draw = np.random.default_rng(seed)
    hidden = np.zeros(rows, np.int64)
    for f in maskable(rule, presence):
        hidden |= (draw.random(rows) < rule.masking).astype(np.int64) << f
    hidden[hidden == presence.patterns - 1] = 0
    return hidden


def masked(X: Floats, presence: Presence, hidden: Ints) -> Floats:
    """A copy of X, float64[rows, features], in which the features that read a hidden family are missing."""
    X = X.copy()
    X[(hidden[:, None] & presence.read[None, :]) != 0] = np.nan
    return X
