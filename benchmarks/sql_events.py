"""One table's events in DuckDB's SQL, as features see them at `as_of`: columns, filters, windows.

Times are microseconds and amounts whole cents, as the contract holds them, so that sums are exact.
"""

from collections.abc import Iterable

from sixty import DAY

from creditscore.features.columns import READABLE
from creditscore.features.conditions import AllOf, AnyOf, Condition, Not, OneOf, leaves
from creditscore.features.formula import Aggregate, selections_of

_LOCAL = "(epoch_us(time) + CAST(utc_offset_minutes AS BIGINT) * 60000000)"
_RECORDED = "coalesce(recorded_at, time)"
_PAID, _ENDED = "coalesce(paid_at < as_of, false)", "coalesce(ended_at < as_of, false)"
_PAST_DUE = (
    f"greatest(0, (epoch_us(CASE WHEN {_PAID} THEN paid_at WHEN {_ENDED} THEN ended_at ELSE as_of END)"
    f" - epoch_us(due_at)) // {DAY})"
)
_GIVEN = f"CASE WHEN {_PAID} THEN CAST(round(coalesce(amount_paid, amount_due) * 100) AS BIGINT) ELSE 0 END"

_SHARED = {
    "hour": f"CAST({_LOCAL} // 3600000000 % 24 AS TINYINT)",
    "weekday": f"CAST(({_LOCAL} // {DAY} + 3) % 7 AS TINYINT)",
    "day": f"CAST({_LOCAL} // {DAY} AS INTEGER)",
}
_READ = {
    "transactions": {"status": f"CASE WHEN coalesce(status_at, {_RECORDED}) < as_of THEN status END"},
    "trips": {
        "status": "CASE WHEN coalesce(status_at, departs_at) < as_of THEN status END",
        "lead_days": "epoch_us(departs_at) - epoch_us(time)",
    },
    "obligations": {
        "paid": f"CAST({_PAID} AS TINYINT)",
        "open": f"CAST(NOT {_PAID} AND NOT {_ENDED} AS TINYINT)",
        "due": "CAST(due_at < as_of AS TINYINT)",
        "late": f"CAST({_PAST_DUE} > 0 AS TINYINT)",
        "days_past_due": _PAST_DUE,
        "amount_paid": _GIVEN,
        "amount_unpaid": f"greatest(0, CAST(round(amount_due * 100) AS BIGINT) - {_GIVEN})",
    },
}


def events_sql(table: str, aggregates: Iterable[Aggregate], filters: dict[tuple[Condition, ...], str]) -> str:
    """The events before as_of, once for each application `a`: age, ring, the columns measured, a yes or no a filter."""
    measured = sorted({one.column for one in aggregates if one.column})
    asked = {leaf.column for conditions in filters for leaf in leaves(conditions)} | set(measured)
    read = "".join(f", {_column(table, name)} AS {seen(name)}" for name in sorted(asked))
    shorter = [f"WHEN age <= {days * DAY} THEN {ring}" for ring, days in enumerate(windows(aggregates)[:-1])]
    ring = f"CASE {' '.join(shorter)} ELSE {len(shorter)} END" if shorter else "0"
    kept = [seen(name) for name in measured]
    met = [f"coalesce({_meets(table, AllOf(conditions))}, false) AS {name}" for conditions, name in filters.items()]
    return f"""
        SELECT {", ".join(["a", "age", f"CAST({ring} AS UTINYINT) AS ring", *kept, *met])}
        FROM (SELECT a, epoch_us(as_of) - epoch_us(time) AS age{read}
              FROM read_parquet('FOLDER/{table}.parquet')
              JOIN (SELECT a, borrower_id, as_of FROM asked) USING (borrower_id)
              WHERE time < as_of AND {_RECORDED} < as_of)"""  # fmt: skip


def windows(aggregates: Iterable[Aggregate]) -> list[int | None]:
    """The windows asked for, shortest first; what is older than all but belongs to the table comes last, as None."""
    return [*sorted({one.days for one in aggregates if one.days is not None}), None]


def filters_of(aggregates: Iterable[Aggregate]) -> dict[tuple[Condition, ...], str]:
    """A name for each filter; the one that all events meet has none."""
    asked = {selection.conditions for one in aggregates for selection in selections_of(one)} - {()}
    return {conditions: f"f{i}" for i, conditions in enumerate(sorted(asked, key=repr))}


def seen(column: str) -> str:
    """What a column is called once it is as features see it."""
    return f"seen_{column}"


def scale(table: str, column: str) -> int:
    """What the column's whole numbers are divided by to be in units."""
    return READABLE[table][column].scale


def _column(table: str, name: str) -> str:
    own = _READ[table].get(name) or _SHARED.get(name)
    column = READABLE[table][name]
    if own or column.kind == "code" or column.scale == 1:
        return own or name
    return f"CAST(round({name} * {column.scale}) AS BIGINT)"


def _meets(table: str, condition: Condition) -> str:
    """Null, not only false, where what it asks for is missing; what is denied must be one or the other."""
    if isinstance(condition, AllOf | AnyOf):
        joint, of_none = (" AND ", "true") if isinstance(condition, AllOf) else (" OR ", "false")
        return f"({joint.join(_meets(table, part) for part in condition.conditions) or of_none})"
    if isinstance(condition, Not):
        return f"NOT coalesce({_meets(table, condition.condition)}, false)"
    column = seen(condition.column)
    if isinstance(condition, OneOf):
        return f"{column} IN ({', '.join(_text(value) for value in condition.values)})"
    units = scale(table, condition.column)
    ends = [None if end is None else round(end * units) for end in (condition.low, condition.high)]
    sides = [f"{column} {sign} {end}" for sign, end in zip((">=", "<"), ends, strict=True) if end is not None]
    around = condition.column in ("hour", "weekday") and None not in ends and ends[0] > ends[1]
    return f"({(' OR ' if around else ' AND ').join(sides) or f'{column} IS NOT NULL'})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
