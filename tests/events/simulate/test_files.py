from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from creditscore.errors import InputError
from creditscore.events.simulate.files import refuse_strangers, replacing

TABLE = pa.table({"n": [1, 2], "text": ["a", None]})


def test_tables_follow_each_other_in_the_file(tmp_path: Path) -> None:
    with replacing(tmp_path, ["a.parquet", "b.csv.gz"]) as write:
        for _ in range(2):
            write("a.parquet", TABLE)
            write("b.csv.gz", TABLE)
    assert pq.read_table(tmp_path / "a.parquet").to_pydict() == {"n": [1, 2, 1, 2], "text": ["a", None, "a", None]}
    assert pa.csv.read_csv(tmp_path / "b.csv.gz")["text"].to_pylist() == ["a", "", "a", ""]
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 2


def test_files_have_their_names_only_once_all_are_whole(tmp_path: Path) -> None:
    with replacing(tmp_path, ["a.parquet"]) as write:
        write("a.parquet", TABLE)
        assert not (tmp_path / "a.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_an_exception_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("before")

    def half() -> None:
        with replacing(tmp_path, ["a.parquet"]) as write:
            write("a.parquet", TABLE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.parquet", "before")]


def test_leftovers_of_a_killed_run_are_no_strangers(tmp_path: Path) -> None:
    (tmp_path / ".a.parquet.part").write_text("half")
    refuse_strangers(tmp_path, ["a.parquet"])
    (tmp_path / "b.parquet").write_text("theirs")
    with pytest.raises(InputError, match=r"b\.parquet"):
        refuse_strangers(tmp_path, ["a.parquet"])
