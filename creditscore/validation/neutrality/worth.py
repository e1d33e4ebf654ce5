"""What each platform's data were found to be worth, as reports take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas


@dataclass(frozen=True)
class PlatformWorth:
    """`platforms` and, where any have a common owner, `owners`: a row a player; what all together are worth: `whole`.

    Columns: player, platforms (its own), and for gini and loss_avoided the share, its 95% ends (_low, _high), the
    standard error of drawn orders (_error, 0 where exact), what the player is worth alone (_alone) and what the others
    lack without it (_last). `n` applications were judged, `bads` of them bad.
    """

    platforms: pandas.DataFrame
    owners: pandas.DataFrame | None
    whole: Mapping[str, float]
    n: int
    bads: int
    approval_rate: float
    seeds: int
    replicates: int
    exact: bool
