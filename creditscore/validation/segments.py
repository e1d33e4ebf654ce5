"""Does the PD rank in every part of the population, thin files included?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.validation.estimates import UNKNOWN, as_columns
from creditscore.validation.metrics import discrimination, known_outcomes

# Bads, and goods, of a segment below which its figures are flagged: an AUC's interval is then about 0.2 wide.
FEW = 30


def ranking_by_segment(
    outcome: npt.ArrayLike,
    pd: npt.ArrayLike,
    segment: npt.ArrayLike,
    borrower: npt.ArrayLike | None = None,
    *,
    resamples: int = 200,
    seed: int = 1,
) -> pandas.DataFrame:
    """AUC, Gini and KS within each segment, in the order of the labels, with `discrimination`'s intervals.

    `segment` is a label a row; rows without one (None, NaN) are a segment "not given". Columns: segment, n (outcome
    known), bads, bad_rate, mean_pd, auc, auc_low, auc_high, the same of gini and ks, and few: fewer than 30 bads or
    goods. A segment of one class has no ranking figures (NaN). Tells for whom the score works: a good AUC over all may
    come from telling segments apart, and not people within them.
    """
    bad, risk, known = known_outcomes(outcome, pd)
    label = labels(segment)[known]
    who = None if borrower is None else np.asarray(borrower)[known]
    rows = []
    for name in np.unique(label):
        own = label == name
        chosen = bad[own], risk[own], None if who is None else who[own]
        rows.append({"segment": str(name)} | _figures(*chosen, resamples=resamples, seed=seed))
    return pandas.DataFrame(rows)


def labels(segment: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """A segment a row, as text; "not given" where there is none (None, NaN)."""
    given = pandas.Series(np.asarray(segment, object))
    return np.asarray(given.where(given.notna(), "not given").map(str), object)


def file_thickness(depth: npt.ArrayLike, thin_below: float) -> npt.NDArray[np.str_]:
    """ "thin", "thick" or "no file" a row, as a segment: `depth` measures the file, as events or months known.

    Whoever has less than `thin_below` has a thin file; a missing depth (NaN) or none is no file.

    >>> file_thickness([0, 3, 40, float("nan")], thin_below=12).tolist()
    ['no file', 'thin', 'thick', 'no file']
    """
    measured = np.nan_to_num(np.asarray(depth, np.float64))
    return np.select([measured <= 0, measured < thin_below], ["no file", "thin"], "thick")


def _figures(
    bad: npt.NDArray[np.float64], risk: npt.NDArray[np.float64], borrower: Any, *, resamples: int, seed: int
) -> dict[str, Any]:
    n, bads = len(bad), int(bad.sum())
    counts = {"n": n, "bads": bads, "bad_rate": bads / n, "mean_pd": float(risk.mean())}
    ranking = dict.fromkeys(("auc", "gini", "ks"), UNKNOWN)
    if 0 < bads < n:
        found = discrimination(bad, risk, borrower, resamples=resamples, seed=seed)
        ranking = {"auc": found.auc, "gini": found.gini, "ks": found.ks}
    return counts | as_columns(ranking) | {"few": min(bads, n - bads) < FEW}
