"""Scores in a file: whole or not there, and no formulas."""

import csv

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.commands.scores_file import harmless, scores_file

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_no_cell_begins_as_a_formula_does(kind, tmp_path):
    table = pa.table({"application_id": pa.array([*FORMULAS, "a=1", None]).cast(kind), "points": range(8)})
    with scores_file(tmp_path / "scores.csv") as write:
        write(table)
    with (tmp_path / "scores.csv").open(newline="") as file:
        cells = [row["application_id"] for row in csv.DictReader(file)]
    assert cells == [f"'{text}" for text in FORMULAS] + ["a=1", ""]


def test_numbers_keep_their_sign():
    assert harmless(pa.table({"points": [-1.5]}))["points"].to_pylist() == [-1.5]


def test_parquet_keeps_ids_as_they_are_block_by_block(tmp_path):
    with scores_file(tmp_path / "scores.parquet") as write:
        for text in FORMULAS:
            write(pa.table({"application_id": [text]}))
    assert pq.read_table(tmp_path / "scores.parquet")["application_id"].to_pylist() == FORMULAS
    assert [path.name for path in tmp_path.iterdir()] == ["scores.parquet"]


def test_what_fails_leaves_the_old_file(tmp_path):
    (tmp_path / "scores.csv").write_text("old")
    with pytest.raises(KeyError), scores_file(tmp_path / "scores.csv") as write:
        write(pa.table({"application_id": ["a"]}).select(["application_id", "none"]))
    assert (tmp_path / "scores.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]
