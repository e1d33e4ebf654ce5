"""What is there is read, what is not is said, and no message quotes a file's content."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.errors import InputError, SchemaError
from creditscore.events.sources import Source, opened


def read(data, wanted=None):
    return [one.whole() for one in opened(Source(data), wanted)]


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_labels_are_file_names_or_frame(tmp_path):
    assert Source(tmp_path / "bills.csv").label == "bills.csv"
    assert Source([{}]).label == "frame"


def test_only_wanted_columns_are_read_but_all_are_named(tmp_path):
    csv = write(tmp_path / "a.csv", "x,y,z\n1,2,3\n")
    pq.write_table(pa.table({"x": [1], "y.z": [2], "z": [3]}), tmp_path / "b.parquet")
    for data, names in ((csv, ("x", "y", "z")), (tmp_path / "b.parquet", ("x", "y.z", "z"))):
        (part,) = read(data, frozenset({"z", "y.z", "w"}))
        assert part.names == names
        assert part.table.column_names == [name for name in names if name in ("z", "y.z")]


def test_csv_is_text_and_only_empty_is_missing(tmp_path):
    (part,) = read(write(tmp_path / "a.csv", '\ufeff编号,b\n007,""\nNA,"x\ny"\n,NULL\n'))
    assert part.table.to_pydict() == {"编号": ["007", "NA", None], "b": [None, "x\ny", "NULL"]}
    assert not part.typed


def test_a_folder_is_read_by_name_without_hidden_files(tmp_path):
    for name in ("2.csv", "10.csv", ".hidden", "_SUCCESS"):
        write(tmp_path / name, f"x\n{name}\n")
    assert [part.label for part in read(tmp_path)] == ["10.csv", "2.csv"]
    assert [part.label for part in read(str(tmp_path / "1*.csv"))] == ["10.csv"]


def test_suffixes_are_read_in_any_case(tmp_path):
    (part,) = read(write(tmp_path / "A.B.CSV", "x\n1\n"))
    assert part.table.num_rows == 1


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "no files there"),
        (["a.csv", "b.parquet"], "files of .csv, .parquet; expected one of"),
        (["a.csv", "b.csv.gz"], "files of .csv, .csv.gz; expected one of"),
        (["a.xlsx"], "files of .xlsx; expected one of"),
        (["a.csv", "README"], "files of .csv, no suffix"),
    ],
)
def test_a_folder_of_other_files_is_refused(names, message, tmp_path):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=message):
        read(tmp_path)


def test_a_folder_in_a_folder_is_not_passed_over(tmp_path):
    (tmp_path / "2024").mkdir()
    with pytest.raises(InputError, match=r"holds folders.*\*\*"):
        read(tmp_path)


def test_a_missing_file_and_a_pattern_without_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv: no such file or folder; give a"):
        read(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="no files there"):
        read(tmp_path / "*.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.parquet", "Novák", "cannot be read"),
        ("a.csv.gz", "Novák", "cannot be read"),
        ("a.csv", "", "the file is empty"),
        ("a.csv", "x,y\nNovák\n", "a row of the wrong length .*Expected 2 columns, got 1"),
        ("a.csv", "姓名\n王\n".encode("gbk"), "not UTF-8; convert it first"),
        ("a.csv", b"x\n" + "王\n".encode("gbk"), "not UTF-8; convert it first"),
    ],
)
def test_a_damaged_file_is_named_without_its_content(name, content, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        read(write(tmp_path / name, content))
    assert str(error.value).startswith(str(tmp_path / name))
    assert "Novák" not in str(error.value)
    assert error.value.__suppress_context__


def test_a_column_that_occurs_twice_is_refused(tmp_path):
    with pytest.raises(SchemaError, match=r"a\.csv: column 'x' occurs 2 times"):
        read(write(tmp_path / "a.csv", "x,x\n1,2\n"))
    with pytest.raises(SchemaError, match="frame: column 'x' occurs 2 times"):
        read(pa.table([[1], [2]], names=["x", "x"]))


def test_a_column_of_dicts_has_one_type():
    with pytest.raises(SchemaError, match="column 'x' mixes int, str; give it one type"):
        read([{"x": 1}, {"x": "Novák"}])


def test_a_frame_that_arrow_cannot_read_is_refused():
    class Broken:
        def __arrow_c_stream__(self, requested_schema=None):
            raise TypeError("Novák")

    with pytest.raises(SchemaError, match="cannot be read as an Arrow table"):
        read(Broken())
