"""Scores written as they come, to Parquet or CSV: the file is whole or not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from creditscore.errors import InputError

SUFFIXES = (".parquet", ".csv")
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = r"^([=+\-@\t\r])"


def check_name(out: Path) -> None:
    """Raise InputError for another kind of file, before anything is scored."""
    if not out.name.endswith(SUFFIXES):
        raise InputError(f"--out {out}: expected a name that ends in .parquet or .csv")


@contextmanager
def scores_file(out: Path) -> Iterator[Callable[[pa.Table], None]]:
    """What to give tables of scores to, of one schema; they are written beside, and renamed at the end."""
    beside = out.with_name(f".{out.name}.part")
    writer: Any = None

    def write(scores: pa.Table) -> None:
        nonlocal writer
        table = scores if out.suffix == ".parquet" else harmless(scores)
        if writer is None:
            kind = pyarrow.parquet.ParquetWriter if out.suffix == ".parquet" else pyarrow.csv.CSVWriter
            writer = kind(beside, table.schema)
        writer.write_table(table)

    try:
        yield write
        if writer is not None:
            writer.close()
            beside.replace(out)
    except BaseException:
        if writer is not None:
            writer.close()
        beside.unlink(missing_ok=True)
        raise


def harmless(scores: pa.Table) -> pa.Table:
    """The table with a quote before each text that a spreadsheet would run as a formula; names of columns are ours."""
    columns = [pc.replace_substring_regex(_text(one), _FORMULA, r"'\1") if _is_text(one.type) else one
               for one in scores.columns]  # fmt: skip
    return pa.table(columns, names=scores.column_names)


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return kind in (pa.string(), pa.large_string(), pa.string_view())


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())
