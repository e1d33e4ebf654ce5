"""Features that know too much: an outcome that leaked into them, or values that were not there yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas
from scipy.stats import false_discovery_control, fisher_exact
from sklearn.metrics import roc_auc_score

from creditscore.errors import TrainingError
from creditscore.validation.metrics import FEWEST, require_both_classes

Floats = npt.NDArray[np.float64]

# Whole application scores seldom rank better than this.
TOO_GOOD = 0.80
# Of the presences (or absences) of a feature, were bads and goods equally many.
ONE_SIDED = 0.95
# What an AUC may gain by one more day: with a few hundred bads the luckiest of hundreds of features gains half of it.
LATE = 0.03
CHANCE = 0.05


def univariate_auc(
    X: Floats, outcome: npt.ArrayLike, names: Sequence[str], limit: float = TOO_GOOD
) -> pandas.DataFrame:
    """How well each feature ranks by itself, the best first; X is float64[rows, features], `outcome` 0, 1 or NaN.

    Columns: feature, present and bads (with a known outcome and a value), auc (0.5 … 1, over rows that have a value),
    riskier ("higher" or "lower"), too_good: auc from `limit`. A feature that ranks as well as a whole score is either
    made after the outcome or a copy of it: find out when its source writes it. NaN where fewer than 10 bads or goods
    have a value. Raises TrainingError for one class only, and where X does not fit.
    """
    bad, X = _known(X, outcome, names)
    rows = [{"feature": name} | _alone(X[:, j], bad) for j, name in enumerate(names)]
    table = pandas.DataFrame(rows)
    raw = table.pop("raw")
    table["auc"] = np.maximum(raw, 1 - raw)
    table["riskier"] = np.where(raw >= 0.5, "higher", "lower")
    table["too_good"] = table["auc"] >= limit
    return table.sort_values("auc", ascending=False, kind="stable", ignore_index=True)


def one_sided_presence(
    X: Floats, outcome: npt.ArrayLike, names: Sequence[str], limit: float = ONE_SIDED
) -> pandas.DataFrame:
    """Whether having a value, or lacking one, gives the outcome away; the most one-sided first.

    Columns: feature, present_among_bads and present_among_goods (shares b and g), one_sided, adjusted_p, suspicious.
    `one_sided` is the larger of b and g over b + g, or of 1 − b and 1 − g over both, whichever is more: 0.95 says
    nineteen to one. Suspicious is what reaches `limit` and is not chance: Fisher's exact test below 0.05, adjusted for
    the number of features (Benjamini & Hochberg, 1995). Such a column is often filled only once a loan went bad, or
    joined on one class alone. Raises TrainingError as `univariate_auc` does.
    """
    bad, X = _known(X, outcome, names)
    present = ~np.isnan(X)
    bads, goods = int(bad.sum()), int((1 - bad).sum())
    with_bads, with_goods = bad @ present, (1 - bad) @ present
    b, g = with_bads / bads, with_goods / goods
    cells = np.array([with_bads, bads - with_bads, with_goods, goods - with_goods], np.int64).T
    p = np.array([fisher_exact(cell.reshape(2, 2)).pvalue for cell in cells])
    found = {
        "feature": list(names),
        "present_among_bads": b,
        "present_among_goods": g,
        "one_sided": np.maximum(_balance(b, g), _balance(1 - b, 1 - g)),
        "adjusted_p": false_discovery_control(np.minimum(p, 1.0), method="bh"),
    }
    table = pandas.DataFrame(found)
    table["suspicious"] = (table["one_sided"] >= limit) & (table["adjusted_p"] < CHANCE)
    return table.sort_values(["suspicious", "one_sided"], ascending=False, kind="stable", ignore_index=True)


def late_values(
    before: Floats, at: Floats, outcome: npt.ArrayLike, names: Sequence[str], limit: float = LATE
) -> pandas.DataFrame:
    """Which features come by their power on the last day: `before` was built with as_of a day earlier than `at`.

    Columns: feature, changed, appeared, vanished (rows, of all), auc_before and auc (in the direction of `at`, over
    rows that have a value; 0.5 where too few have), auc_gain, late: a gain from `limit`. Windows move by a day, so some
    values always change; one that ranks better for it was written by the application itself, or later and backdated.
    """
    if before.shape != at.shape:
        raise TrainingError(
            f"late values: the matrices have the shapes {before.shape} and {at.shape}; give one row order"
        )
    bad, now = _known(at, outcome, names)
    _, then = _known(before, outcome, names)
    had, has = ~np.isnan(before), ~np.isnan(at)
    raw = [(_alone(then[:, j], bad)["raw"], _alone(now[:, j], bad)["raw"]) for j in range(len(names))]
    earlier, later = np.array(raw, np.float64).T
    # what cannot be measured now has gained nothing
    earlier, later = np.where(np.isnan(earlier) | np.isnan(later), 0.5, earlier), np.nan_to_num(later, nan=0.5)
    table = pandas.DataFrame(
        {
            "feature": list(names),
            "changed": (had & has & (before != at)).sum(axis=0),
            "appeared": (~had & has).sum(axis=0),
            "vanished": (had & ~has).sum(axis=0),
            "auc_before": np.where(later >= 0.5, earlier, 1 - earlier),
            "auc": np.maximum(later, 1 - later),
        }
    )
    table["auc_gain"] = table["auc"] - table["auc_before"]
    table["late"] = table["auc_gain"] >= limit
    return table.sort_values("auc_gain", ascending=False, kind="stable", ignore_index=True)


def _known(X: Floats, outcome: npt.ArrayLike, names: Sequence[str]) -> tuple[Floats, Floats]:
    """Outcomes known, and their rows of X."""
    require_both_classes(outcome)
    bad = np.asarray(outcome, np.float64)
    if X.shape != (len(bad), len(names)) or not names:
        raise TrainingError(f"leaks: expected X of shape {len(bad), len(names)}, a row an outcome, got {X.shape}")
    known = ~np.isnan(bad)
    return bad[known], X[known]


def _alone(values: Floats, bad: Floats) -> dict[str, float]:
    """The rows that have a value, the bads among them, and the raw AUC, NaN for too few."""
    has = ~np.isnan(values)
    present, bads = int(has.sum()), int(bad[has].sum())
    enough = min(bads, present - bads) >= FEWEST
    return {
        "present": present,
        "bads": bads,
        "raw": float(roc_auc_score(bad[has], values[has])) if enough else np.nan,
    }


def _balance(b: Floats, g: Floats) -> Floats:
    """The larger of two shares over both together; 0.5 where both are 0."""
    both = b + g
    larger: Floats = np.divide(np.maximum(b, g), both, out=np.full(len(both), 0.5), where=both > 0)
    return larger
