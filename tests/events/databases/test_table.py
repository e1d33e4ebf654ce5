"""The same tables from a database as from files: the sample's, to the bit; a period alone; all or nothing."""

import datetime as dt
import itertools

import duckdb
import pyarrow as pa
import pytest

from creditscore import DatabaseTable, Source, load_events, store_events
from creditscore.errors import InputError, SchemaError
from creditscore.events.databases import table as table_module
from tests.events.places import into_postgres, moved, name_of, quoted, read, same, sample_files, table_of

ROWS = pa.table({
    "borrower_id": ["b1", "b2", "b1", "b3", None],
    "time": pa.array([dt.datetime(2024, 1, day, 20, tzinfo=dt.UTC) for day in (1, 2, 3)] + [None] * 2,
                     pa.timestamp("us", "UTC")),
    "local": pa.array([dt.datetime(2024, 1, day, 4) for day in (2, 3, 4, 5, 6)], pa.timestamp("us")),
    "day": pa.array([dt.date(2024, 1, day) for day in (2, 3, 4, 5, 6)]),
    "text": [f"2024/01/0{day} 04:00" for day in (2, 3, 4, 5, 6)],
    "kind": ["purchase"] * 5,
    "amount": pa.array([1, 2, 3, 4, 5]),
    "who": ["secret"] * 5,
})  # fmt: skip


def into_duckdb(path, schema, name, table):
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS platform.{quoted(schema)}")
        connection.register("given", table)
        connection.execute(f"CREATE TABLE platform.{quoted(schema)}.{quoted(name)} AS SELECT * FROM given")


@pytest.fixture(params=["PostgreSQL", "DuckDB"])
def filled(request, tmp_path):
    """A database, and what puts a table into it."""
    if request.param == "DuckDB":
        path = str(tmp_path / "platform.duckdb")
        return path, lambda *given: into_duckdb(path, *given)
    pytest.importorskip("adbc_driver_postgresql", reason="needs the databases extra")
    url = request.getfixturevalue("database")
    return url, lambda *given: into_postgres(url, *given)


def bills(address, **more):
    return Source(DatabaseTable(address, "shop.bills"), platform="shop", **more)


def times(source, **more):
    return load_events(transactions=source, quarantine_limit=1.0, **more).transactions["time"].to_pylist()


def test_the_sample_is_the_same_to_the_bit(filled, sample_config, sample_events):
    address, put = filled
    for file in sample_files(sample_config):
        put("platform", name_of(file), table_of(file))
    config = moved(sample_config, lambda file: {"database": address, "table": f"platform.{name_of(file)}"})
    assert same(read(config), sample_events)


def test_names_are_what_they_are_whatever_is_in_them(filled):
    address, put = filled
    odd = ROWS.rename_columns(["borrower_id", "time", "x", "y", "z", 'kind"; DROP TABLE t; --', "sum of 金额", "w"])
    put('a "b".c', 'Orders"; DROP', odd)
    columns = {"kind": 'kind"; DROP TABLE t; --', "amount": "sum of 金额"}
    source = Source(DatabaseTable(address, 'a "b".c.Orders"; DROP'), platform="shop", columns=columns)
    assert load_events(transactions=source, quarantine_limit=1.0).transactions["amount"].to_pylist() == [100, 200, 300]


def test_a_table_or_a_column_that_is_not_there_is_told_with_the_nearest(filled):
    address, put = filled
    put("shop", "bills", ROWS)
    with pytest.raises(SchemaError, match=r"no table 'shop\.bill' that may be read; .* did you mean 'shop\.bills'\?"):
        load_events(transactions=DatabaseTable(address, "shop.bill"))
    with pytest.raises(SchemaError, match=r"maps 'amount' to 'amuont', which is not there; .*did you mean 'amount'\?"):
        load_events(transactions=bills(address, columns={"amount": "amuont"}))
    with pytest.raises(SchemaError, match=r"no table 'nowhere'.*give its name as schema\.table"):
        load_events(transactions=DatabaseTable(address, "nowhere"))


