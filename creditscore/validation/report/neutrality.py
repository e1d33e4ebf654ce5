"""Neutrality: how scores hold on each platform's borrowers, what tells platforms apart, what their data are worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas
from scipy.special import logit

from creditscore.scorecard import Scorecard
from creditscore.validation.neutrality.bias import LEAST_GAP, bias_at_equal_risk
from creditscore.validation.neutrality.by_platform import by_platform
from creditscore.validation.neutrality.fingerprints import LIMIT, fingerprints
from creditscore.validation.neutrality.membership import Membership
from creditscore.validation.neutrality.worth import PlatformWorth
from creditscore.validation.report.plain import records

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Values = Callable[[Ints], npt.NDArray[np.float64]]

# Borrowers whose features are asked which platform they come from: of more, so many are drawn evenly.
MOST_BORROWERS = 20_000
CLOSEST = 5


@dataclass(frozen=True)
class Platforms:
    """Who supplied what of whom, row for row with the table of scores; `limit` is that of `fingerprints`."""

    members: Membership
    limit: float = LIMIT
    worth: PlatformWorth | None = None

    def only(self, rows: Bools) -> Platforms:
        """The same of some rows."""
        return replace(self, members=self.members.only(rows))


def neutrality(
    platforms: Platforms,
    scored: pandas.DataFrame,
    chosen: Bools,
    card: Scorecard,
    values: Values,
    cut_off: float | None,
) -> dict[str, Any]:
    """Figures by platform and bias of the `chosen` rows, features that tell platforms apart of all, and worth.

    `values` gives the features, float64[places, features], of rows of the table of scores.
    """
    rows, members = scored[chosen], platforms.members.only(chosen)
    return {
        "platforms": records(by_platform(rows, members, cut_off)),
        "least_gap": LEAST_GAP,
        "bias": _bias(rows, members),
        "fingerprints": _fingerprints(platforms, scored["borrower_id"], card, values),
        "worth": None if platforms.worth is None else _worth(platforms.worth),
    }


def _bias(rows: pandas.DataFrame, members: Membership) -> list[dict[str, Any]]:
    """The test at equal risk; nothing where one class only is known."""
    known = (rows["pd"].notna() & rows["outcome"].notna()).to_numpy()
    outcome = rows["outcome"].to_numpy(np.float64)[known]
    if not 0 < outcome.sum() < len(outcome):
        return []
    log_odds = logit(np.clip(rows["pd"].to_numpy(np.float64)[known], 1e-15, 1 - 1e-15))
    of, borrower = members.any[known], rows["borrower_id"].to_numpy()[known]
    return records(bias_at_equal_risk(outcome, log_odds, of, members.platforms, borrower))


def _fingerprints(platforms: Platforms, borrowers: pandas.Series, card: Scorecard, values: Values) -> dict[str, Any]:
    first = np.flatnonzero(~borrowers.duplicated())
    some = first[np.linspace(0, len(first) - 1, min(len(first), MOST_BORROWERS)).astype(np.int64)]
    table = fingerprints(
        values(some), card.features, platforms.members.only(some), np.arange(len(some)), limit=platforms.limit
    )
    sole, few = table["verdict"] == "sole supplier", table["verdict"] == "too few"
    told = table[~sole & ~few]
    return {
        "limit": platforms.limit,
        "flagged": records(told[told["verdict"] != ""]),
        "closest": records(told[told["verdict"] == ""].head(CLOSEST)),
        "compared": int(told["feature"].nunique()),
        "too_few": int(table[few]["feature"].nunique()),
        "sole": [
            {"platform": platform, "table": name, "features": len(own)}
            for (platform, name), own in table[sole].groupby(["platform", "table"])
        ],
    }


def _worth(worth: PlatformWorth) -> Mapping[str, Any]:
    tables = {"platforms": records(worth.platforms), "owners": None if worth.owners is None else records(worth.owners)}
    plain = {name: value for name, value in vars(worth).items() if name not in tables}
    return plain | {"whole": dict(worth.whole)} | tables
