from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.stats import kstest

from creditscore.errors import TrainingError
from creditscore.model.binned import Bins, binned
from creditscore.validation.stability import bin_shares, csi_table, psi

GENERATOR = np.random.default_rng(8)


def test_psi_by_hand() -> None:
    found = psi(Bins((1.0, 2.0), (200, 300, 500, 0)), np.repeat([1, 2, 3], [30, 30, 40]))
    assert found.psi == pytest.approx(0.1 * log(30 / 20) + 0 - 0.1 * log(40 / 50))
    assert found.bins == 3
    # chi-square's 95% quantile with 2 degrees of freedom is −2 ln 0.05, and its tail exp(−x / 2)
    assert found.limit == pytest.approx(-2 * log(0.05) * (1 / 1000 + 1 / 100))
    assert found.p_value == pytest.approx(np.exp(-found.psi / (1 / 1000 + 1 / 100) / 2))


def test_psi_is_the_same_from_either_side() -> None:
    one, other = GENERATOR.normal(size=900), GENERATOR.normal(0.3, 1.2, size=400)
    there = binned(one)
    back = Bins(there.edges, tuple(there.count(other).tolist()))
    assert psi(there, other).psi == pytest.approx(psi(back, one).psi)


def test_without_a_shift_p_values_are_uniform() -> None:
    p_values = [psi(binned(GENERATOR.normal(size=3_000)), GENERATOR.normal(size=2_000)).p_value for _ in range(400)]
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.09


def test_missing_values_are_a_bin_of_their_own() -> None:
    values = GENERATOR.normal(size=2_000)
    now = np.where(np.arange(2_000) < 600, np.nan, values)
    found = psi(binned(values), now)
    assert found.bins == 11
    assert found.verdict == "shifted"


def test_empty_bins_count_as_half_a_row_on_their_side_and_not_at_all_on_both() -> None:
    found = psi(Bins((1.0, 2.0), (60, 0, 40, 0)), np.repeat([1.0], 50))
    assert found.bins == 2
    then, now = np.array([60, 40]) / 100, np.array([50, 0.5]) / 50.5
    assert found.psi == pytest.approx(((now - then) * np.log(now / then)).sum())


def test_few_rows_cannot_tell_a_shift_from_chance() -> None:
    found = psi(binned(GENERATOR.normal(size=400)), GENERATOR.normal(size=20))
    assert found.limit > 0.25
    assert found.verdict in ("stable", "too few")
    assert psi(Bins((), (40, 0)), [1.0]).p_value == 1


def test_no_values_are_refused() -> None:
    with pytest.raises(TrainingError, match="got no values"):
        psi(Bins((), (5, 0)), [])


def test_csi_finds_the_features_that_moved_and_few_others() -> None:
    then, now = GENERATOR.normal(size=(3_000, 200)), GENERATOR.normal(size=(2_000, 200))
    now[:, 17] += 0.5
    now[:, 90] *= 2.5
    now[:, 91] = np.where(GENERATOR.random(2_000) < 0.2, np.nan, now[:, 91])
    table = csi_table({f"f{j}": binned(then[:, j]) for j in range(200)}, now)
    assert set(table["feature"][:3]) == {"f17", "f90", "f91"}
    assert set(table["verdict"][:3]) <= {"moved", "shifted"}
    assert (table["verdict"][3:] == "stable").all()
    assert (table["adjusted_p"] >= table["p_value"]).all()
    assert (table["p_value"] < 0.05).sum() > 5  # without the adjustment chance would be called a move
    assert (table["adjusted_p"] < 0.05).sum() <= 5
    assert table.set_index("feature").loc["f91", "missing"] == pytest.approx(0.2, abs=0.03)


def test_adjusted_p_values_by_hand() -> None:
    baseline = {"a": Bins((0.0,), (500, 500, 0)), "b": Bins((0.0,), (500, 500, 0))}
    X = np.column_stack([np.repeat([-1.0, 1.0], [560, 440]), np.repeat([-1.0, 1.0], [510, 490])])
    table = csi_table(baseline, X).set_index("feature")
    assert table.loc["a", "adjusted_p"] == pytest.approx(2 * table.loc["a", "p_value"])
    assert table.loc["b", "adjusted_p"] == pytest.approx(table.loc["b", "p_value"])


def test_matrix_of_other_columns_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"expected X of shape \(rows, 1\)"):
        csi_table({"a": Bins((), (5, 0))}, np.zeros((3, 2)))


def test_bin_shares_add_up_and_name_their_ends() -> None:
    table = bin_shares(Bins((1.0, 2.0), (20, 30, 40, 10)), [0.5, 3.0, 3.0, np.nan])
    assert table["then"].tolist() == [0.2, 0.3, 0.4, 0.1]
    assert table["now"].tolist() == [0.25, 0.0, 0.5, 0.25]
    assert table[["above", "up_to"]].values.tolist()[:3] == [[-np.inf, 1.0], [1.0, 2.0], [2.0, np.inf]]
    assert table[["above", "up_to"]].iloc[3].isna().all()