def test_a_table_in_the_search_path_needs_no_schema(filled):
    address, put = filled
    put("main" if address.endswith(".duckdb") else "public", "bills", ROWS)
    source = Source(DatabaseTable(address, "bills"), platform="shop")
    assert load_events(transactions=source, quarantine_limit=1.0).rows == {"transactions": 3}


def test_an_empty_table_is_a_table_of_no_rows(filled):
    address, put = filled
    put("shop", "bills", ROWS.slice(0, 0))
    assert load_events(transactions=bills(address)).rows == {"transactions": 0}
    assert DatabaseTable(address, "shop.bills").count() == 0


ENDS = [
    ((dt.date(2024, 1, 2), dt.date(2024, 1, 3)), "Asia/Shanghai"),
    ((None, dt.date(2024, 1, 4)), "Asia/Shanghai"),
    ((dt.date(2024, 1, 4), None), "Etc/GMT+9"),
]


def test_a_period_is_the_same_rows_as_of_a_frame(filled):
    address, put = filled
    put("shop", "bills", ROWS)
    for column, (ends, zone) in itertools.product(("time", "local", "day", "text"), ENDS):
        wanted = {"columns": {"time": column}, "timezone": zone, "time_format": "%Y/%m/%d %H:%M"}
        within = wanted | {"period": ends}
        found = load_events(transactions=bills(address, **within), quarantine_limit=1.0)
        framed = load_events(transactions=Source(ROWS, platform="shop", **within), quarantine_limit=1.0)
        everything = times(Source(ROWS, platform="shop", **wanted))
        first, last = (dt.datetime.combine(end, dt.time(), dt.UTC) if end else None for end in ends)
        expected = [one for one in everything if (not first or one >= first) and (not last or one < last)]
        assert found.transactions["time"].to_pylist() == expected == framed.transactions["time"].to_pylist()
        assert [one[2:] for one in found.quarantine.counts()] == [one[2:] for one in framed.quarantine.counts()]


def test_only_what_is_needed_is_asked_for(filled, monkeypatch):
    address, put = filled
    put("shop", "bills", ROWS)
    asked = []
    select = table_module.select
    monkeypatch.setattr(table_module, "select", lambda *given: asked.append(select(*given)) or asked[-1])
    times(bills(address, period=(dt.date(2024, 1, 2), dt.date(2024, 1, 3))))
    assert '"who"' not in asked[-1]
    assert "2024-01-02 00:00:00+00" in asked[-1]
    assert "2024-01-03 00:00:00+00" in asked[-1]


def test_many_runs_are_as_one(filled, monkeypatch, tmp_path):
    address, put = filled
    many = pa.table({
        "borrower_id": [f"b{i % 97}" for i in range(20_000)],
        "time": pa.array([1_700_000_000_000_000 + 1_000_000 * i for i in range(20_000)], pa.timestamp("us", "UTC")),
        "kind": ["purchase"] * 20_000,
        "amount": pa.array(range(20_000)),
    })  # fmt: skip
    put("shop", "bills", many)
    whole = load_events(transactions=bills(address))
    monkeypatch.setattr(table_module, "RUN", 1_000)
    assert load_events(transactions=bills(address)) == whole
    assert store_events(tmp_path / "store", transactions=bills(address)).rows == whole.rows


def test_a_database_of_another_kind_or_a_variable_that_is_not_set_is_told(monkeypatch):
    with pytest.raises(InputError, match="unknown kind of database; expected postgresql://"):
        load_events(transactions=DatabaseTable("mysql://user@host/db", "bills"))
    monkeypatch.delenv("NOWHERE_SET", raising=False)
    with pytest.raises(InputError, match="needs the environment variable NOWHERE_SET"):
        load_events(transactions=DatabaseTable("postgresql://user:${NOWHERE_SET}@host/db", "bills"))
