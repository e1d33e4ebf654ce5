"""Proxies: none where a group means nothing, the planted one first where there is one."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from creditscore.errors import TrainingError
from creditscore.validation.fairness import proxies, told_together

NAMES = [f"f{j}" for j in range(12)]


def _made(n: int = 1200, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, a group that they know nothing of, and borrowers with two rows each."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, len(NAMES)))
    X[generator.random(X.shape) < 0.2] = np.nan
    borrower = np.arange(n) // 2
    return X, np.where(generator.random(n // 2) < 0.4, "b", "a")[borrower], borrower


def test_a_group_that_means_nothing_has_no_proxy() -> None:
    X, group, borrower = _made()
    table = proxies(X, group, NAMES, borrower)
    assert not table["proxy"].any()
    assert table["auc"].max() < 0.58
    row = told_together(X, group, NAMES, borrower).iloc[0]
    assert row["auc"] == pytest.approx(0.5, abs=0.06)
    assert row["auc_low"] < 0.52


def test_a_planted_proxy_is_found_first() -> None:
    X, group, borrower = _made()
    X[:, 7] = -1.0 * (group == "b") + np.random.default_rng(2).normal(size=len(X))
    first = proxies(X, group, NAMES, borrower).iloc[0]
    assert (first["feature"], first["by"], first["higher"], first["proxy"]) == ("f7", "value", False, True)
    last = np.arange(1, len(X), 2)
    assert first["auc"] == pytest.approx(roc_auc_score(group[last] == "b", -X[last, 7]), abs=1e-12)
    row = told_together(X, group, NAMES, borrower).iloc[0]
    assert row["strongest"].split(", ")[0] == "f7"
    assert row["auc_low"] > 0.65


def test_presence_alone_gives_a_group_away() -> None:
    X, group, borrower = _made()
    X[(group == "b") & (np.arange(len(X)) % 10 < 8), 3] = np.nan
    first = proxies(X, group, NAMES, borrower).iloc[0]
    assert (first["feature"], first["by"], first["higher"], first["proxy"]) == ("f3", "presence", False, True)


def test_two_features_tell_together_what_neither_tells_alone() -> None:
    X, group, borrower = _made(2400)
    X[:, :2] = np.random.default_rng(3).normal(size=(len(X), 2))
    X[:, 1] = np.abs(X[:, 1]) * np.where(group == "b", 1, -1) * np.sign(X[:, 0])
    table = proxies(X, group, NAMES, borrower)
    assert not table.loc[table["feature"].isin(["f0", "f1"]), "proxy"].any()
    row = told_together(X, group, NAMES, borrower).iloc[0]
    assert row["auc_low"] > 0.65
    assert set(row["strongest"].split(", ")[:2]) == {"f0", "f1"}


def test_three_groups_are_each_told_from_the_others() -> None:
    X, _, borrower = _made()
    group = np.array(["a", "b", "c"])[borrower % 3]
    X[:, 5] = (group == "c") + np.random.default_rng(4).normal(size=len(X))
    table = proxies(X, group, NAMES, borrower)
    assert len(table) == 3 * len(NAMES)
    assert table.iloc[0][["feature", "group"]].tolist() == ["f5", "c"]
    assert told_together(X, group, NAMES, borrower)["group"].iloc[0] == "c"


def test_too_small_groups_and_wrong_shapes_are_refused() -> None:
    X, group, borrower = _made(80)
    with pytest.raises(TrainingError, match="no group has 30 borrowers inside and outside"):
        proxies(X, group, NAMES, borrower)
    with pytest.raises(TrainingError, match="expected X of shape"):
        proxies(X, group, NAMES[1:], borrower)
