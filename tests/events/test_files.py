"""Hive partitions and object stores: the same rows as from one file."""

import os

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from creditscore import Source, load_events
from creditscore.errors import InputError
from creditscore.events.files import files_of, lost_store
from creditscore.events.sources import opened
from tests.events.places import SAMPLES, moved, name_of, read, same, sample_files, table_of

SLICES = 3


def in_slices(folder, file, write):
    """A file's rows in hive partitions one after another, so that their order stays."""
    table = table_of(file)
    each = -(-table.num_rows // SLICES)
    for i in range(SLICES):
        write(table.slice(i * each, each), f"{folder}/{name_of(file)}/year=2024/month={i:02}/part-0.parquet")


def written(table, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    pq.write_table(table, path)


def test_the_sample_in_partitions_is_the_same_to_the_bit(tmp_path, sample_config, sample_events):
    for file in sample_files(sample_config):
        in_slices(tmp_path, file, written)
    config = moved(sample_config, lambda file: {"files": str(tmp_path / name_of(file))})
    assert same(read(config), sample_events)


def test_what_folders_say_is_a_column(tmp_path, sample_config):
    source = next(one for one in sample_config.events.transactions if one.files == "cedar_orders.parquet")
    table = pq.read_table(SAMPLES / source.files)
    pq.write_to_dataset(table, str(tmp_path / "orders"), partition_cols=["state"])
    options = {"platform": "cedar", "columns": source.columns, "values": source.values,
               "constants": source.constants, "timezone": source.timezone}  # fmt: skip
    found = load_events(transactions=Source(tmp_path / "orders", **options)).transactions
    expected = load_events(transactions=Source(SAMPLES / source.files, **options)).transactions
    assert found.num_rows == expected.num_rows
    assert set(found["status"].to_pylist()) == {"completed", "cancelled"}
    assert in_order(found) == in_order(expected)


def in_order(table):
    plain = pa.table({name: table[name].cast(pa.string()) if pa.types.is_dictionary(table[name].type) else table[name]
                      for name in table.column_names})  # fmt: skip
    keys = ("borrower_id", "event_id", "recorded_at", "time")
    return plain.sort_by([(key, "ascending") for key in keys]).combine_chunks()


def test_texts_of_partitions_are_what_was_meant(tmp_path):
    for folder in ("platform=a%20b/day=2024-01-01", "platform=__HIVE_DEFAULT_PARTITION__/day=2024-01-02"):
        written(pa.table({"x": [1]}), str(tmp_path / folder / "0.parquet"))
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".hidden").mkdir()
    written(pa.table({"x": [9]}), str(tmp_path / "_delta" / "0.parquet"))
    parts = [one.whole() for one in opened(Source(tmp_path), None)]
    assert [part.label for part in parts] == [
        "platform=__HIVE_DEFAULT_PARTITION__/day=2024-01-02/0.parquet", "platform=a%20b/day=2024-01-01/0.parquet",
    ]  # fmt: skip
    assert [part.table.to_pylist() for part in parts] == [
        [{"x": 1, "platform": None, "day": "2024-01-02"}], [{"x": 1, "platform": "a b", "day": "2024-01-01"}],
    ]  # fmt: skip
    assert all(part.names == ("x", "platform", "day") for part in parts)


def test_of_a_pattern_the_folders_below_its_fixed_part_count(tmp_path):
    written(pa.table({"x": [1], "kind": ["own"]}), str(tmp_path / "env=1" / "kind=other" / "month=01" / "0.parquet"))
    (one,) = opened(Source(f"{tmp_path}/env=1/kind=*/*/*.parquet"), None)
    assert one.whole().table.to_pylist() == [{"x": 1, "kind": "own", "month": "01"}]


def test_partitions_of_csv_are_text_as_well(tmp_path):
    (tmp_path / "year=2024").mkdir()
    (tmp_path / "year=2024" / "a.csv").write_text("x\n007\n")
    (one,) = opened(Source(tmp_path), frozenset({"x", "year"}))
    assert one.whole().table.to_pylist() == [{"x": "007", "year": "2024"}]


@pytest.fixture(scope="module")
def store():
    """An object store on this machine: its file system, whose address and credentials stand in the environment."""
    server = pytest.importorskip("moto.server", reason="needs the test extra").ThreadedMotoServer("127.0.0.1", 0, False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ACCESS_KEY_ID", "of-tests-only")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "secret-word")
        patched.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patched.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patched.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patched.setenv("LAKE", "lake")
        system = pa.fs.S3FileSystem(endpoint_override=f"{host}:{port}", scheme="http", allow_bucket_creation=True)
        system.create_dir("lake")
        yield system
    server.stop()


def test_the_sample_in_an_object_store_is_the_same_to_the_bit(store, sample_config, sample_events):
    pa.fs.copy_files(str(SAMPLES), "lake/sample", source_filesystem=pa.fs.LocalFileSystem(),
                     destination_filesystem=store)  # fmt: skip
    in_slices("lake", "cedar_orders.parquet", lambda table, path: pq.write_table(table, path, filesystem=store))

    def place(file):
        name = "cedar_orders" if file == "cedar_orders.parquet" else f"sample/{file}"
        return {"files": f"s3://${{LAKE}}/{name}"}

    assert same(read(moved(sample_config, place)), sample_events)


def test_an_object_store_s_folders_are_columns_and_files_have_labels(store):
    pq.write_table(pa.table({"x": [1]}), "lake/bills/month=01/a.parquet", filesystem=store)
    (one,) = opened(Source("s3://lake/bills"), None)
    assert one.whole().table.to_pylist() == [{"x": 1, "month": "01"}]
    (file,) = files_of("s3://lake/bills/month=01/a.parquet")
    assert (file.label, file.where) == ("a.parquet", "s3://lake/bills/month=01/a.parquet")
    assert Source("s3://lake/bills?region=us-east-1").label == "bills"


def test_what_is_not_there_or_not_allowed_is_told(store):
    pq.write_table(pa.table({"x": [1]}), "lake/mixed/2024/a.parquet", filesystem=store)
    with pytest.raises(InputError, match=r"s3://lake/gone: no such file or folder in the store"):
        files_of("s3://lake/gone")
    with pytest.raises(InputError, match="needs the environment variable NOT_SET, which is not set"):
        files_of("s3://${NOT_SET}/gone")
    with pytest.raises(InputError, match=r"s3://lake/mixed: holds folders, which would go unread"):
        files_of("s3://lake/mixed")
    with pytest.raises(InputError, match="unknown kind of store 'ftp'; expected one of s3"):
        files_of("ftp://lake/gone")
    with pytest.raises(InputError, match="in the environment") as refused:
        files_of("s3://of-tests-only:secret-word@lake/bills")
    assert "secret-word" not in str(refused.value)


def test_what_a_store_says_comes_without_the_request():
    told = lost_store(
        OSError("When reading key 'b1.parquet' in bucket 'lake': AWS Error ACCESS_DENIED during GetObject")
    )
    assert told.startswith("the object store cannot be reached, or refuses (AWS Error ACCESS_DENIED); check the ")
    assert "b1" not in told


def test_a_damaged_file_in_a_store_is_told_without_its_content(store):
    with store.open_output_stream("lake/damaged/a.parquet") as stream:
        stream.write("Novák".encode())
    with pytest.raises(InputError, match=r"^s3://lake/damaged/a\.parquet: cannot be read") as error:
        list(opened(Source("s3://lake/damaged"), None))
    assert "Novák" not in str(error.value)
