"""Group gaps: by hand, against fairlearn's own ratios, and with nothing flagged where a group means nothing."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import demographic_parity_ratio, equal_opportunity_ratio

from creditscore.errors import TrainingError
from creditscore.validation.fairness import group_gaps, with_verdicts

CUT_OFF = 600.0


def _scored(n: int = 4000, seed: int = 1, against: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    """Calibrated scores, and a group of a third whose points are lower by so much while their risk is not."""
    generator = np.random.default_rng(seed)
    group = np.where(generator.random(n) < 1 / 3, "b", "a")
    log_odds = generator.normal(-1.5, 1.0, n)
    risk = 1 / (1 + np.exp(-log_odds))
    outcome = np.where(generator.random(n) < 0.1, np.nan, generator.random(n) < risk)
    told = log_odds + np.where(group == "b", against, 0.0)
    table = {"borrower_id": np.arange(n) // 2, "outcome": outcome, "pd": 1 / (1 + np.exp(-told))}
    return pd.DataFrame(table | {"points": 520 - 50 * told}), group


def _of(table: pd.DataFrame, measure: str, group: str) -> pd.Series:
    return table[(table["measure"] == measure) & (table["group"] == group)].iloc[0]


def test_figures_by_hand() -> None:
    scored = pd.DataFrame(
        {
            "borrower_id": range(8),
            "points": [610, 610, 590, 590, 600, 590, 590, np.nan],
            "pd": [0.1, 0.1, 0.4, 0.4, 0.2, 0.4, 0.4, np.nan],
            "outcome": [0, 1, 0, np.nan, 0, 0, 1, 1],
        }
    )
    table = group_gaps(scored, ["a"] * 4 + ["b"] * 4, CUT_OFF, resamples=20)
    a, b = (_of(table, "approval", name) for name in "ab")
    assert (a["value"], a["n"], a["known"], a["bads"], a["not_scorable"]) == (0.5, 4, 3, 1, 0)
    assert (b["value"], b["n"], b["known"], b["bads"], b["not_scorable"]) == (pytest.approx(1 / 3), 3, 3, 1, 1)
    assert a["reference"]
    assert b["ratio"] == pytest.approx(2 / 3)
    assert [_of(table, "goods_approved", name)["value"] for name in "ab"] == [0.5, 0.5]
    assert _of(table, "observed_over_expected", "a")["value"] == pytest.approx(1 / 0.6)
    assert _of(table, "observed_over_expected", "b")["value"] == pytest.approx(1 / 1.0)
    assert table["few"].all()
    assert table["p_value"].isna().all()


def test_ratios_are_fairlearn_s() -> None:
    scored, group = _scored(against=1.0)
    table = group_gaps(scored, group, CUT_OFF, resamples=5)
    approved = (scored["points"] >= CUT_OFF).astype(int)
    ratio = _of(table, "approval", "b")["ratio"]
    assert min(ratio, 1 / ratio) == pytest.approx(
        demographic_parity_ratio(approved, approved, sensitive_features=group), abs=1e-12
    )
    known = scored["outcome"].notna()
    told = equal_opportunity_ratio((scored["outcome"] == 0)[known], approved[known], sensitive_features=group[known])
    ratio = _of(table, "goods_approved", "b")["ratio"]
    assert min(ratio, 1 / ratio) == pytest.approx(told, abs=1e-12)


def test_ends_and_p_are_those_of_borrowers_copied_out() -> None:
    scored, group = _scored(600, against=0.5)
    table = group_gaps(scored, group, 550.0, resamples=60, seed=7)
    generator, ratios, differences = np.random.default_rng(7), [], []
    rows_of = [np.flatnonzero(scored["borrower_id"] == one) for one in range(300)]
    for _ in range(60):
        rows = np.concatenate([rows_of[one] for one in generator.integers(0, 300, 300)])
        a, b = ((scored["points"].to_numpy()[rows] >= 550.0)[group[rows] == name].mean() for name in "ab")
        ratios.append(b / a)
        differences.append(b - a)
    row = _of(table, "approval", "b")
    assert [row["ratio_low"], row["ratio_high"]] == pytest.approx(np.quantile(ratios, [0.025, 0.975]).tolist())
    z = abs(row["value"] - _of(table, "approval", "a")["value"]) / np.std(differences, ddof=1)
    assert row["p_value"] == pytest.approx(2 * NormalDist().cdf(-z))


def test_a_group_that_means_nothing_is_seldom_flagged() -> None:
    flagged = 0
    for seed in range(20):
        scored, _ = _scored(900, seed)
        group = np.random.default_rng(1000 + seed).choice(["a", "b", "c"], 900)
        verdicts = with_verdicts(group_gaps(scored, group, 550.0, resamples=60))["verdict"]
        flagged += verdicts.isin(["differs", "far"]).any()
    assert flagged <= 4  # 5% of 20 are expected at most; more than 4 come in 3 of 1,000 times


def test_points_taken_from_a_group_are_found() -> None:
    table = with_verdicts(group_gaps(*_scored(against=1.0), 550.0))
    assert _of(table, "approval", "b")["verdict"] == "far"
    assert _of(table, "goods_approved", "b")["verdict"] == "far"
    assert _of(table, "observed_over_expected", "b")["ratio"] < 0.8
    assert _of(table, "observed_over_expected", "b")["verdict"] == "far"
    assert (table.loc[table["group"] == "a", "verdict"] == "reference").all()


def test_nobody_approved_in_a_group_is_a_gap() -> None:
    scored, group = _scored(600)
    scored.loc[group == "b", "points"] = 0.0
    row = _of(with_verdicts(group_gaps(scored, group, 550.0)), "approval", "b")
    assert (row["value"], row["verdict"]) == (0.0, "far")


def test_small_groups_are_marked_and_not_judged() -> None:
    scored, group = _scored(1000, against=3.0)
    group = np.where(np.arange(1000) < 25, "tiny", "a")
    group[25:60] = None if group.dtype == object else "a"
    table = with_verdicts(group_gaps(scored, group, 550.0, resamples=20))
    assert table.loc[table["group"] == "tiny", "few"].all()
    assert (table.loc[table["group"] == "tiny", "verdict"] == "few").all()


def test_rows_without_a_group_are_shown_and_not_judged() -> None:
    scored, group = _scored(2000, against=2.0)
    table = with_verdicts(
        group_gaps(scored, np.where(group == "b", None, np.array(["a", "c"])[np.arange(2000) % 2]), 550.0)
    )
    assert (table.loc[table["group"] == "not given", "verdict"] == "not given").all()


def test_one_group_is_refused() -> None:
    with pytest.raises(TrainingError, match="1 groups are scorable, two are needed"):
        group_gaps(_scored(50)[0], ["a"] * 50, CUT_OFF)
    with pytest.raises(TrainingError, match="reference 'z' is none of the groups, which are a, b"):
        group_gaps(*_scored(50), CUT_OFF, reference="z")
