"""Proxies: how well the features, one by one and all together, tell a group that none of them names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas
from scipy.stats import false_discovery_control, mannwhitneyu
from sklearn.model_selection import StratifiedGroupKFold

from creditscore.errors import TrainingError
from creditscore.model.fit import fit_trees
from creditscore.model.trees import parse_model
from creditscore.reasons.shapley import contributions
from creditscore.validation.fairness.groups import NOT_GIVEN
from creditscore.validation.metrics import discrimination
from creditscore.validation.resampling import clusters
from creditscore.validation.segments import FEW, labels

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# By itself, a feature that tells a group as well as this is called a proxy; this library's own limit.
PROXY = 0.6
CHANCE = 0.05
FOLDS = 5


@dataclass(frozen=True)
class _Column:
    """A feature without a direction: nobody promises which way a group lies."""

    name: str
    riskier: None = None


def proxies(
    X: Floats, group: npt.ArrayLike, names: Sequence[str], borrower: npt.ArrayLike | None = None
) -> pandas.DataFrame:
    """How well each feature by itself tells each group from the others, the best first.

    `X` is float64[rows, features], missing NaN, `group` a label a row. Of a borrower's rows the last one counts, so
    that rows are independent. Columns: feature, group, auc (0.5 … 1), by ("value": among rows that have one;
    "presence": whether there is one; whichever tells more), higher (whether the group has more of it),
    adjusted_p (Mann & Whitney's test, for both ways of telling, adjusted for all features and groups by Benjamini &
    Hochberg) and proxy: an auc from 0.6, beyond chance. Groups with fewer than 30 borrowers inside or outside are left
    out, as are rows "not given". Raises TrainingError where X does not fit, or no group is left.
    """
    label = labels(group)
    _check(X, label, names)
    last = _last_of(borrower, len(X)) & (label != NOT_GIVEN)
    X, label = X[last], label[last]
    rows = [
        {"feature": name, "group": one} | _alone(X[:, j], label == one)
        for one in measurable(label)
        for j, name in enumerate(names)
    ]
    table = pandas.DataFrame(rows)
    table["adjusted_p"] = false_discovery_control(table.pop("p"), method="bh")
    table["proxy"] = (table["auc"] >= PROXY) & (table["adjusted_p"] < CHANCE)
    return table.sort_values("auc", ascending=False, kind="stable", ignore_index=True)


def told_together(
    X: Floats, group: npt.ArrayLike, names: Sequence[str], borrower: npt.ArrayLike | None = None, *, seed: int = 1
) -> pandas.DataFrame:
    """How well all features together tell each group from the others: a row a group, the best told first.

    LightGBM, in five folds that keep a borrower's rows together. Columns: group, n, members, auc with its 95% ends
    (resampling borrowers; 0.5 tells nothing), strongest: the three features that the last fold's model leans on
    most. Groups with fewer than 30 borrowers inside or outside are left out. Raises TrainingError where X does not fit,
    or no group is left.
    """
    label = labels(group)
    _check(X, label, names)
    given = label != NOT_GIVEN
    X, label, cluster = X[given], label[given], clusters(borrower, len(X))[given]
    one_each = label[_last_of(cluster, len(label))]
    rows = [_together(X, label == one, names, cluster, seed) | {"group": one} for one in measurable(one_each)]
    table = pandas.DataFrame(rows)
    first = ["group", "n", "members", "auc", "auc_low", "auc_high", "strongest"]
    return table[first].sort_values("auc", ascending=False, kind="stable", ignore_index=True)


def measurable(label: npt.NDArray[np.object_]) -> list[str]:
    """The groups with 30 members and 30 others; of two groups the smaller alone, as the other is its mirror.

    Raises TrainingError where there is none.
    """
    names, sizes = np.unique(label[label != NOT_GIVEN].astype(str), return_counts=True)
    enough = [name for name, n in zip(names.tolist(), sizes.tolist(), strict=True) if FEW <= n <= sizes.sum() - FEW]
    if not enough:
        raise TrainingError(
            f"proxies: no group has {FEW} borrowers inside and outside; got {len(names)} groups of {sizes.sum():,}"
        )
    return enough if len(names) > 2 else [names.tolist()[int(sizes.argmin())]]


def _check(X: Floats, label: npt.NDArray[np.object_], names: Sequence[str]) -> None:
    if X.shape != (len(label), len(names)) or not names:
        raise TrainingError(f"proxies: expected X of shape {len(label), len(names)}, a row a label, got {X.shape}")


def _last_of(borrower: npt.ArrayLike | None, n: int) -> Bools:
    """Each borrower's last row."""
    _, place = np.unique(clusters(borrower, n)[::-1], return_index=True)
    last = np.zeros(n, np.bool_)
    last[n - 1 - place] = True
    return last


def _alone(values: Floats, member: Bools) -> dict[str, object]:
    """By the value or by its presence, whichever tells more."""
    has = ~np.isnan(values)
    by_value = _told(values[has], member[has])
    by_presence = _told(has.astype(np.float64), member)
    by, (auc, p) = max((("value", by_value), ("presence", by_presence)), key=lambda one: abs(one[1][0] - 0.5))
    return {"auc": max(auc, 1 - auc), "by": by, "higher": auc >= 0.5, "p": min(1.0, 2 * p)}


def _told(values: Floats, member: Bools) -> tuple[float, float]:
    """The AUC and its p-value; nothing is told by fewer than 30 members or others, or by one value."""
    inside, outside = values[member], values[~member]
    if min(len(inside), len(outside)) < FEW or values.min() == values.max():
        return 0.5, 1.0
    test = mannwhitneyu(inside, outside, method="asymptotic")
    return float(test.statistic) / (len(inside) * len(outside)), float(test.pvalue)


def _together(
    X: Floats, member: Bools, names: Sequence[str], cluster: npt.NDArray[np.intp], seed: int
) -> dict[str, object]:
    columns, truth = [_Column(name) for name in names], member.astype(np.float64)
    told, folds = np.zeros(len(X)), StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, judged in folds.split(X, truth, cluster):
        trees = parse_model(fit_trees(X[train], truth[train], columns, seed=seed))
        told[judged] = trees.margin(X[judged])
    # one model is enough to name what it leans on: the last fold's
    leaned = np.abs(contributions(trees, X[judged])).mean(axis=0)
    auc = discrimination(truth, told, cluster).auc
    most = np.argsort(-leaned, kind="stable")[:3]
    strongest = ", ".join(names[j] for j in most if leaned[j] > 0)
    counts = {"n": len(X), "members": int(member.sum())}
    return counts | {"auc": auc.value, "auc_low": auc.low, "auc_high": auc.high, "strongest": strongest}
