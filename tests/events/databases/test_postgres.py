"""PostgreSQL's types, its refusals, its passwords, and a connection lost half-way."""

import sys
import traceback

import pytest

from creditscore import DatabaseTable, Source, load_events, open_store, store_events
from creditscore.errors import InputError, MissingExtraError
from creditscore.events.sources import opened

pytest.importorskip("adbc_driver_postgresql", reason="needs the databases extra")
WORD = "secret-wörd/@:"


def run(url, *statements):
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def read(url, name):
    (one,) = opened(Source(DatabaseTable(url, name)), None)
    return one.whole().table


def test_each_type_comes_as_its_own_or_as_text(database):
    run(database, "CREATE TYPE mood AS ENUM ('fine', 'so-so')", "CREATE DOMAIN yuan AS numeric(12, 2)", """
        CREATE TABLE kinds AS SELECT 1::smallint AS small, 2::bigint AS big, 0.1::float8 AS float, 12.50::yuan AS sum,
        1234567890123456789.000001::numeric AS free, 'NaN'::numeric AS nan, '$1,234.50'::money AS money,
        'x  '::char(5) AS padded, '007'::text AS code, true AS flag, 'so-so'::mood AS mood, DATE '2024-02-29' AS day,
        '0b3a2c44-6f29-4e2f-9d7c-0d1c5b8f1f10'::uuid AS uuid, TIMESTAMP '2024-02-29 10:00:00.123456' AS local,
        TIMESTAMPTZ '2024-02-29 10:00:00.123456+08' AS instant, NULL::int AS nothing,
        7::numeric AS seven""")  # fmt: skip
    (row,) = read(database, "kinds").to_pylist()
    shown = {name: str(value) for name, value in row.items()}
    assert shown == {
        "small": "1", "big": "2", "float": "0.1", "sum": "12.50", "free": "1234567890123456789.000001", "nan": "nan",
        "money": "1234.50", "padded": "x", "code": "007", "flag": "True", "mood": "so-so", "day": "2024-02-29",
        "uuid": "0b3a2c44-6f29-4e2f-9d7c-0d1c5b8f1f10", "local": "2024-02-29 10:00:00.123456",
        "instant": "2024-02-29 02:00:00.123456+00:00", "nothing": "None", "seven": "7",
    }  # fmt: skip


def test_what_no_clock_shows_is_set_aside(database):
    run(database, """CREATE TABLE bills AS SELECT 'b1' AS borrower_id, 'purchase' AS kind, 'shop' AS platform,
        amount, time FROM (VALUES ('NaN'::numeric, now()), (1, 'infinity'), (2, '-infinity'), (3, '2024-01-01+00'))
        AS bills (amount, time)""")  # fmt: skip
    events = load_events(transactions=DatabaseTable(database, "bills"), quarantine_limit=1.0)
    assert events.transactions["amount"].to_pylist() == [300]
    assert [one[2:] for one in events.quarantine.counts()] == [
        ("time before 1900 or after 2199", 2), ("amount not a number", 1),
    ]  # fmt: skip


def test_a_view_and_a_materialized_one_and_a_partitioned_table_are_read(database):
    run(database, "CREATE TABLE parts (a int) PARTITION BY RANGE (a)", "CREATE VIEW seen AS SELECT 2 AS a",
        "CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (10)", "INSERT INTO parts VALUES (3)",
        "CREATE MATERIALIZED VIEW kept AS SELECT 4 AS a")  # fmt: skip
    assert [read(database, name)["a"].to_pylist() for name in ("parts", "seen", "kept")] == [[3], [2], [4]]


@pytest.fixture
def broken_half_way(database):
    """A view that ends its own connection after more than a batch of rows."""
    run(database, """CREATE VIEW bills AS SELECT 'b' || i % 97 AS borrower_id, i AS event_id, 'purchase' AS kind,
        'shop' AS platform, 1 AS amount, repeat('x', 100) AS category, TIMESTAMPTZ '2024-01-01+00' AS time,
        CASE WHEN i = 400000 THEN pg_terminate_backend(pg_backend_pid())::text END AS city
        FROM generate_series(1, 500000) AS i""")  # fmt: skip
    return DatabaseTable(database, "bills")


