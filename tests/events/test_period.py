"""A period: the rows that plain Python picks, of all sources alike, and no row group read in vain."""

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditscore import Source, load_events
from creditscore.errors import SchemaError
from creditscore.events.period import Period, Span, within
from creditscore.events.schema import TIME
from creditscore.events.sources import opened
from creditscore.governance.consent import load_consents

DAYS = st.none() | st.dates(dt.date(2023, 12, 30), dt.date(2024, 1, 5))
TIMES = st.lists(
    st.none() | st.datetimes(dt.datetime(2023, 12, 28), dt.datetime(2024, 1, 8), timezones=st.just(dt.UTC))
)


def midnight(day):
    return dt.datetime.combine(day, dt.time(), dt.UTC)


@given(DAYS, DAYS, TIMES)
def test_the_rows_are_those_that_python_picks(start, until, times):
    found = within(Period(start, until), pa.chunked_array([pa.array(times, TIME)]))
    assert found.tolist() == [
        one is None or ((not start or one >= midnight(start)) and (not until or one < midnight(until))) for one in times
    ]


def bills(days):
    """A row a day, at an hour that is the next day's in UTC where the clock is in New York, every fifth one bad."""
    return pa.table({
        "borrower_id": [f"b{day % 3}" for day in range(days)],
        "event_id": list(range(days)),
        "time": pa.array([dt.datetime(2024, 1, 1, 22) + dt.timedelta(day) for day in range(days)], pa.timestamp("us")),
        "kind": ["gift" if day % 5 == 0 else "purchase" for day in range(days)],
        "amount": [1] * days,
    })  # fmt: skip


@pytest.mark.parametrize("period", [(dt.date(2024, 1, 9), dt.date(2024, 1, 17)), (None, dt.date(2024, 1, 4)),
                                    (dt.date(2024, 2, 1), None)])  # fmt: skip
def test_a_file_s_row_groups_without_such_rows_are_not_read(tmp_path, period):
    path = tmp_path / "bills.parquet"
    pq.write_table(bills(40), path, row_group_size=4)
    given = {"platform": "shop", "timezone": "America/New_York", "period": period}
    found = load_events(transactions=Source(path, **given), quarantine_limit=1.0)
    whole = load_events(transactions=Source(bills(40), **given), quarantine_limit=1.0)
    assert found == whole
    assert found.quarantine.rows["row"].to_pylist() == whole.quarantine.rows["row"].to_pylist()
    (one,) = opened(Source(path), None, span=Span("time", Period(*period)))
    read = one.whole().table.num_rows
    assert whole.rows["transactions"] <= read < 40
    assert read <= whole.quarantine.read["transactions"] + 4 * 4


def test_of_a_period_without_rows_there_are_none(tmp_path):
    pq.write_table(bills(8), tmp_path / "bills.parquet", row_group_size=4)
    source = Source(tmp_path / "bills.parquet", platform="shop", timezone="UTC", period=(dt.date(2030, 1, 1), None))
    assert load_events(transactions=source).rows == {"transactions": 0}


def test_a_group_with_a_row_without_time_is_read(tmp_path):
    table = bills(8).set_column(2, "time", pa.array([None, *[dt.datetime(2024, 1, 1)] * 7], pa.timestamp("us")))
    pq.write_table(table, tmp_path / "bills.parquet", row_group_size=4)
    source = Source(tmp_path / "bills.parquet", platform="shop", timezone="UTC", period=(dt.date(2025, 1, 1), None))
    assert load_events(transactions=source, quarantine_limit=1.0).quarantine.counts() == [
        ("transactions", "bills.parquet", "time missing", 1)
    ]


@pytest.mark.parametrize("period", [("2024-01-01", None), (dt.datetime(2024, 1, 1), None), (None,),
                                    (dt.date(2024, 1, 2), dt.date(2024, 1, 2))])  # fmt: skip
def test_what_is_no_period_is_refused(period):
    with pytest.raises(SchemaError, match="a period is two days"):
        load_events(transactions=Source(bills(3), platform="shop", period=period))


def test_a_table_without_a_time_has_no_period():
    with pytest.raises(SchemaError, match="has no column by which a period could be told"):
        load_consents(Source([{"borrower_id": "b1"}], period=(dt.date(2024, 1, 1), None)))
