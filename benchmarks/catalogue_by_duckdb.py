"""The full catalogue by DuckDB, from the statements beside the data, and the floor that every engine stands on."""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

STATEMENTS = "catalogue.sql"
_END = ";\n\n"
_SUMMED = {"transactions": "amount", "trips": "amount", "obligations": "amount_due"}
_ASKED = "(SELECT borrower_id, as_of FROM read_parquet('FOLDER/applications.parquet'))"
_FLOOR = "SELECT " + ", ".join(
    f"(SELECT sum({amount}) FROM read_parquet('FOLDER/{table}.parquet') JOIN {_ASKED} USING (borrower_id)"
    f" WHERE time < as_of) AS {table}"
    for table, amount in _SUMMED.items()
)


def write_statements(folder: Path, statements: Sequence[str]) -> None:
    """Leave them beside the data."""
    (folder / STATEMENTS).write_text(_END.join(statements))


def _read_statements(folder: Path) -> list[str]:
    return (folder / STATEMENTS).read_text().split(_END)


def _contender(statements: Callable[[Path], list[str]]) -> Callable[[Path, int], pa.Table]:
    def run(folder: Path, threads: int) -> pa.Table:
        settings = {"threads": threads, "preserve_insertion_order": False, "temp_directory": str(folder / "spilt")}
        *before, last = (statement.replace("FOLDER", str(folder)) for statement in statements(folder))
        with duckdb.connect(config=settings) as connection:
            for statement in before:
                connection.execute(statement)
            return connection.sql(last).to_arrow_table()

    return run


CONTENDERS = {
    "duckdb": _contender(_read_statements),
    "duckdb floor": _contender(lambda _folder: [_FLOOR]),
}
