from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from creditscore.events.simulate.clock import END, MONTHS, START, is_night, moments, month_of, occasions

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_the_market_lasts_three_years_of_shanghai() -> None:
    assert dt.datetime.fromtimestamp(START, SHANGHAI) == dt.datetime(2023, 1, 1, tzinfo=SHANGHAI)
    assert dt.datetime.fromtimestamp(END, SHANGHAI) == dt.datetime(2026, 1, 1, tzinfo=SHANGHAI)
    assert MONTHS == 36


def test_moments_fall_in_their_month_and_at_night_as_often_as_asked() -> None:
    month = np.arange(3_600) % MONTHS
    time = moments(np.random.default_rng(1), month, np.where(month < 18, 0.0, 0.4))
    local = [dt.datetime.fromtimestamp(one, SHANGHAI) for one in time.tolist()]
    assert [(one.year - 2023) * 12 + one.month - 1 for one in local] == month.tolist() == month_of(time).tolist()
    by_night = np.array([one.hour >= 23 or one.hour < 5 for one in local])
    assert np.array_equal(by_night, is_night(time))
    assert not by_night[month < 18].any()
    assert abs(by_night[month >= 18].mean() - 0.4) < 0.05


def test_occasions_come_at_their_rate() -> None:
    rate = np.zeros((50, MONTHS))
    rate[7, 3] = 400.0
    borrower, month = occasions(np.random.default_rng(1), rate)
    assert set(borrower.tolist()) == {7}
    assert set(month.tolist()) == {3}
    assert 320 < len(month) < 480
