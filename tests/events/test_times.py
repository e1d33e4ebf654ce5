"""Times against the standard library's, and local hours over the nights when clocks change."""

import datetime as dt
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.events.times import instants, offset_minutes, with_zone

PRAGUE = ZoneInfo("Europe/Prague")


def column(values, kind=None):
    return pa.chunked_array([pa.array(values, kind)])


def read(texts, time_format=None):
    """(utc, local) of each text."""
    return list(zip(*(times.to_pylist() for times in instants(column(texts), time_format)), strict=True))


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", (None, dt.datetime(2024, 2, 29))),
        ("2024-03-01 10", (None, dt.datetime(2024, 3, 1, 10))),
        ("2024-03-01T10:05", (None, dt.datetime(2024, 3, 1, 10, 5))),
        ("2024-03-01T10:05:06Z", (utc(2024, 3, 1, 10, 5, 6), None)),
        ("2024-03-01 10:05:06.123456789+0800", (utc(2024, 3, 1, 2, 5, 6, 123456), None)),
        ("2024-03-01T10:05-03", (utc(2024, 3, 1, 13, 5), None)),
        ("2024-03-01T00:00+05:45", (utc(2024, 2, 29, 18, 15), None)),
    ],
)
def test_iso_text_is_read(text, expected):
    assert read([text]) == [expected]


@pytest.mark.parametrize(
    "text",
    ["2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-1-1", "2024-03-01T24:00", "2024-03-01T10:60",
     "2024-03-01T10:05 Z", "2024-03-01Z", "20240301", "1709283600", "today", " 2024-03-01", "2024-03-01T10:05+25:00"],
)  # fmt: skip
def test_other_text_is_not_read(text):
    assert read([text, "2024-03-01"]) == [(None, None), (None, dt.datetime(2024, 3, 1))]


@settings(max_examples=200, deadline=None)
@given(st.datetimes(dt.datetime(1600, 1, 1), dt.datetime(2500, 1, 1)), st.integers(-1439, 1439))
def test_iso_text_agrees_with_the_standard_library(when, minutes):
    zoned = when.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    assert read([when.isoformat(), zoned.isoformat()]) == [(None, when), (zoned.astimezone(dt.UTC), None)]


@pytest.mark.parametrize(
    ("text", "time_format", "expected"),
    [
        ("31/12/2024 10:00", "%d/%m/%Y %H:%M", (None, dt.datetime(2024, 12, 31, 10))),
        ("1/2/2024", "%d/%m/%Y", (None, dt.datetime(2024, 2, 1))),
        ("31/02/2024", "%d/%m/%Y", (None, None)),
        ("29/02/2023", "%d/%m/%Y", (None, None)),
        ("01/02/2024x", "%d/%m/%Y", (None, None)),
        ("930101", "%y%m%d", (None, dt.datetime(1993, 1, 1))),
        ("2024年3月1日 08时", "%Y年%m月%d日 %H时", (None, dt.datetime(2024, 3, 1, 8))),
        ("2024-03-01 10:00:00.25", "%Y-%m-%d %H:%M:%S.%f", (None, dt.datetime(2024, 3, 1, 10, 0, 0, 250_000))),
        ("01/03/2024 10:00 +0800", "%d/%m/%Y %H:%M %z", (utc(2024, 3, 1, 2), None)),
    ],
)
def test_text_in_a_format_is_read_as_the_standard_library_reads_it(text, time_format, expected):
    assert read([text, None], time_format) == [expected, (None, None)]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_any_unit_become_microseconds(unit):
    when = utc(1969, 12, 31, 23, 59, 58)
    assert instants(column([when, None], pa.timestamp(unit, "Asia/Tokyo")), None).utc.to_pylist() == [when, None]
    naive = when.replace(tzinfo=None)
    assert instants(column([naive, None], pa.timestamp(unit)), None).local.to_pylist() == [naive, None]


def test_nanoseconds_are_floored_before_1970_too():
    values = column([-1, 1_999], pa.timestamp("ns", "UTC"))
    assert instants(values, None).utc.cast(pa.int64()).to_pylist() == [-1, 1]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_absurd_timestamps_stay_absurd_without_overflow(unit):
    low, high = instants(column([-(2**62), 2**62], pa.timestamp(unit)), None).local.cast(pa.int64()).to_pylist()
    assert low < utc(1900, 1, 1).timestamp() * 1e6
    assert high > utc(2200, 1, 1).timestamp() * 1e6


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_dates_are_local_midnights(kind):
    assert instants(column([dt.date(2024, 3, 1)], kind), None).local.to_pylist() == [dt.datetime(2024, 3, 1)]


def test_numbers_are_no_times():
    assert instants(column([1_709_283_600]), None) is None
    assert instants(column([1.5]), None) is None


def test_an_hour_that_comes_twice_is_the_first_and_one_that_is_skipped_its_last_instant_before():
    local = column([dt.datetime(2024, 10, 27, 2, 30), dt.datetime(2024, 3, 31, 2, 30), dt.datetime(2024, 3, 31, 3)])
    assert with_zone(local, "Europe/Prague").to_pylist() == [
        utc(2024, 10, 27, 0, 30),
        utc(2024, 3, 31, 0, 59, 59, 999_999),
        utc(2024, 3, 31, 1),
    ]


@settings(max_examples=100, deadline=None)
@given(st.datetimes(dt.datetime(1995, 1, 1), dt.datetime(2035, 1, 1)))
def test_local_times_agree_with_zoneinfo(when):
    expected = when.replace(tzinfo=PRAGUE).astimezone(dt.UTC)
    if expected.astimezone(PRAGUE).replace(tzinfo=None) == when:
        assert with_zone(column([when], pa.timestamp("us")), "Europe/Prague").to_pylist() == [expected]


@settings(max_examples=100, deadline=None)
@given(st.datetimes(dt.datetime(1995, 1, 1), dt.datetime(2035, 1, 1), timezones=st.just(dt.UTC)))
def test_offsets_agree_with_zoneinfo(when):
    for zone in ("Europe/Prague", "Asia/Shanghai", "Asia/Kathmandu", "America/New_York"):
        expected = when.astimezone(ZoneInfo(zone)).utcoffset() // dt.timedelta(minutes=1)
        assert offset_minutes(column([when], pa.timestamp("us", "UTC")), zone).to_pylist() == [expected]


def test_offsets_change_within_the_night():
    times = column([utc(2024, 3, 31, 0, 59), utc(2024, 3, 31, 1), utc(2024, 10, 27, 0, 59), utc(2024, 10, 27, 1), None])
    assert offset_minutes(times, "Europe/Prague").to_pylist()[:4] == [60, 120, 120, 60]
    assert offset_minutes(times, "+08:00").to_pylist()[:4] == [480] * 4
    assert offset_minutes(times, None).to_pylist() == [0] * 5
