"""A DuckDB file is read, never written, and reaches nothing beside it."""

import sys

import duckdb
import pytest

from creditscore import DatabaseTable, Source
from creditscore.errors import InputError, MissingExtraError
from creditscore.events.inspect import inspect
from creditscore.events.sources import opened


@pytest.fixture
def path(tmp_path):
    return tmp_path / "platform.duckdb"


def run(path, *statements):
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def read(path, name):
    (one,) = opened(Source(DatabaseTable(path, name)), None)
    return one.whole().table


def test_each_type_comes_as_its_own_or_as_text(path):
    run(path, "CREATE TYPE mood AS ENUM ('fine', 'so-so')", """
        CREATE TABLE kinds AS SELECT 1::TINYINT AS small, 2::UBIGINT AS big, 12.50::DECIMAL(12, 2) AS sum,
        3::HUGEINT AS huge, 0.1::DOUBLE AS float, '007' AS code, true AS flag, 'so-so'::mood AS mood,
        DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 10:00:00.123456' AS local,
        TIMESTAMPTZ '2024-02-29 10:00:00.123456+08' AS instant, [1, 2] AS list, NULL::INT AS nothing,
        '0b3a2c44-6f29-4e2f-9d7c-0d1c5b8f1f10'::UUID AS uuid""")  # fmt: skip
    (row,) = read(path, "kinds").to_pylist()
    assert {name: str(value) for name, value in row.items()} == {
        "small": "1", "big": "2", "sum": "12.50", "huge": "3", "float": "0.1", "code": "007", "flag": "True",
        "mood": "so-so", "day": "2024-02-29", "local": "2024-02-29 10:00:00.123456", "list": "[1, 2]",
        "instant": "2024-02-29 02:00:00.123456+00:00", "nothing": "None",
        "uuid": "0b3a2c44-6f29-4e2f-9d7c-0d1c5b8f1f10",
    }  # fmt: skip


def test_a_first_look_drafts_the_mapping(path):
    run(path, "CREATE TABLE orders AS SELECT 'b' || i AS customer, i AS order_no, 1.5 AS sum, 'SALE' AS operation, "
        "TIMESTAMP '2024-01-01 10:00:00' AS created FROM range(50) AS t (i)")  # fmt: skip
    lines = inspect(DatabaseTable(path, "main.orders")).splitlines()
    assert lines[0] == "main.orders: 50 rows, 5 columns"
    assert lines[lines.index("transactions:") + 1].startswith("  - database: ")
    assert "    table: main.orders" in lines
    assert "      borrower_id: customer" in lines


def test_a_view_of_another_file_is_not_read(path, tmp_path):
    (tmp_path / "other.csv").write_text("a\n1\n")
    run(path, f"CREATE VIEW other AS SELECT * FROM read_csv('{tmp_path}/other.csv')")
    with pytest.raises(InputError, match="it reads other files, which is not allowed"):
        read(path, "other")


def test_reading_changes_no_byte(path):
    run(path, "CREATE TABLE bills AS SELECT 1 AS a")
    before = path.read_bytes()
    assert read(path, "bills")["a"].to_pylist() == [1]
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_an_error_quotes_no_value(path):
    run(path, "CREATE VIEW bad AS SELECT name::INT AS a FROM (VALUES ('Novák')) AS bills (name)")
    with pytest.raises(InputError, match=r"bad in .*platform\.duckdb: cannot be read: DuckDB refuses") as refused:
        read(path, "bad")
    assert "Novák" not in str(refused.value)


def test_a_file_that_is_not_there_or_none_of_duckdb_is_told(path):
    with pytest.raises(InputError, match="no such file"):
        read(path, "bills")
    assert not path.exists()
    path.write_bytes(b"x" * 10_000)
    with pytest.raises(InputError, match="cannot be opened"):
        read(path, "bills")


def test_without_duckdb_one_line_says_so(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'creditscore\[databases\]'"):
        read(path, "bills")
