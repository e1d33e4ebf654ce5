"""Feature definitions → DuckDB statements: the peer of the full catalogue's benchmark.

They are built from the vocabulary, not from single features. A table is joined with the applications once, its events
kept with their ring and a yes or no a filter; everything is made from that, and joined in the end. Tried on one and two
million events, and kept where it was quicker: rings and then windows, against all windows at once (1.5 times as long)
and against a GROUP BY a filter (1.2); the events kept, against reading them again for each source (1.2); a temporary
table a step, against one query of all (1.4: the planner takes two seconds for that); FILTER on a column made before,
against CASE and against sums of 0 and 1 (1.05 to 1.2); whole cents, against doubles (as quick, but not exact); text as
it is, against its hash (as quick); all quantiles of a filter as one list, with WHERE, against FILTER (2.3), against
lists, windows as rows and ranks (1.15 to 3.6); the day some days later by a join, against a window frame (2.5).

As the data have them, no two of a borrower's events are at one instant, ids have no versions, and required columns are
never null.
"""

from collections.abc import Callable, Sequence

from sixty import DAY
from sql_events import events_sql
from sql_words import Query

from creditscore.features.formula import (
    Aggregate,
    ApplicationValue,
    Difference,
    Feature,
    Formula,
    Quotient,
    operands,
    parts,
)

TABLES = ("transactions", "trips", "obligations")


def catalogue_sql(features: Sequence[Feature]) -> list[str]:
    """The statements, the last of which gives the features; FOLDER stands for that of the files."""
    leaves = dict.fromkeys(part for feature in features for part in parts(feature.formula))
    queries = []
    for table in TABLES:
        mine = [part for part in leaves if isinstance(part, Aggregate) and part.selection.table == table]
        if mine:
            queries.append(Query(table, mine))
    steps = [step for query in queries for step in _steps(query)]
    return [_ASKED, *steps, _kept("features", _features(features, queries)), "FROM features"]


def _features(features: Sequence[Feature], queries: Sequence[Query]) -> str:
    """The formulas, over what all sources give."""
    places = {aggregate: place for query in queries for aggregate, place in query.places.items()}
    joins = "".join(f"\n    LEFT JOIN {query.table}_{source} USING (a)" for query in queries for source in query.given)
    made = ",\n    ".join(f"{_formula(feature.formula, places)} AS {feature.name}" for feature in features)
    return f"SELECT application_id,\n    {made}\nFROM asked{joins}"


def _kept(name: str, query: str) -> str:
    return f"CREATE TEMP TABLE {name} AS {query}"


_ASKED = _kept("asked", "SELECT row_number() OVER () AS a, * FROM read_parquet('FOLDER/applications.parquet')")


def _formula(formula: Formula, places: dict[Aggregate, str]) -> str:
    if isinstance(formula, Quotient | Difference):
        one, other = (f"CAST({_formula(operand, places)} AS DOUBLE)" for operand in operands(formula))
        return f"({one} / nullif({other}, 0))" if isinstance(formula, Quotient) else f"({one} - {other})"
    if isinstance(formula, ApplicationValue):
        return f"asked.{formula.column}"
    if not isinstance(formula, Aggregate):
        raise SystemExit(f"{type(formula).__name__}: only formulas can be written in SQL, not functions")
    return places[formula]


def _steps(query: Query) -> list[str]:
    """A table's events, then each source's part of the features; the events are let go."""
    events = f"{query.table}_events"
    counted = sorted({source.split("_")[1] for source in query.given if source.startswith("daily")})
    return [
        _kept(events, events_sql(query.table, query.aggregates, query.filters)),
        *(_kept(f"{query.table}_days_{met}", _days(events, met)) for met in counted),
        *(_kept(f"{query.table}_{source}", _given(query, source)) for source in query.given),
        f"DROP TABLE {events}",
    ]


def _days(events: str, met: str) -> str:
    """How many events on each day that has any, days of 24 hours counted back from as_of."""
    return f"SELECT a, (age - 1) // {DAY} AS day, count(*) AS n FROM {events}{_where(met)} GROUP BY ALL"


def _given(query: Query, source: str) -> str:
    kind, _, about = source.partition("_")
    return f"SELECT a, {query.given[source].listed()} FROM ({_FROM[kind](query, source, about)}) GROUP BY a"


def _from_rings(query: Query, _source: str, _about: str) -> str:
    return f"SELECT a, ring, {query.ringed.listed() or 'true AS any'} FROM {query.table}_events GROUP BY a, ring"


def _from_kept(query: Query, _source: str, met: str) -> str:
    return f"FROM {query.table}_events{_where(met)}"


def _from_codes(query: Query, source: str, column: str) -> str:
    return (f"SELECT a, seen_{column}, {query.steps[source].listed()} FROM {query.table}_events"
            f" WHERE seen_{column} IS NOT NULL GROUP BY ALL")  # fmt: skip


def _from_gaps(query: Query, _source: str, met: str) -> str:
    """Each event's gap to the one before it, in whose ring the gap is."""
    return (f"SELECT a, lead(ring) OVER w AS ring, lead(age) OVER w - age AS gap FROM {query.table}_events{_where(met)}"
            " WINDOW w AS (PARTITION BY a ORDER BY age)")  # fmt: skip


def _from_streaks(query: Query, source: str, about: str) -> str:
    """Events by how many later ones are not in the part: the hits among each such group are one streak."""
    met, _, hit = about.partition("_")
    islands = (f"SELECT a, ring, {hit or 'true'} AS hit, count(*) FILTER (NOT {hit or 'true'})"
               f" OVER (PARTITION BY a ORDER BY age ROWS UNBOUNDED PRECEDING) AS misses"
               f" FROM {query.table}_events{_where(met)}")  # fmt: skip
    return f"SELECT a, misses, {query.steps[source].listed()} FROM ({islands}) GROUP BY a, misses"


def _from_daily(query: Query, _source: str, about: str) -> str:
    met, _, lag = about.partition("_")
    days = f"{query.table}_days_{met}"
    return (f"SELECT a, x.day, x.n, coalesce(y.n, 0) AS later, last FROM {days} x LEFT JOIN"
            f" (SELECT a, day - {lag} AS day, n FROM {days}) y USING (a, day)"
            f" JOIN (SELECT a, max(day) AS last FROM {days} GROUP BY a) USING (a)")  # fmt: skip


def _where(met: str) -> str:
    return f" WHERE {met}" if met else ""


_FROM: dict[str, Callable[[Query, str, str], str]] = {
    "rings": _from_rings, "kept": _from_kept, "codes": _from_codes, "gaps": _from_gaps, "streaks": _from_streaks,
    "daily": _from_daily,
}  # fmt: skip
