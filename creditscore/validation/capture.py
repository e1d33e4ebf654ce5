"""How many of the bads are among the riskiest: capture, lift and the gains curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas
from sklearn.metrics import roc_curve

from creditscore.errors import TrainingError
from creditscore.validation.metrics import FEWEST, known_outcomes, require_both_classes
from creditscore.validation.resampling import clusters, draws, percentile_ends

Floats = npt.NDArray[np.float64]

SHARES = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5)


def gains(outcome: npt.ArrayLike, pd: npt.ArrayLike) -> pandas.DataFrame:
    """The gains curve: `capture` of the bads by `share` of the applications, riskiest first, from (0, 0) to (1, 1).

    Equal PDs are one straight piece, as their order is chance. The further above the diagonal, the better the ranking;
    no curve rises faster than 1 over the bad rate. `outcome` is 0, 1 or NaN. Raises TrainingError for one class only.

    >>> gains([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1]).values.tolist()
    [[0.0, 0.0], [0.25, 0.5], [0.75, 1.0], [1.0, 1.0]]
    """
    require_both_classes(outcome)
    bad, risk, _ = known_outcomes(outcome, pd)
    return pandas.DataFrame(dict(zip(("share", "capture"), _curve(bad, risk, np.ones(len(bad))), strict=True)))


def capture_table(
    outcome: npt.ArrayLike,
    pd: npt.ArrayLike,
    borrower: npt.ArrayLike | None = None,
    *,
    shares: Sequence[float] = SHARES,
    resamples: int = 200,
    seed: int = 1,
) -> pandas.DataFrame:
    """Capture and lift of the riskiest `shares`, with percentile bootstrap intervals that resample borrowers.

    Columns: share, capture, capture_low, capture_high, lift (capture / share), lift_low, lift_high. A lift of 3 at 0.1
    says that the riskiest tenth holds three times the bads of a tenth drawn by chance. With fewer than 10 bads or goods
    the ends are NaN. Raises TrainingError for one class only, and for shares outside 0 … 1.

    >>> table = capture_table([1, 1, 0, 0, 0], [0.9, 0.2, 0.3, 0.1, 0.1], shares=(0.2, 0.6))
    >>> table["capture"].tolist(), table["lift"].tolist()
    ([0.5, 1.0], [2.5, 1.6666666666666667])
    """
    at = np.asarray(shares, np.float64)
    if not ((at > 0) & (at <= 1)).all():
        raise TrainingError(f"capture: expected shares above 0 and up to 1, got {list(shares)}")
    require_both_classes(outcome)
    bad, risk, known = known_outcomes(outcome, pd)
    cluster = clusters(None if borrower is None else np.asarray(borrower)[known], len(bad))
    value = np.interp(at, *_curve(bad, risk, np.ones(len(bad))))
    enough = min(bad.sum(), len(bad) - bad.sum()) >= FEWEST
    drawn = [_captured(bad, risk, copies[cluster], at) for copies in draws(cluster, resamples if enough else 0, seed)]
    low, high = percentile_ends(np.array(drawn).reshape(-1, len(at)))
    figures = {"share": at, "capture": value, "capture_low": low, "capture_high": high}
    return pandas.DataFrame(figures | {"lift": value / at, "lift_low": low / at, "lift_high": high / at})


def _captured(bad: Floats, risk: Floats, copies: Floats, at: Floats) -> Floats:
    """Capture at those shares with so many copies of each row; NaN where no copy is bad, or none good."""
    bads = copies @ bad
    if not 0 < bads < copies.sum():
        return np.full(len(at), np.nan)
    return np.interp(at, *_curve(bad, risk, copies))


def _curve(bad: Floats, risk: Floats, copies: Floats) -> tuple[Floats, Floats]:
    """Share of applications and capture at the ROC curve's corners, which are the gains curve's too."""
    false_positive, true_positive, _ = roc_curve(bad, risk, sample_weight=copies)
    bad_rate = copies @ bad / copies.sum()
    return false_positive * (1 - bad_rate) + true_positive * bad_rate, true_positive
