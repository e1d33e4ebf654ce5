from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from creditscore.errors import TrainingError
from creditscore.validation.metrics import jeffreys
from creditscore.validation.vintages import vintage_table

GENERATOR = np.random.default_rng(4)
N = 600
AS_OF = pd.Timestamp("2023-11-20", tz="UTC") + pd.to_timedelta(GENERATOR.integers(0, 300 * 24, N), unit="h")
PD = np.where(GENERATOR.random(N) < 0.05, np.nan, GENERATOR.beta(1.2, 12, N))
OUTCOME = np.where(GENERATOR.random(N) < 0.2, np.nan, (GENERATOR.random(N) < 0.1).astype(float))
SCORED = pd.DataFrame({"as_of": AS_OF, "pd": PD, "outcome": OUTCOME})


def test_months_agree_with_counting_row_by_row() -> None:
    by_hand = defaultdict(list)
    for time, risk, outcome in zip(AS_OF, PD, OUTCOME, strict=True):
        by_hand[f"{time.year}-{time.month:02d}"].append((risk, outcome))
    table = vintage_table(SCORED).set_index("vintage")
    assert list(table.index) == sorted(by_hand)
    for vintage, rows in by_hand.items():
        known = [(risk, outcome) for risk, outcome in rows if risk == risk and outcome == outcome]
        bads, row = sum(outcome for _, outcome in known), table.loc[vintage]
        assert row["n"] == len(rows)
        assert row["not_scorable"] == sum(risk != risk for risk, _ in rows)
        assert (row["known"], row["bads"]) == (len(known), bads)
        assert row["bad_rate"] == pytest.approx(bads / len(known))
        assert [row["low"], row["high"]] == pytest.approx([float(end) for end in jeffreys(bads, len(known))])
        assert row["mean_pd"] == pytest.approx(np.mean([risk for risk, _ in rows if risk == risk]))
        assert row["expected"] == pytest.approx(np.mean([risk for risk, _ in known]))


def test_quarters_add_up_the_months() -> None:
    months, quarters = vintage_table(SCORED), vintage_table(SCORED, by="quarter")
    assert quarters["vintage"].tolist() == ["2023Q4", "2024Q1", "2024Q2", "2024Q3"]
    for column in ("n", "not_scorable", "known", "bads"):
        assert quarters[column].iloc[1] == months[column][2:5].sum()
        assert quarters[column].sum() == months[column].sum()


def test_months_without_an_application_are_told() -> None:
    scored = pd.DataFrame(
        {"as_of": pd.to_datetime(["2024-01-31", "2024-04-01"]), "pd": [0.1, 0.2], "outcome": [1, np.nan]}
    )
    table = vintage_table(scored)
    assert table["vintage"].tolist() == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert table["n"].tolist() == [1, 0, 0, 1]
    assert table["bads"].tolist() == [1, 0, 0, 0]
    assert np.isnan(table["bad_rate"][1:]).all()
    assert table["mean_pd"].tolist()[3] == 0.2


def test_the_month_is_that_of_utc() -> None:
    early = pd.DataFrame({"as_of": pd.to_datetime(["2024-03-01 05:00+08:00"]), "pd": [0.1], "outcome": [0.0]})
    assert vintage_table(early)["vintage"].tolist() == ["2024-02"]


def test_no_rows_and_missing_dates_are_refused() -> None:
    with pytest.raises(TrainingError, match="got 0 rows"):
        vintage_table(SCORED[:0])
    with pytest.raises(TrainingError, match="got 600 rows, 3 without it"):
        vintage_table(SCORED.assign(as_of=SCORED["as_of"].where(np.arange(N) >= 3)))
