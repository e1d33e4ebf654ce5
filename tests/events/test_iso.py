"""What is read at once is what Python reads one by one; what is not is left to it."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditscore.events.exact import MISSING
from creditscore.events.iso import ticks_of_iso

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ZONES = st.integers(-1_439, 1_439).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
TIMES = st.datetimes(timezones=ZONES)


def ticks_of(time):
    return (time - EPOCH) // dt.timedelta(microseconds=1)


FORMS = st.tuples(TIMES, st.sampled_from(["T", " "]), st.sampled_from(["seconds", "milliseconds", "microseconds"]))


@given(st.lists(FORMS, min_size=1))
def test_every_time_that_python_writes_is_read(drawn):
    texts = [time.isoformat(sep, timespec) for time, sep, timespec in drawn]
    assert ticks_of_iso(texts).tolist() == [ticks_of(dt.datetime.fromisoformat(text)) for text in texts]


@given(st.text(alphabet="0123456789-+:.TZ \n\x00é"), st.integers(0, 40), st.integers(0, 8))
def test_what_is_read_of_spoilt_texts_is_what_python_reads(inserted, at, cut):
    text = "2024-02-29T23:59:58.123456+08:00"
    spoilt = text[:at] + inserted + text[at + cut :]
    found = ticks_of_iso([text, spoilt])
    if found is not None:
        assert found[1] == ticks_of(dt.datetime.fromisoformat(spoilt))


def test_missing_ones_are_marked():
    assert ticks_of_iso([None, "1970-01-01T00:00:01Z", None]).tolist() == [MISSING, 1_000_000, MISSING]
    assert ticks_of_iso([None]).tolist() == [MISSING]
    assert ticks_of_iso(["", "1970-01-01T00:00:01Z"]) is None
    assert ticks_of_iso([None, ""]) is None


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-04-31T00:00:00Z", "2024-13-01T00:00:00Z",
        "2024-00-10T00:00:00Z", "2024-01-00T00:00:00Z", "0000-01-01T00:00:00Z", "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+08:60",
        "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.12Z", "2024-01-01T00:00:00.1234567Z",
        "2024-01-01T00:00:00z", "2024-01-01t00:00:00Z", "2024-01-01T00:00Z", "2024-W01-1T00:00:00Z", "20240101T000000Z",
        "2024-01-01T00:00:00+0800", "2024-01-01T00:00:00+08", "2024-01-01T00:00:00Z\n", "\n2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00Z ", "２024-01-01T00:00:00Z", "2024-01-01T00:00:00\ud800", "",
    ],
)  # fmt: skip
def test_other_forms_are_left(text):
    assert ticks_of_iso([text]) is None


def test_lines_within_a_text_are_no_texts():
    assert ticks_of_iso(["2024-01-01T00:00:00Z\n2024-01-01T00:00:00Z", None]) is None
    assert ticks_of_iso(["2024-01-01T00:00:00Z\n2024-01-01T00:00:00Z"]) is None
