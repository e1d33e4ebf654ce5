from __future__ import annotations

import numpy as np
import pytest

from creditscore.validation.metrics import discrimination
from creditscore.validation.segments import file_thickness, labels, ranking_by_segment

GENERATOR = np.random.default_rng(3)
N = 1_200
RISK = GENERATOR.beta(1.2, 8, N)
BAD = np.where(GENERATOR.random(N) < 0.05, np.nan, (GENERATOR.random(N) < RISK).astype(float))
BORROWER = np.arange(N) // 2


def test_each_segment_is_measured_by_itself() -> None:
    segment = np.where(np.arange(N) < 700, "old", "new")
    table = ranking_by_segment(BAD, RISK, segment, BORROWER, resamples=20).set_index("segment")
    assert list(table.index) == ["new", "old"]
    for name in ("new", "old"):
        own = segment == name
        alone, row = discrimination(BAD[own], RISK[own], BORROWER[own], resamples=20), table.loc[name]
        assert (row["n"], row["bads"]) == (alone.n, alone.bads)
        assert [row["auc"], row["auc_low"], row["gini_high"], row["ks"]] == pytest.approx(
            [alone.auc.value, alone.auc.low, alone.gini.high, alone.ks.value]
        )
        assert row["bad_rate"] == pytest.approx(np.nanmean(BAD[own]))


def test_small_segments_are_flagged_and_those_of_one_class_have_no_ranking() -> None:
    segment = np.full(N, "most", object)
    good, few = np.flatnonzero(BAD == 0)[:50], np.flatnonzero(BAD == 1)[:5]
    segment[good], segment[few] = "goods alone", None
    table = ranking_by_segment(BAD, RISK, segment, resamples=5).set_index("segment")
    assert table["few"].to_dict() == {"goods alone": True, "most": False, "not given": True}
    assert np.isnan(table.loc["goods alone", ["auc", "ks_low"]].astype(float)).all()
    assert table.loc["goods alone", "n"] == 50


def test_auc_over_all_can_come_from_the_segments_alone() -> None:
    segment = np.repeat([0, 1], 500)
    generator = np.random.default_rng(11)
    risk = 0.02 + 0.3 * segment + 0.01 * generator.random(1_000)
    bad = (generator.random(1_000) < np.where(segment, 0.4, 0.05)).astype(float)
    table = ranking_by_segment(bad, risk, segment, resamples=50)
    assert discrimination(bad, risk, resamples=2).auc.value > 0.7
    assert (table["auc_low"] < 0.5).all()
    assert (table["auc_high"] > 0.5).all()


def test_labels_and_thickness() -> None:
    assert labels([1, None, float("nan"), "x"]).tolist() == ["1", "not given", "not given", "x"]
    assert file_thickness([11.9, 12, -1], thin_below=12).tolist() == ["thin", "thick", "no file"]
