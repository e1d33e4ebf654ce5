from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from creditscore.errors import TrainingError
from creditscore.validation.cut_offs import cut_off_table, cut_offs_by_segment
from creditscore.validation.metrics import jeffreys

CUT_OFFS = (560, 640, 720, 10_000)


def _scored(n: int = 900, seed: int = 1) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    risk = generator.beta(1.2, 8, n)
    outcome = np.where(generator.random(n) < 0.1, np.nan, (generator.random(n) < risk).astype(float))
    points = 600 - 40 * np.log2(risk / (1 - risk))
    risk[:20] = np.nan
    points[:20] = np.nan
    borrower = [f"b{k}" for k in np.arange(n) // 2]
    return pd.DataFrame({"borrower_id": borrower, "points": points, "pd": risk, "outcome": outcome})


SCORED = _scored()
AMOUNT = np.random.default_rng(2).uniform(1_000, 9_000, len(SCORED))
LGD = np.random.default_rng(3).uniform(0.2, 0.9, len(SCORED))


def test_each_row_is_what_its_cut_off_lets_in() -> None:
    table = cut_off_table(SCORED, CUT_OFFS, amount=AMOUNT, lgd=LGD, resamples=5)
    scorable = SCORED[SCORED["pd"].notna()].assign(loss=SCORED["pd"] * AMOUNT * LGD)
    for row in table.to_dict("records")[:3]:
        own = scorable[scorable["points"] >= row["cut_off"]]
        known = own["outcome"].dropna()
        assert (row["n"], row["approved"], row["known"]) == (880, len(own), len(known))
        assert row["bads"] == known.sum()
        assert row["approval_rate"] == pytest.approx(len(own) / 880)
        assert row["bad_rate"] == pytest.approx(known.mean())
        assert [row["bad_rate_low"], row["bad_rate_high"]] == pytest.approx(
            [float(end) for end in jeffreys(known.sum(), len(known))]
        )
        assert [row["mean_pd"], row["expected_bads"]] == pytest.approx([own["pd"].mean(), own["pd"].sum()])
        assert row["expected_loss"] == pytest.approx(own["loss"].sum())


def test_cut_off_that_nobody_reaches_has_no_bad_rate() -> None:
    nobody = cut_off_table(SCORED, CUT_OFFS, resamples=5).iloc[3]
    assert nobody[["approved", "known", "expected_bads", "approval_rate_high"]].tolist() == [0, 0, 0, 0]
    assert np.isnan(nobody[["bad_rate", "mean_pd"]].astype(float)).all()


def test_who_has_the_points_exactly_is_approved() -> None:
    scored = pd.DataFrame({"borrower_id": [1, 2], "points": [600.0, 599.5], "pd": [0.1, 0.2], "outcome": [0, 1]})
    assert cut_off_table(scored, [600], resamples=2)["approved"].tolist() == [1]


def test_ends_are_those_of_borrowers_copied_out() -> None:
    table = cut_off_table(SCORED, CUT_OFFS[:2], amount=AMOUNT, lgd=0.45, resamples=40, seed=6)
    rows = SCORED.assign(loss=0.45 * SCORED["pd"] * AMOUNT)[SCORED["pd"].notna()]
    groups = [own for _, own in rows.groupby("borrower_id", sort=False)]
    generator, drawn = np.random.default_rng(6), []
    for _ in range(40):
        sample = pd.concat([groups[k] for k in generator.integers(0, len(groups), len(groups))])
        passing = [sample[sample["points"] >= cut_off] for cut_off in CUT_OFFS[:2]]
        drawn.append([[len(own) / len(sample), own["pd"].sum(), own["loss"].sum()] for own in passing])
    ends = np.quantile(drawn, [0.025, 0.975], axis=0)
    for k, end in enumerate(("low", "high")):
        got = table[[f"approval_rate_{end}", f"expected_bads_{end}", f"expected_loss_{end}"]].to_numpy()
        np.testing.assert_allclose(got, ends[k], rtol=1e-9)


def test_segments_are_tables_of_their_own() -> None:
    segment = np.where(np.arange(len(SCORED)) < 860, "a", None)
    options = {"resamples": 10, "seed": 3}
    table = cut_offs_by_segment(SCORED, segment, CUT_OFFS, amount=AMOUNT, lgd=0.5, **options)
    assert table["segment"].tolist() == ["a"] * 4 + ["not given"] * 4
    assert table["few"].tolist() == [False] * 4 + [True] * 4
    alone = cut_off_table(SCORED[:860], CUT_OFFS, amount=AMOUNT[:860], lgd=0.5, **options)
    pd.testing.assert_frame_equal(table[:4].drop(columns=["segment", "few"]), alone)


def test_missing_amounts_impossible_lgds_and_no_rows_are_refused() -> None:
    with pytest.raises(TrainingError, match="2 of 880 rows have no amount"):
        cut_off_table(SCORED, [600], amount=np.where(np.arange(900) >= 898, np.nan, 1.0))
    with pytest.raises(TrainingError, match="880 of 880"):
        cut_off_table(SCORED, [600], amount=AMOUNT, lgd=45)
    with pytest.raises(TrainingError, match="got none among 20"):
        cut_off_table(SCORED[:20], [600])
    cut_off_table(SCORED, [600], amount=np.where(SCORED["pd"].isna(), np.nan, 1.0), resamples=2)
