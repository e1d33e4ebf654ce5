"""A file's fingerprint: enough to know it again."""

import hashlib

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore import DatabaseTable
from creditscore.registry import Fingerprint, fingerprints


@pytest.mark.parametrize(("name", "content", "rows"), [
    ("quoted.csv", b'a,b\n1,"x\n\ny"\n2,z\n', 2),
    ("header.csv", b"a,b\n", 0),
    ("mixed.csv", b"a\n" + b"1\n" * 400_000 + b"word\n", 400_001),
])  # fmt: skip
def test_rows_of_csv_are_counted_as_they_are_read(tmp_path, name, content, rows):
    (tmp_path / name).write_bytes(content)
    (found,) = fingerprints({"transactions": [tmp_path / name]})
    assert (found.rows, found.bytes, found.sha256) == (rows, len(content), hashlib.sha256(content).hexdigest())


def test_a_pattern_gives_each_of_its_files_once(tmp_path):
    for month in ("01", "02"):
        pq.write_table(pa.table({"a": [1] * int(month)}), tmp_path / f"{month}.parquet")
    found = fingerprints({"trips": [tmp_path / "*.parquet", tmp_path / "01.parquet"]})
    assert [(one.table, one.file, one.rows) for one in found] == [
        ("trips", "01.parquet", 1),
        ("trips", "02.parquet", 2),
    ]


def test_a_database_s_table_is_known_by_its_name_and_rows(tmp_path):
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE TABLE orders AS SELECT * FROM range(7)")
    table = DatabaseTable(tmp_path / "shop.duckdb", "orders")
    assert fingerprints({"transactions": [table, table]}) == [Fingerprint("transactions", "orders", 7, None, None)]


def test_partitions_are_named_by_their_folders(tmp_path):
    for month in ("01", "02"):
        (tmp_path / f"month={month}").mkdir()
        pq.write_table(pa.table({"a": [1] * int(month)}), tmp_path / f"month={month}" / "0.parquet")
    found = fingerprints({"trips": [tmp_path]})
    assert [(one.file, one.rows) for one in found] == [("month=01/0.parquet", 1), ("month=02/0.parquet", 2)]
    assert found[1].sha256 == hashlib.sha256((tmp_path / "month=02" / "0.parquet").read_bytes()).hexdigest()
