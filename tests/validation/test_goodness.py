from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import chi2

from creditscore.errors import TrainingError
from creditscore.validation.cox import cox_calibration
from creditscore.validation.goodness import brier_parts, calibration_by_sample, hosmer_lemeshow
from creditscore.validation.metrics import brier, observed_over_expected
from tests.validation.chdage import AGE, CHD


def _made(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    risk = generator.beta(1.5, 8, n)
    return (generator.random(n) < risk).astype(float), risk


def test_fitted_regression_by_tenths_of_its_pds() -> None:
    """The logistic regression of these data on age, in the bins of pandas' quantiles; ages that tie share one."""
    risk = expit(-5.309453370 + 0.1109211422 * AGE)
    found = hosmer_lemeshow(CHD, risk, estimated=2)
    groups = pd.DataFrame({"bad": CHD, "risk": risk}).groupby(pd.qcut(AGE, 10), observed=True)
    bads, expected, n = groups["bad"].sum(), groups["risk"].sum(), groups.size()
    by_hand = ((bads - expected) ** 2 / expected + (bads - expected) ** 2 / (n - expected)).sum()
    assert found.statistic == pytest.approx(by_hand)
    assert found.degrees_of_freedom == 8
    assert found.p_value == pytest.approx(chi2(8).sf(by_hand))


def test_statistic_by_hand() -> None:
    found = hosmer_lemeshow([0, 0, 0, 1, 1, 0, 1, 1], [0.1] * 4 + [0.6] * 4, bins=2)
    assert found.statistic == pytest.approx(0.6**2 / (0.4 * 0.9) + 0.6**2 / (2.4 * 0.4))
    assert found.degrees_of_freedom == 2
    assert found.p_value == pytest.approx(np.exp(-found.statistic / 2))


def test_true_pds_are_rejected_about_as_often_as_by_chance() -> None:
    rejected = [hosmer_lemeshow(*_made(2_000, seed)).p_value < 0.05 for seed in range(300)]
    assert 0.02 < np.mean(rejected) < 0.09


def test_impossible_pds_are_rejected_and_certain_ones_that_hold_are_not() -> None:
    bad = np.repeat([0.0, 1.0], 50)
    assert hosmer_lemeshow(bad, bad).p_value == 1
    assert hosmer_lemeshow(1 - bad, bad).p_value == 0


def test_too_few_bins_are_refused() -> None:
    with pytest.raises(TrainingError, match="1 bins leave no degree of freedom beside 2"):
        hosmer_lemeshow([0, 1, 0], [0.2, 0.2, 0.2], estimated=2)


def test_brier_parts_by_hand() -> None:
    """Two bins: mean PDs 0.2 and 0.7, bad rates ¼ and ½, of 4 and 2 rows; the bad rate of all is ⅓."""
    parts = brier_parts([0, 0, 0, 1, 1, 0], [0.2, 0.2, 0.2, 0.2, 0.7, 0.7], bins=2)
    assert parts.reliability == pytest.approx((4 * 0.05**2 + 2 * 0.2**2) / 6)
    assert parts.resolution == pytest.approx((4 * (1 / 12) ** 2 + 2 * (1 / 6) ** 2) / 6)
    assert parts.uncertainty == pytest.approx(2 / 9)
    assert parts.within == pytest.approx(0, abs=1e-15)
    assert parts.score == pytest.approx((3 * 0.04 + 0.64 + 0.09 + 0.49) / 6)


def test_what_pds_add_within_bins_is_their_variance_less_twice_their_covariance() -> None:
    bad, risk = _made(5_000)
    parts = brier_parts(bad, risk, bins=4)
    edges = np.quantile(risk, [0.25, 0.5, 0.75], method="inverted_cdf")
    groups = [np.searchsorted(edges, risk) == k for k in range(4)]
    within = sum(
        ((risk[g] - risk[g].mean()) ** 2).sum() - 2 * ((risk[g] - risk[g].mean()) * (bad[g] - bad[g].mean())).sum()
        for g in groups
    )
    assert parts.within == pytest.approx(within / len(bad), abs=1e-12)
    assert parts.score == brier(bad, risk)


def test_samples_are_told_apart_in_their_order() -> None:
    bad, risk = _made(900)
    sample = np.repeat(["train", "test", "late"], 300)
    risk = np.where(sample == "test", risk / 2, risk)
    bad[600:] = np.where(np.arange(300) < 290, np.nan, 0.0)
    risk[:5] = np.nan
    scored = pd.DataFrame({"sample": sample, "borrower_id": np.arange(900) // 2, "pd": risk, "outcome": bad})
    table = calibration_by_sample(scored).set_index("sample")
    assert list(table.index) == ["train", "test", "late"]
    assert table["n"].tolist() == [295, 300, 10]
    own = scored[sample == "test"]
    ratio, cox = observed_over_expected(own["outcome"], own["pd"]), cox_calibration(
        own["outcome"], own["pd"], own["borrower_id"]
    )  # fmt: skip
    row = table.loc["test"]
    assert [row["observed_over_expected"], row["observed_over_expected_low"]] == [ratio.value, ratio.low]
    assert [row["slope"], row["slope_high"], row["in_the_large_low"]] == [
        cox.slope.value, cox.slope.high, cox.in_the_large.low
    ]  # fmt: skip
    assert row["in_the_large_low"] > 0  # PDs were halved
    assert np.isnan(table.loc["late", "slope"])
    assert table.loc["late", "bads"] == 0
