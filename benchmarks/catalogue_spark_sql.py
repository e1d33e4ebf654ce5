"""The catalogue's DuckDB statements in Spark's SQL, as somebody would write them there by hand.

The plan is the same: a table's events joined with the applications once, kept, and everything made from that. Here they
are kept in memory, distributed by application, so that no later grouping shuffles again. The small table is broadcast,
as Spark finds out by itself. Tried on two million events, one run each: joins by sorting with adaptive coalescing took
199 s, with half as many partitions 227 s, not distributed, so that each grouping shuffles, 182 s; joins by hashing, as
here, 176 s, and not distributed 197 s.
"""

import re
from collections.abc import Sequence

_WORDS = {
    "epoch_us(": "unix_micros(",
    " // ": " div ",
    "FILTER (": "FILTER (WHERE ",
    "arg_max(": "max_by(",
    "arg_min(": "min_by(",
    " AS UTINYINT": " AS TINYINT",
    " AS HUGEINT": " AS DOUBLE",
    "sum(seen_lead_days)": "sum(CAST(seen_lead_days AS DOUBLE))",
    "lead(age) OVER w - age": "(lead(age) OVER w) - age",
    "row_number() OVER () AS a": "monotonically_increasing_id() AS a",
}
_FILE = re.compile(r"read_parquet\('([^']+)'\)")
_QUANTILES = re.compile(r"quantile_cont\((\w+), \[([^\]]+)\]\)((?: FILTER \(WHERE [^()]*\))?)\[(\d+)\]")
_MISSES = re.compile(r"count\(\*\) FILTER \(WHERE NOT (\w+)\) OVER")
_KEPT = re.compile(r"CREATE TEMP TABLE (\w+) AS\s+(.*)", re.DOTALL)


def spark_sql(statements: Sequence[str]) -> list[str]:
    """The statements that make views, the last of which, `features`, is what is asked for."""
    return [made for statement in statements[:-1] if (made := _statement(statement))]


def _statement(statement: str) -> str | None:
    for word, own in _WORDS.items():
        statement = statement.replace(word, own)
    statement = _FILE.sub(r"parquet.`\1`", statement)
    statement = _QUANTILES.sub(_percentile, statement)
    statement = _MISSES.sub(r"sum(CASE WHEN \1 THEN 0 ELSE 1 END) OVER", statement)
    statement = re.sub(r"\(FROM (\w+)", r"(SELECT * FROM \1", statement)
    kept = _KEPT.fullmatch(statement)
    if kept is None:
        return None  # what is kept goes with the session
    name, query = kept.groups()
    if name == "asked":
        return f"CACHE TABLE asked AS {query}"
    if name.endswith("_events"):
        return f"CACHE TABLE {name} AS {query} DISTRIBUTE BY a"
    return f"CREATE TEMP VIEW {name} AS {query}"


def _percentile(found: re.Match[str]) -> str:
    column, shares, where, number = found.groups()
    return f"percentile({column}, array({shares})){where}[{int(number) - 1}]"
