"""Have applicants changed since the scorecard was made? PSI of the score and CSI of features, and what chance explains.

Under no shift PSI / (1/N + 1/M) is approximately chi-square with bins − 1 degrees of freedom (Yurdakul, "Statistical
Properties of Population Stability Index", 2018), N and M the rows of the two samples, taken as independent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas
from scipy.stats import chi2, false_discovery_control

from creditscore.errors import TrainingError
from creditscore.model.binned import Bins

Floats = npt.NDArray[np.float64]

MOVED, SHIFTED = 0.1, 0.25
CHANCE = 0.05
RULE = (
    f"stable: below {MOVED}; moved: from {MOVED}; shifted: from {SHIFTED}; the latter two only where chance does so in "
    f"fewer than {CHANCE:.0%} of unchanged samples, otherwise 'too few': the rows cannot tell."
)


@dataclass(frozen=True)
class Stability:
    """How far `n` values have moved from a baseline of `n_expected`, over `bins` bins (missing values are one).

    `limit` is what PSI stays under in 95% of samples without any shift, `p_value` the share of them in which it is as
    large as here; `verdict` follows `RULE`. A limit above 0.1 says that the samples are too small for the usual rule.
    """

    n_expected: int
    n: int
    bins: int
    psi: float
    limit: float
    p_value: float
    verdict: str


def psi(expected: Bins, values: npt.ArrayLike) -> Stability:
    """The population stability index of `values`, float64[rows], NaN missing, against the bins of a baseline.

    PSI is the sum over bins of (share now − share then) · ln(share now / share then). An empty bin counts as half a row
    on the side where it is empty; one that is empty on both does not count. Tells whether the score may be read as on
    the day it was made. Raises TrainingError without a value.

    >>> found = psi(Bins((600.0,), (500, 500, 0)), np.repeat([550, 650], [600, 400]))
    >>> round(found.psi, 4), round(found.limit, 4), found.verdict
    (0.0405, 0.0077, 'stable')
    """
    now = expected.count(values)
    if not now.any():
        raise TrainingError("PSI needs a recent sample: got no values")
    both = np.array([expected.counts, now], np.float64)
    then_share, now_share = _shares(both[:, both.any(axis=0)])
    found = float((now_share - then_share) @ np.log(now_share / then_share))
    scale = 1 / expected.n + 1 / now.sum()
    free = max(len(then_share) - 1, 1)  # a single bin cannot move, and its p is 1
    p = float(chi2.sf(found / scale, free))
    limit = float(chi2.ppf(1 - CHANCE, free) * scale)
    return Stability(expected.n, int(now.sum()), len(then_share), found, limit, p, verdict(found, p))


def verdict(index: float, p_value: float) -> str:
    """One word for a PSI or CSI, by `RULE`.

    >>> verdict(0.05, 1e-9), verdict(0.3, 0.4), verdict(0.12, 0.01), verdict(0.3, 0.01)
    ('stable', 'too few', 'moved', 'shifted')
    """
    if index < MOVED:
        return "stable"
    if p_value >= CHANCE:
        return "too few"
    return "shifted" if index >= SHIFTED else "moved"


def csi_table(baseline: Mapping[str, Bins], X: Floats) -> pandas.DataFrame:
    """The stability index of each feature, what moved most first; X is float64[rows, features] in `baseline`'s order.

    Columns: feature, csi, limit, p_value, adjusted_p, verdict, bins, missing_expected and missing (shares). `verdict`
    goes by adjusted_p: of features called moved, about 5% at most are by chance (Benjamini & Hochberg, 1995). Tells
    which features explain a score's move, and which source to look at. Raises TrainingError where X does not fit.
    """
    if not baseline or X.shape[1:] != (len(baseline),):
        raise TrainingError(f"CSI: expected X of shape (rows, {len(baseline)}), one column a feature, got {X.shape}")
    found = [(name, bins, psi(bins, X[:, j])) for j, (name, bins) in enumerate(baseline.items())]
    adjusted = false_discovery_control([each.p_value for *_, each in found], method="bh")
    rows = [
        {
            "feature": name,
            "csi": each.psi,
            "limit": each.limit,
            "p_value": each.p_value,
            "adjusted_p": float(p),
            "verdict": verdict(each.psi, p),
            "bins": each.bins,
            "missing_expected": bins.counts[-1] / bins.n,
            "missing": float(np.isnan(X[:, j]).mean()),
        }
        for j, ((name, bins, each), p) in enumerate(zip(found, adjusted, strict=True))
    ]
    return pandas.DataFrame(rows).sort_values(["csi", "feature"], ascending=[False, True], ignore_index=True)


def bin_shares(expected: Bins, values: npt.ArrayLike) -> pandas.DataFrame:
    """The baseline's share and the recent one in each bin: where values went. Columns: above, up_to, then, now.

    A bin holds above < value <= up_to; its ends are NaN in the last row, that of missing values.
    """
    edges = np.array([-np.inf, *expected.edges, np.inf])
    above, up_to = np.append(edges[:-1], np.nan), np.append(edges[1:], np.nan)
    now = expected.count(values)
    then = np.array(expected.counts)
    return pandas.DataFrame({"above": above, "up_to": up_to, "then": then / then.sum(), "now": now / max(now.sum(), 1)})


def _shares(counts: Floats) -> Floats:
    filled = np.maximum(counts, 0.5)
    shares: Floats = filled / filled.sum(axis=1, keepdims=True)
    return shares
