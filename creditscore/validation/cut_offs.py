"""Where to draw the line: approval rate, bad rate and expected loss at each cut-off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.errors import TrainingError
from creditscore.validation.metrics import jeffreys
from creditscore.validation.resampling import Floats, Ints, clusters, draws, percentile_ends
from creditscore.validation.segments import FEW, labels


def cut_off_table(
    scored: pandas.DataFrame,
    cut_offs: Sequence[float],
    *,
    amount: npt.ArrayLike | None = None,
    lgd: npt.ArrayLike = 1.0,
    resamples: int = 200,
    seed: int = 1,
) -> pandas.DataFrame:
    """What each cut-off, in points, would have let in: who has unrounded points at or above it is approved.

    `scored` has borrower_id, points, pd and outcome (0, 1, NaN); rows without a pd are left out. Columns: cut_off, n,
    approved, known and bads (of the approved), bad_rate with `jeffreys`' ends, mean_pd (of the approved), approval_rate
    and expected_bads (the PDs' sum); with an `amount` a row (exposure at default) expected_loss too: the sum of
    PD · `lgd` · amount, `lgd` in 0 … 1, one for all or one a row. The ends of approval_rate, expected_bads and
    expected_loss (_low, _high) resample borrowers: they tell how the mix of applicants varies, not whether PDs hold.

    A bad rate that rises faster than the approval rate says where lending stops to pay. Outcomes are those of who was
    given credit then: of a cut-off below that of the time they tell little. Raises TrainingError where no row has a
    pd, and where an amount or LGD of a row that has is missing or out of range.
    """
    scorable = scored["pd"].notna().to_numpy()
    rows, at = scored[scorable], np.asarray(cut_offs, np.float64)
    if not len(rows):
        raise TrainingError(f"a cut-off table needs rows with a pd: got none among {len(scored)}")
    approves = rows["points"].to_numpy(np.float64)[:, None] >= at
    risk = rows["pd"].to_numpy(np.float64)
    measures = {"approval_rate": np.ones(len(rows)), "expected_bads": risk}
    if amount is not None:
        measures["expected_loss"] = risk * _loss_given_default(amount, lgd, scorable)
    per_row = np.hstack([approves * measure[:, None] for measure in measures.values()])
    value, low, high = _resampled(per_row, len(at), clusters(rows["borrower_id"], len(rows)), resamples, seed)
    counts = _counts(at, approves, risk, rows["outcome"].to_numpy(np.float64))
    ends = (("", value), ("_low", low), ("_high", high))
    return counts.assign(**{name + end: of[m] for m, name in enumerate(measures) for end, of in ends})


def cut_offs_by_segment(
    scored: pandas.DataFrame, segment: npt.ArrayLike, cut_offs: Sequence[float], **options: Any
) -> pandas.DataFrame:
    """`cut_off_table` within each segment, `segment` a label a row of `scored`: whom a cut-off lets in, and whom not.

    First column segment, last few: fewer than 30 bads or goods with a pd. `options` are `cut_off_table`'s, its `amount`
    and `lgd` a row of `scored` each.
    """
    label, tables = labels(segment), []
    scorable = scored["pd"].notna().to_numpy()
    for name in np.unique(label[scorable]):
        own = label == name
        given = {key: _rows_of(value, own) if key in ("amount", "lgd") else value for key, value in options.items()}
        table = cut_off_table(scored[own], cut_offs, **given)
        table.insert(0, "segment", name)
        outcome = scored.loc[own & scorable, "outcome"]
        tables.append(table.assign(few=min((outcome == 0).sum(), (outcome == 1).sum()) < FEW))
    return pandas.concat(tables, ignore_index=True)


def _loss_given_default(amount: npt.ArrayLike, lgd: npt.ArrayLike, scorable: npt.NDArray[np.bool_]) -> Floats:
    """LGD · amount of each scorable row."""
    exposure = np.asarray(amount, np.float64)[scorable]
    share = np.broadcast_to(np.asarray(lgd, np.float64), scorable.shape)[scorable]
    wrong = int((~(exposure >= 0) | ~((share >= 0) & (share <= 1))).sum())
    if wrong:
        raise TrainingError(
            f"expected loss: {wrong} of {len(exposure)} rows have no amount from 0, or no LGD in 0 … 1; fill them in, "
            f"or leave these rows out"
        )
    return exposure * share


def _rows_of(value: Any, own: npt.NDArray[np.bool_]) -> Any:
    return value if value is None or np.ndim(value) == 0 else np.asarray(value)[own]


def _resampled(
    per_row: Floats, cut_offs: int, cluster: Ints, resamples: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Sums over rows, the first measure's over the number of rows, with ends; each float64[measures, cut-offs]."""
    of_borrower, size = pandas.DataFrame(per_row).groupby(cluster).sum().to_numpy(), np.bincount(cluster)

    def figures(copies: Floats) -> Floats:
        sums: Floats = copies @ of_borrower
        sums[:cut_offs] /= copies @ size
        return sums

    low, high = percentile_ends(np.array([figures(copies) for copies in draws(cluster, resamples, seed)]))
    value = figures(np.ones(len(size)))
    value, low, high = (each.reshape(-1, cut_offs) for each in (value, low, high))
    return value, low, high


def _counts(at: Floats, approves: npt.NDArray[np.bool_], risk: Floats, outcome: Floats) -> pandas.DataFrame:
    """Who is approved at each cut-off, and what became of them."""
    approved = approves.sum(axis=0)
    known, bads = (~np.isnan(outcome)) @ approves.astype(np.int64), (outcome == 1) @ approves.astype(np.int64)
    low, high = jeffreys(bads, known)
    table = pandas.DataFrame({"cut_off": at, "n": len(risk), "approved": approved, "known": known, "bads": bads})
    table = table.assign(bad_rate=table["bads"] / table["known"], bad_rate_low=low, bad_rate_high=high)
    return table.assign(mean_pd=risk @ approves / table["approved"])
