from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from creditscore.errors import TrainingError
from creditscore.validation.leaks import late_values, one_sided_presence, univariate_auc

N = 2_000


def _made(columns: int = 40, seed: int = 5) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Outcomes, and features that know a little of them."""
    generator = np.random.default_rng(seed)
    bad = (generator.random(N) < 0.1).astype(float)
    X = generator.normal(size=(N, columns)) + 0.3 * bad[:, None]
    X[generator.random(X.shape) < 0.2] = np.nan
    return np.where(generator.random(N) < 0.05, np.nan, bad), X, [f"f{j}" for j in range(columns)]


def test_auc_is_mann_whitneys_over_the_rows_that_have_a_value() -> None:
    bad, X, names = _made()
    X[:, 1] *= -1
    table = univariate_auc(np.round(X, 1), bad, names).set_index("feature")
    for j in (0, 1, 2):
        has, value = ~np.isnan(X[:, j]), np.round(X[:, j], 1)
        bads, goods = value[has & (bad == 1)], value[has & (bad == 0)]
        share = mannwhitneyu(bads, goods).statistic / len(bads) / len(goods)
        row = table.loc[f"f{j}"]
        assert row["auc"] == pytest.approx(max(share, 1 - share))
        assert (row["present"], row["bads"]) == (len(bads) + len(goods), len(bads))
    assert table.loc[["f0", "f1"], "riskier"].tolist() == ["higher", "lower"]
    assert not table["too_good"].any()
    assert table["auc"].is_monotonic_decreasing


def test_feature_made_from_the_outcome_is_found() -> None:
    bad, X, names = _made()
    X[:, 9] = -np.nan_to_num(bad) * 2 + np.random.default_rng(1).normal(size=N)
    table = univariate_auc(X, bad, names)
    assert table["feature"][0] == "f9"
    assert table["riskier"][0] == "lower"
    assert table["too_good"].tolist() == [True] + [False] * 39
    assert univariate_auc(X, bad, names, limit=0.99)["too_good"].sum() == 0


def test_too_few_values_are_not_judged() -> None:
    bad, X, names = _made()
    X[np.flatnonzero(bad == 1)[9:], 3] = np.nan
    last = univariate_auc(X, bad, names).iloc[-1]
    assert last["feature"] == "f3"
    assert np.isnan(last["auc"])
    assert not last["too_good"]


@pytest.mark.parametrize(("of_bads", "of_goods"), [(0.4, 0.005), (0.005, 0.4), (1.0, 0.5), (0.5, 1.0)])
def test_presence_or_absence_of_one_class_alone_is_found(of_bads: float, of_goods: float) -> None:
    bad, X, names = _made()
    has = np.random.default_rng(2).random(N) < np.where(bad == 1, of_bads, of_goods)
    X[:, 7] = np.where(has, 1.0, np.nan)
    table = one_sided_presence(X, bad, names)
    assert table["feature"][0] == "f7"
    assert table["suspicious"].tolist() == [True] + [False] * 39
    assert table["present_among_bads"][0] == pytest.approx(has[bad == 1].mean())
    assert table["present_among_goods"][0] == pytest.approx(has[bad == 0].mean())


def test_one_sidedness_by_hand_and_what_chance_makes_one_sided_is_not_suspicious() -> None:
    bad = np.repeat([1.0, 0.0], [100, 900])
    X = np.full((1_000, 3), np.nan)
    X[[*range(30), *range(100, 190)], 0] = 1.0  # 30% of bads, 10% of goods
    X[100:104, 1] = 1.0  # four goods and no bad: as rare as that
    X[:, 2] = 1.0
    table = one_sided_presence(X, bad, ["a", "b", "c"]).set_index("feature")
    assert table["one_sided"].to_dict() == pytest.approx({"a": 0.75, "b": 1.0, "c": 0.5})
    assert not table["suspicious"].any()
    assert table.loc["a", "adjusted_p"] < 1e-5
    assert table.loc["b", "adjusted_p"] == 1


def test_values_that_arrive_on_the_last_day_and_rank_are_found() -> None:
    bad, X, names = _made()
    before = X.copy()
    known_late = np.random.default_rng(3).random(N) < 0.3
    before[known_late, 4] = np.nan  # late, but no better for it
    X[:, 5] = np.nan_to_num(bad) + np.random.default_rng(4).normal(size=N)
    before[:, 5] = np.nan
    X[:, 6] -= np.nan_to_num(bad)
    before[:50, 8] = 99.0
    X[:50, 8] = np.nan
    table = late_values(before, X, bad, names)
    assert set(table["feature"][:2]) == {"f5", "f6"}
    assert table["late"].tolist() == [True, True] + [False] * 38
    row = table.set_index("feature")
    assert row.loc["f5", ["changed", "appeared", "vanished"]].tolist() == [0, N, 0]
    assert row.loc["f5", "auc_before"] == 0.5
    assert row.loc["f4", "appeared"] == (known_late & ~np.isnan(X[:, 4])).sum()
    assert row.loc["f8", ["appeared", "vanished"]].tolist() == [0, 50]
    assert row.loc["f6", "auc_before"] < 0.5 < row.loc["f6", "auc"]  # it ranked the other way
    changed = ((bad == 1) & ~np.isnan(X[:, 6])).sum()
    assert row.loc["f6", "changed"] == changed


def test_what_is_gone_has_gained_nothing() -> None:
    bad, X, names = _made()
    gone = X.copy()
    gone[:, 0] = np.nan
    row = late_values(X, gone, bad, names).set_index("feature").loc[names[0]]
    assert (row["auc_before"], row["auc"], row["late"]) == (0.5, 0.5, False)


def test_same_values_are_not_late() -> None:
    bad, X, names = _made()
    table = late_values(X, X, bad, names)
    assert table[["changed", "appeared", "vanished", "auc_gain"]].to_numpy().sum() == 0


def test_matrices_that_do_not_fit_and_one_class_are_refused() -> None:
    bad, X, names = _made()
    with pytest.raises(TrainingError, match="expected X of shape"):
        univariate_auc(X[:, 1:], bad, names)
    with pytest.raises(TrainingError, match="give one row order"):
        late_values(X[1:], X, bad, names)
    with pytest.raises(TrainingError, match="needs goods and bads"):
        one_sided_presence(X, np.zeros(N), names)