LOST = r"^bills in postgresql://keeper@[^ ]+: the connection was lost after [\d,]+ rows; nothing of them is kept"


def test_a_connection_lost_half_way_is_one_error(broken_half_way):
    with pytest.raises(InputError, match=LOST) as lost:
        load_events(transactions=broken_half_way)
    assert "after 0 rows" not in str(lost.value)
    assert lost.value.__suppress_context__


def test_of_a_connection_lost_half_way_no_store_keeps_anything(broken_half_way, database, tmp_path):
    with pytest.raises(InputError, match=LOST):
        store_events(tmp_path / "new", transactions=broken_half_way)
    assert not list((tmp_path / "new").iterdir())
    run(database, "CREATE VIEW whole AS SELECT * FROM (SELECT borrower_id, event_id, kind, platform, amount, time "
        "FROM bills LIMIT 100) AS few")  # fmt: skip
    store_events(tmp_path / "old", transactions=DatabaseTable(database, "whole"))
    before = {path: path.read_bytes() for path in (tmp_path / "old").rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=LOST):
        store_events(tmp_path / "old", transactions=broken_half_way)
    assert {path: path.read_bytes() for path in (tmp_path / "old").rglob("*") if path.is_file()} == before
    assert open_store(tmp_path / "old").rows == {"transactions": 100}


def test_an_error_of_the_server_quotes_no_value(database):
    run(database, "CREATE VIEW bad AS SELECT name::int AS amount FROM (VALUES ('Novák')) AS bills (name)")
    with pytest.raises(InputError, match=r"bad in postgresql.*the server refuses.*SQLSTATE 22P02") as refused:
        read(database, "bad")
    assert "Novák" not in "".join(traceback.format_exception(refused.value))


def test_a_table_that_one_may_not_read_is_told(database):
    run(database, "CREATE TABLE private (a int)", "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN")
    with pytest.raises(InputError, match=r"this user may not read it \(SQLSTATE 42501\)"):
        read(database.replace("keeper@", "guest@"), "private")


def test_reading_writes_nothing(database):
    run(database, "CREATE TABLE log (a int)", "CREATE FUNCTION noted() RETURNS int LANGUAGE sql AS "
        "'INSERT INTO log VALUES (1) RETURNING a'", "CREATE VIEW noting AS SELECT noted() AS amount")  # fmt: skip
    with pytest.raises(InputError, match="cannot be read: the server refuses"):
        read(database, "noting")
    assert read(database, "log").num_rows == 0


def test_an_error_half_way_is_not_taken_for_a_lost_connection(database):
    run(database, "CREATE VIEW bad AS SELECT 1 / (i - 300000) AS a FROM generate_series(1, 400000) AS i",
        "CREATE VIEW slow AS SELECT i AS a, pg_sleep(1)::text FROM generate_series(1, 9) AS i")  # fmt: skip
    with pytest.raises(InputError, match=r"bad in .*: cannot be read: the server refuses; its log says why"):
        read(database, "bad")
    hasty = f"{database}?options=-c%20statement_timeout%3D300"
    with pytest.raises(InputError, match=r"slow in .*: cannot be read: .*took longer than the server's statement"):
        read(hasty, "slow")


