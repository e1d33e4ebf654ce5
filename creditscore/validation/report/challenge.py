"""Champion against challenger on paired rows: which ranks better, whose PDs hold, and who would be swapped."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.scorecard import Scorecard
from creditscore.validation.challenger import AucDifference, compare_auc
from creditscore.validation.metrics import brier, observed_over_expected
from creditscore.validation.report.plain import estimate
from creditscore.validation.report.rival import CHALLENGER, CHAMPION, Rival
from creditscore.validation.report.samples import OUT_OF_TIME
from creditscore.validation.swap_set import SwapGroup, swap_set

Floats = npt.NDArray[np.float64]

# Of whom a lender without a cut-off would approve, for the swap set.
APPROVED = 0.8
ROLES = (CHAMPION, CHALLENGER)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two scorecards by role, and the rows that both can score and neither was fitted on.

    `rows` has borrower_id, outcome and each role's PDs as a column; `points` are the champion's. `late` counts the rows
    out of time for both, `fitted_on` those that are so for the one reported alone.
    """

    cards: dict[str, Scorecard]
    rows: pandas.DataFrame
    points: Floats
    late: int
    fitted_on: int


def paired(scored: pandas.DataFrame, card: Scorecard, rival: Rival) -> Pair:
    """The reported scorecard, whose scores are `scored`, and the rival, in their roles."""
    own = next(role for role in ROLES if role != rival.role)
    mine, theirs = scored["sample"].isin(OUT_OF_TIME).to_numpy(), np.isin(rival.samples, OUT_OF_TIME)
    both = mine & theirs & scored["pd"].notna().to_numpy() & ~np.isnan(rival.pd)
    rows = scored.loc[both, ["borrower_id", "outcome"]].assign(
        **{own: scored.loc[both, "pd"], rival.role: rival.pd[both]}
    )
    points = rival.points if rival.role == CHAMPION else scored["points"].to_numpy(np.float64)
    cards = {own: card, rival.role: rival.card}
    return Pair(cards, rows, points[both], int((mine & theirs).sum()), int((mine & ~theirs).sum()))


def challenge(pair: Pair) -> dict[str, Any]:
    """The section's figures: "comparison" and "calibration" are None for outcomes of one class, "swap" without rows."""
    judged = pair.rows[pair.rows["outcome"].notna()]
    ranked = judged["outcome"].nunique() == 2
    rate, why = _approval(pair)
    return {
        "cards": {role: _told(pair.cards[role]) for role in ROLES},
        "rows": len(pair.rows),
        "late": pair.late,
        "fitted_on": pair.fitted_on,
        "comparison": _compared(judged) if ranked else None,
        "calibration": {role: _holds(judged["outcome"], judged[role]) for role in ROLES} if ranked else None,
        "approval_rate": rate,
        "approval": why,
        "swap": _swapped(pair.rows, rate) if len(pair.rows) else None,
    }


def _told(card: Scorecard) -> dict[str, Any]:
    horizon = card.facts.get("pd_horizon_months")
    return {"name": card.name, "model_id": card.model_id, "digest": card.digest, "pd_horizon_months": horizon}


def _compared(judged: pandas.DataFrame) -> dict[str, Any]:
    found: AucDifference = compare_auc(judged["outcome"], judged[CHAMPION], judged[CHALLENGER], judged["borrower_id"])
    p_value = None if np.isnan(found.p_value) else found.p_value
    ends = {"delong": estimate(found.delong), "bootstrap": estimate(found.bootstrap), "p_value": p_value}
    return asdict(found) | ends


def _holds(outcome: pandas.Series, pd: pandas.Series) -> dict[str, Any]:
    ratio = estimate(observed_over_expected(outcome, pd))
    return {"observed_over_expected": ratio, "brier": brier(outcome, pd), "mean_pd": float(pd.mean())}


def _approval(pair: Pair) -> tuple[float, str]:
    """What share would be approved, and why so many: who passes the champion's cut-off, where it has one."""
    cut_off = pair.cards[CHAMPION].facts.get("cut_off")
    rate = float((pair.points >= cut_off).mean()) if cut_off is not None and len(pair.points) else APPROVED
    if cut_off is None or not 0 < rate < 1:
        return APPROVED, "no cut-off of the champion's parts these applications; a share is taken instead"
    return rate, f"as many as pass the champion's cut-off of {cut_off:g} points"


def _swapped(rows: pandas.DataFrame, rate: float) -> list[dict[str, Any]]:
    found = swap_set(rows["outcome"], rows[CHAMPION], rows[CHALLENGER], rate)
    return [_group(one) for one in found.groups]


def _group(one: SwapGroup) -> dict[str, Any]:
    told = asdict(one) | {"bad_rate": estimate(one.bad_rate) if one.known else None}
    return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in told.items()}
