"""The sample's files, to be put elsewhere: into databases and object stores, as a platform would have them."""

import re

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from creditscore.training import read_events
from tests.conftest import PROJECT, SAMPLE

SAMPLES = PROJECT / "data_samples"
# the birch platform's times are text of its own form; in its database they are what they are
BIRCH_TIMES = ("created", "opened", "due", "paid", "closed")
BIRCH_SUMS = ("sum", "due_sum", "paid_sum")


def sample_files(config):
    """The config's source files by table."""
    return {source.files: name for name, sources in config.events.tables().items() for source in sources}


def table_of(file):
    """A sample file as a typed table: of CSV by Arrow's own reader, with what is a time or a sum of money as such."""
    if file.endswith(".parquet"):
        return pq.read_table(SAMPLES / file)
    text = pyarrow.csv.ConvertOptions(strings_can_be_null=True, null_values=[""])
    names = pyarrow.csv.read_csv(SAMPLES / file).column_names
    text.column_types = dict.fromkeys(names, pa.string())
    table = pyarrow.csv.read_csv(SAMPLES / file, convert_options=text)
    for i, name in enumerate(names):
        if name in BIRCH_TIMES:
            table = table.set_column(i, name, pc.strptime(table[name], format="%Y/%m/%d %H:%M:%S", unit="us"))
        elif name in BIRCH_SUMS:
            table = table.set_column(i, name, table[name].cast(pa.decimal128(38, 2)))
    return table


def name_of(file):
    """A table's name for a file."""
    return re.match(r"\w+", file)[0]


def moved(config, place):
    """The config with each source in another place, as `place` says of its file."""
    plain = config.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for name in config.events.tables():
        for source in plain["events"][name]:
            source |= place(source.pop("files"))
    return type(config).model_validate(plain)


def read(config):
    return read_events(config, SAMPLE)


def same(found, expected):
    """Whether two Events hold the same tables, to the bit, and set the same rows aside for the same reasons."""
    reasons = [one.quarantine.rows.select(["table", "reason"]).to_pylist() for one in (found, expected)]
    for name in expected.rows:
        assert found.table(name).schema.equals(expected.table(name).schema), name
        assert found.table(name).equals(expected.table(name)), name
    return found.rows == expected.rows and reasons[0] == reasons[1]


_TYPES = {pa.string(): "text", pa.int64(): "bigint", pa.int16(): "smallint", pa.int8(): "smallint",
          pa.float64(): "double precision"}  # fmt: skip


def sql_type(kind):
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    return "date" if pa.types.is_date(kind) else _TYPES[kind.value_type if pa.types.is_dictionary(kind) else kind]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def into_postgres(url, schema, name, table):
    """A table as a user of PostgreSQL would load it: by CSV, through COPY."""
    columns = ", ".join(f"{quoted(field.name)} {sql_type(field.type)}" for field in table.schema)
    place = f"{quoted(schema)}.{quoted(name)}"
    out = pa.BufferOutputStream()
    pyarrow.csv.write_csv(table, out, pyarrow.csv.WriteOptions(include_header=False))
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
        connection.execute(f"CREATE TABLE {place} ({columns})")
        with connection.cursor().copy(f"COPY {place} FROM STDIN (FORMAT csv)") as copy:
            copy.write(out.getvalue().to_pybytes())