@pytest.fixture
def guarded(server, database, monkeypatch):
    """The database's URL for a user with a password, which the server asks for."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        hba = connection.execute("SHOW hba_file").fetchone()[0]
        connection.execute("DROP ROLE IF EXISTS careful")
        connection.execute(f"CREATE ROLE careful LOGIN PASSWORD '{WORD}'")
        with open(hba) as file:  # noqa: PTH123
            before = file.read()
        with open(hba, "w") as file:  # noqa: PTH123
            file.write("host all careful 127.0.0.1/32 scram-sha-256\n" + before)
        connection.execute("SELECT pg_reload_conf()")
    run(database, "CREATE TABLE bills AS SELECT 1 AS a", "GRANT SELECT ON bills TO careful")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    return database.replace("keeper@", "careful@")


def test_the_password_comes_from_the_environment_and_is_never_told(guarded, monkeypatch, tmp_path):
    with pytest.raises(InputError, match=r"cannot be reached \(.*no password supplied\)"):
        read(guarded, "bills")
    monkeypatch.setenv("PGPASSWORD", WORD)
    assert read(guarded, "bills")["a"].to_pylist() == [1]
    monkeypatch.setenv("PGPASSWORD", WORD + "!")
    with pytest.raises(InputError, match="password authentication failed for user") as refused:
        read(guarded, "bills")
    assert "secret" not in "".join(traceback.format_exception(refused.value))
    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.setenv("SHOP_WORD", WORD)
    by_name = guarded.replace("careful@", "careful:${SHOP_WORD}@")
    assert read(by_name, "bills")["a"].to_pylist() == [1]
    assert "secret" not in repr(Source(DatabaseTable(by_name, "bills")))
    kept = tmp_path / "pass"
    escaped = WORD.replace(":", r"\:")
    kept.write_text(f"*:*:*:careful:{escaped}\n")
    kept.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(kept))
    assert read(guarded, "bills")["a"].to_pylist() == [1]


def test_a_whole_url_may_come_from_the_environment(database, monkeypatch):
    run(database, "CREATE TABLE bills AS SELECT 1 AS a")
    monkeypatch.setenv("SHOP_DATABASE", database.replace("keeper@", "keeper:unused-word@"))
    assert read("${SHOP_DATABASE}", "bills")["a"].to_pylist() == [1]
    with pytest.raises(InputError) as missing:
        read("${SHOP_DATABASE}", "bulls")
    assert "unused-word" not in str(missing.value)
    monkeypatch.setenv("SHOP_DATABASE", "postgresql://keeper:unused@word@127.0.0.1:1/none")
    with pytest.raises(InputError) as unparsed:
        read("${SHOP_DATABASE}", "bills")
    assert "word" not in str(unparsed.value).partition("password comes from")[0].replace("an @ in a password", "")


def test_a_view_is_not_counted_before_it_is_read(database):
    run(database, "CREATE VIEW many AS SELECT i FROM generate_series(1, 1000000) AS i, pg_sleep(0)",
        "CREATE TABLE few AS SELECT i FROM generate_series(1, 1000) AS i", "ANALYZE few")  # fmt: skip
    (view,) = opened(Source(DatabaseTable(database, "many")), None)
    (table,) = opened(Source(DatabaseTable(database, "few")), None)
    assert 100_000 <= view.rows <= 10_000_000
    assert table.rows == 1_000


@pytest.mark.parametrize("url", ["postgresql://a:secret-word@host/db", "postgresql://host/db?password=secret-word"])
def test_a_password_in_the_url_is_refused_and_not_repeated(url):
    with pytest.raises(InputError, match="PGPASSWORD") as refused:
        DatabaseTable(url, "bills")
    assert "secret-word" not in str(refused.value)


def test_a_server_that_is_not_there_and_a_url_that_is_none_are_told():
    with pytest.raises(InputError, match=r"cannot be reached \(connection to server at .*refused"):
        read("postgresql://keeper@127.0.0.1:1/none", "bills")
    with pytest.raises(InputError, match="the host is unknown here") as unknown:
        read("postgresql://keeper@no-such-host.invalid/none", "bills")
    assert "translate" not in str(unknown.value)
    with pytest.raises(InputError, match="none that libpq understands"):
        read("postgresql://keeper@127.0.0.1:1/none?nonsense=1", "bills")


def test_without_the_extra_one_line_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    monkeypatch.delitem(sys.modules, "adbc_driver_postgresql.dbapi", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'creditscore\[databases\]'"):
        read("postgresql://keeper@127.0.0.1:1/none", "bills")
