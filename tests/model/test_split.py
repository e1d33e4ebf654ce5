"""The dated samples, rule by rule."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from creditscore.errors import TrainingError
from creditscore.events.schema import TIME
from creditscore.model.split import RETURNING, UNUSED, expanding_folds, split_samples

PERIODS = {
    "train": (dt.date(2024, 1, 1), dt.date(2024, 7, 1)),
    "calibrate": (dt.date(2024, 7, 1), dt.date(2024, 10, 1)),
    "test": (dt.date(2024, 10, 1), dt.date(2025, 1, 1)),
}


def table(rows):
    """rows: (borrower, as_of)"""
    times = pa.array([dt.datetime.fromisoformat(time).replace(tzinfo=dt.UTC) for _, time in rows], TIME)
    return pa.table({"borrower_id": pa.array([borrower for borrower, _ in rows], pa.string()), "as_of": times})


def split(*rows, periods=PERIODS):
    return split_samples(table(rows), periods).tolist()


FILL = (("x", "2024-01-05"), ("y", "2024-07-05"), ("z", "2024-10-05"))
FILLED = ["train", "calibrate", "test"]


def test_each_application_is_in_the_period_of_its_date():
    assert split(*FILL) == FILLED


def test_from_is_inside_and_until_outside_by_the_microsecond():
    edges = (("a", "2024-07-01"), ("b", "2024-06-30T23:59:59.999999"), ("c", "2025-01-01"),
             ("d", "2024-12-31T23:59:59.999999"), ("e", "2023-12-31T23:59:59.999999"))  # fmt: skip
    assert split(*FILL, *edges) == [*FILLED, "calibrate", "train", UNUSED, "test", UNUSED]


def test_an_open_end_has_no_bound():
    periods = {"train": (None, dt.date(2024, 7, 1)), "test": (dt.date(2024, 7, 1), None)}
    assert split(("a", "1971-01-01"), ("b", "2099-01-01"), periods=periods) == ["train", "test"]


def test_days_are_utc():
    zoned = pa.array([dt.datetime(2024, 7, 1, 7, tzinfo=dt.timezone(dt.timedelta(hours=8)))], TIME)
    late = pa.table({"borrower_id": ["a"], "as_of": zoned})
    assert split_samples(pa.concat_tables([table(FILL), late]), PERIODS).tolist()[-1] == "train"


def test_a_borrower_stays_in_the_sample_of_the_first_application():
    again = (("x", "2024-08-01"), ("x", "2024-11-01"), ("x", "2024-03-01"), ("y", "2024-11-01"))
    assert split(*FILL, *again) == [*FILLED, RETURNING, RETURNING, "train", RETURNING]


def test_the_first_application_is_by_date_whatever_the_rows_order():
    assert split(("x", "2024-11-01"), *FILL) == [RETURNING, *FILLED]


def test_an_application_outside_all_periods_gives_no_home():
    assert split(*FILL, ("n", "2020-01-01"), ("n", "2024-11-01")) == [*FILLED, UNUSED, "test"]


def test_one_outside_all_periods_stays_unused_though_its_borrower_has_a_home():
    assert split(*FILL, ("x", "2020-01-01"), ("x", "2026-01-01")) == [*FILLED, UNUSED, UNUSED]


@pytest.mark.parametrize("seed", range(5))
def test_no_borrower_is_in_two_samples(seed):
    draw = np.random.default_rng(seed)
    rows = [(f"b{draw.integers(200)}", f"2024-{draw.integers(1, 13):02}-{draw.integers(1, 29):02}") for _ in range(300)]
    samples = split_samples(table(rows), PERIODS)
    homes = {(borrower, sample) for (borrower, _), sample in zip(rows, samples, strict=True) if sample in PERIODS}
    assert len(homes) == len({borrower for borrower, _ in homes})
    assert RETURNING in samples


def test_chunks_and_borrowers_by_number_make_no_difference():
    rows = [*FILL, ("x", "2024-11-01")]
    numbers = pa.array([7, 8, 9, 7])
    whole = table(rows).set_column(0, "borrower_id", numbers)
    cut = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    assert split_samples(cut, PERIODS).tolist() == [*FILLED, RETURNING]


def test_an_empty_sample_is_refused_with_the_dates_that_there_are():
    fix = (r"sample 'calibrate' \(2024-07-01 to 2024-10-01\) has no application; applications run from 2024-01-05 "
           r"to 2024-10-05: set samples.calibrate.from and until within that")  # fmt: skip
    with pytest.raises(TrainingError, match=fix):
        split(FILL[0], FILL[2])


def test_a_sample_of_returning_borrowers_only_is_empty():
    with pytest.raises(TrainingError, match="sample 'test' holds returning borrowers only"):
        split(FILL[0], FILL[1], ("x", "2024-11-01"))


def test_no_applications_at_all_are_refused():
    with pytest.raises(TrainingError, match=r"sample 'train' .* applications run from none to none"):
        split()


def made_rows(seed, rows=600):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 300, rows), draw.integers(0, 250, rows), (draw.random(rows) < 0.2).astype(float)


@pytest.mark.parametrize("seed", range(10))
def test_folds_are_judged_on_later_rows_of_other_borrowers(seed):
    time, borrowers, outcome = made_rows(seed)
    folds = expanding_folds(time, borrowers, outcome, 4)
    assert len(folds) == 4
    seen = set()
    for train, judged in folds:
        assert time[train].max() <= time[judged].min()
        assert not set(borrowers[train]) & set(borrowers[judged])
        assert not seen & set(judged.tolist())
        seen |= set(judged.tolist())
        # nobody earlier is left out but the borrowers that it is judged on
        earlier = np.setdiff1d(np.flatnonzero(time < time[judged].min()), judged)
        assert set(earlier) - set(train) <= set(np.flatnonzero(np.isin(borrowers, borrowers[judged])))
    bads = [outcome[judged].sum() for _, judged in folds]
    assert max(bads) - min(bads) <= 2


def test_folds_without_bads_enough_are_refused():
    time, borrowers, outcome = made_rows(1)
    outcome[5:] = 0
    with pytest.raises(TrainingError, match="20 time-ordered folds need more than"):
        expanding_folds(time, borrowers, outcome, 20)
