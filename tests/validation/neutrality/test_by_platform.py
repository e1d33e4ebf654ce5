"""Each platform's row is what the same figures give on its borrowers alone."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from creditscore.validation.cox import cox_calibration
from creditscore.validation.neutrality.by_platform import by_platform
from creditscore.validation.neutrality.membership import Membership


@pytest.fixture(scope="module")
def made():
    draw = np.random.default_rng(1)
    log_odds = draw.normal(-1.5, 1, 900)
    scored = pd.DataFrame({"borrower_id": draw.integers(0, 700, 900), "pd": expit(log_odds), "points": -log_odds})
    scored["outcome"] = (draw.random(900) < scored["pd"]).astype(float)
    scored.loc[:40, "outcome"] = np.nan
    scored.loc[30:60, "pd"] = np.nan
    buys, books = draw.random((900, 2)) < [0.8, 0.5], draw.random((900, 2)) < [0, 0.3]
    return scored, Membership(("alder", "birch"), {"transactions": buys, "trips": books})


def test_figures_are_those_of_the_platforms_own_borrowers(made):
    scored, members = made
    table = by_platform(scored, members, cut_off=1.5, resamples=50)
    assert table["platform"].tolist() == ["alder", "birch"]
    assert table["tables"].tolist() == ["transactions", "transactions, trips"]
    for p, row in enumerate(table.itertuples()):
        own = scored[members.any[:, p]]
        assert row.coverage == pytest.approx(members.any[:, p].mean())
        assert row.alone == (members.any[:, p] & ~members.any[:, 1 - p]).sum()
        with_score = own[own["pd"].notna()]
        assert row.approval_rate == pytest.approx((with_score["points"] >= 1.5).mean())
        known = with_score[with_score["outcome"].notna()]
        assert (row.n, row.bads) == (len(known), known["outcome"].sum())
        assert row.auc == pytest.approx(roc_auc_score(known["outcome"], known["pd"]))
        assert row.observed_over_expected == pytest.approx(known["outcome"].mean() / known["pd"].mean())
        slope = cox_calibration(known["outcome"], known["pd"], known["borrower_id"]).slope
        assert (row.slope_low, row.slope, row.slope_high) == (slope.low, slope.value, slope.high)
        assert not row.few
        for name in ("coverage", "approval_rate", "auc", "bad_rate"):
            low, value, high = (getattr(row, name + end) for end in ("_low", "", "_high"))
            assert low < value < high < low + 0.25


def test_what_cannot_be_measured_is_missing(made):
    scored, members = made
    row = by_platform(scored, members, resamples=5).iloc[0]
    assert np.isnan(row["approval_rate"])
    nobody = Membership(("p",), {"trips": np.zeros((len(scored), 1), bool)})
    row = by_platform(scored, nobody, 1.5, resamples=5).iloc[0]
    assert (row["coverage"], row["n"], row["few"]) == (0, 0, True)
    assert row[["approval_rate", "auc", "slope", "bad_rate", "mean_pd"]].isna().all()
