"""A first look at a platform's files: what their columns hold, and a draft of the mapping for the config."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.address import is_url
from creditscore.events.schema import CONTRACT, TableContract
from creditscore.events.sources import Data, Openable, Source, opened

# a column of more different texts holds names or numbers of things, which are not shown
MOST_CATEGORIES = 30
MOST_SHOWN = 8
_ISO = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")
_TIME_FORMATS = (*_ISO, "%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%Y %H:%M:%S")
# Words in platforms' own column names that speak for a column of the contract, the most telling first.
_WORDS = {
    "borrower_id": ("borrower", "customer", "user", "client", "account", "household", "用户", "客户", "借款人"),
    "application_id": ("application", "loan_id", "申请"),
    "event_id": ("event", "order_no", "order_id", "trans_id", "booking_id", "part_no", "流水", "订单", "编号"),
    "recorded_at": ("recorded", "updated", "ingested", "记录"),
    "status_at": ("state_at", "status_at", "状态时间"),
    "due_at": ("due", "应还日", "到期"),
    "paid_at": ("paid_at", "paid", "还款时间"),
    "ended_at": ("closed", "ended", "结清"),
    "departs_at": ("depart", "check_in", "出发"),
    "as_of": ("as_of", "decision", "applied", "date", "决策"),
    "time": ("time", "created", "ordered", "booked", "opened", "date", "timestamp", "时间", "日期"),
    "amount_paid": ("paid_sum", "amount_paid", "已还"),
    "amount_due": ("due_sum", "amount_due", "应还"),
    "amount": ("amount", "sum", "total", "price", "sales", "金额"),
    "balance": ("balance", "余额"),
    "outcome": ("outcome", "bad", "default", "结果"),
    "term_months": ("term", "duration", "期限"),
    "instalment": ("instalment", "installment", "payments", "月供"),
    "kind": ("kind", "type", "operation", "plan", "类型"),
    "mode": ("mode", "kind", "方式"),
    "status": ("status", "state", "状态"),
    "category": ("category", "department", "cuisine", "symbol", "类目", "品类"),
    "merchant_id": ("merchant", "shop", "store", "restaurant", "商户"),
    "channel": ("channel", "via", "渠道"),
    "city": ("city", "城市"),
    "origin": ("origin", "from", "出发地"),
    "destination": ("destination", "to_", "目的地"),
    "distance_km": ("distance", "km", "里程"),
    "nights": ("night", "晚"),
    "scope": ("scope", "area", "范围"),
}


@dataclass(frozen=True)
class Profile:
    """One column: `kind` is time, number, category, text or empty; `shown` says what it holds and names nobody.

    `categories` are a category's words, the most frequent first; `time_format` that of times given as text.
    """

    name: str
    kind: str
    missing: int
    distinct: int
    shown: str
    categories: tuple[str, ...] = ()
    time_format: str = ""


def inspect(data: Data) -> str:
    """What the files' columns hold, and for each table of the contract that they could be, a draft of its mapping.

    Raises InputError where there is nothing to read.
    """
    source = Source(data)
    tables = [one.whole().table for one in opened(source, None)]
    table = pa.concat_tables(tables, promote_options="permissive")
    profiles = [profile(name, table[name]) for name in table.column_names]
    lines = [f"{source.label}: {table.num_rows:,} rows, {table.num_columns} columns", *map(_line, profiles)]
    return "\n".join([*lines, *_lateness(table, profiles), "", draft(_place(source), profiles)])


def _place(source: Source) -> str:
    """The config's lines that say where a source's rows are, the first without its dash."""
    if isinstance(source.data, Openable):
        return f"database:            # postgresql://user@host/db, or a DuckDB file\n    table: {source.label}"
    return f"files: {source.data if is_url(str(source.data)) else source.label}"


def profile(name: str, values: pa.ChunkedArray) -> Profile:
    """One column's kind and extent."""
    if values.null_count == len(values):
        return Profile(name, "empty", len(values), 0, "")
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    values = values.combine_chunks()
    distinct = pc.count_distinct(values).as_py()
    form = _time_format(values)
    if form is not None:
        return Profile(
            name, "time", values.null_count, distinct, _times_shown(_as_times(values, form)), time_format=form
        )
    numbers = _as_numbers(values)
    if numbers is not None:
        low, high = (pc.min_max(numbers)[end].as_py() for end in ("min", "max"))
        return Profile(name, "number", values.null_count, distinct, f"{low:g} to {high:g}")
    if distinct > MOST_CATEGORIES:
        return Profile(name, "text", values.null_count, distinct, "many different; not shown")
    return _category(name, values, distinct)


def _category(name: str, values: pa.Array, distinct: int) -> Profile:
    counts = sorted(pc.value_counts(values.drop_null()).to_pylist(), key=lambda entry: -entry["counts"])
    shown = ", ".join(f"{entry['values']} ({entry['counts']:,})" for entry in counts[:MOST_SHOWN])
    more = f" and {len(counts) - MOST_SHOWN} more" if len(counts) > MOST_SHOWN else ""
    words = tuple(str(entry["values"]) for entry in counts)
    return Profile(name, "category", values.null_count, distinct, shown + more, categories=words)


def draft(place: str, profiles: list[Profile]) -> str:
    """The config's lines for the table that fits best: what was guessed, and what is left to fill in."""
    fits = {name: _guesses(contract, profiles) for name, contract in CONTRACT.items()}
    best = max(fits, key=lambda name: _fit(CONTRACT[name], fits[name]))
    return "\n".join(_draft_lines(CONTRACT[best], place, fits[best], profiles))


def _fit(contract: TableContract, guesses: dict[str, Profile]) -> float:
    """How much of a table was found: what it requires counts most."""
    required = [name for name in contract.required if name != "platform"]
    return sum(name in guesses for name in required) / len(required) + 0.01 * len(guesses)


def _guesses(contract: TableContract, profiles: list[Profile]) -> dict[str, Profile]:
    """The contract's columns and the source's that speak for them; each is taken once, in the order of _WORDS."""
    free = {one.name: one for one in profiles}
    found = {}
    for column, words in _WORDS.items():
        if column not in contract.by_name:
            continue
        match = next(
            (p for word in words for p in free.values() if word in p.name.lower() and _could_be(contract, column, p)),
            None,
        )
        if match is not None:
            found[column] = free.pop(match.name)
    return found


def _could_be(contract: TableContract, column: str, found: Profile) -> bool:
    kind = contract[column].kind
    if kind == "time":
        return found.kind == "time"
    if kind in ("fixed", "number", "integer"):
        return found.kind == "number"
    return found.kind not in ("time", "empty") if kind in ("id", "outcome") else found.kind in ("category", "text")


def _draft_lines(
    contract: TableContract, place: str, guesses: dict[str, Profile], profiles: list[Profile]
) -> Iterator[str]:
    yield f"{contract.name}:"
    yield f"  - {place}"
    if contract.name != "applications":
        yield "    platform:            # who supplied it"
    yield "    timezone:            # of times without a zone, as Asia/Shanghai"
    forms = {one.time_format for one in guesses.values()} - {"", *_ISO}
    yield from (f'    time_format: "{form}"' for form in sorted(forms))
    yield "    columns:"
    for column in contract.columns:
        if column.name in guesses:
            yield f"      {column.name}: {guesses[column.name].name}"
        elif column.required and column.name != "platform":
            yield f"      {column.name}:            # required: {column.meaning}"
    words = [name for name in guesses if contract[name].values]
    if words:
        yield "    values:"
    for name in words:
        yield f"      {name}:            # of {', '.join(contract[name].values)}"
        yield from (f"        {word}:" for word in guesses[name].categories)
    unused = [one.name for one in profiles if one not in guesses.values()]
    if unused:
        yield f"# not used: {', '.join(unused)}"


def _line(one: Profile) -> str:
    missing = f", {one.missing:,} missing" if one.missing else ""
    return f"  {one.name:<20} {one.kind:<9} {one.distinct:,} different{missing}  {one.shown}"


def _time_format(values: pa.Array) -> str | None:
    """The format that reads all of a text column as times; "" where it holds times already, None where none does."""
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return ""
    if not pa.types.is_string(values.type):
        return None
    return next((form for form in _TIME_FORMATS if _reads(values, form)), None)


def _reads(values: pa.Array, form: str) -> bool:
    return bool(pc.strptime(values, format=form, unit="us", error_is_null=True).null_count == values.null_count)


def _as_times(values: pa.Array, form: str) -> pa.Array:
    if form:
        return pc.strptime(values, format=form, unit="us")
    return values.cast(pa.timestamp("us", tz=getattr(values.type, "tz", None)))


def _as_numbers(values: pa.Array) -> pa.Array | None:
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
        return values.cast(pa.float64(), safe=False)  # ids of 64 bits are integers too
    try:
        return values.cast(pa.float64()) if pa.types.is_string(values.type) else None
    except pa.ArrowInvalid:
        return None


def _times_shown(times: pa.Array) -> str:
    """Extent, zone, whether only days are known, and the longest time without a row."""
    known = times.drop_null()
    ends = pc.min_max(known)
    zone = f"in {times.type.tz}" if times.type.tz else "without a zone"
    whole = "days only, " if pc.all(pc.equal(known, pc.floor_temporal(known, unit="day"))).as_py() else ""
    moments = pc.sort_indices(known)
    ordered = known.take(moments).cast(pa.int64()).to_numpy()
    gap = (ordered[1:] - ordered[:-1]).max(initial=0) / 86_400_000_000
    return (
        f"{ends['min'].as_py():%Y-%m-%d} to {ends['max'].as_py():%Y-%m-%d}, {whole}{zone}, longest gap {gap:.1f} days"
    )


def _lateness(table: pa.Table, profiles: list[Profile]) -> Iterator[str]:
    """Of each pair of an event's time and a later recording: how many rows arrived more than a day late."""
    known = [one for one in profiles if one.kind == "time"]
    times = {one.name: _as_times(table[one.name].combine_chunks(), one.time_format) for one in known}
    recorded = [name for name in times if any(word in name.lower() for word in _WORDS["recorded_at"])]
    for late in recorded:
        for name in (name for name in times if name != late):
            days = pc.divide(pc.cast(_microseconds_between(times[name], times[late]), pa.float64()), 86_400_000_000.0)
            share: Any = pc.mean(pc.cast(pc.greater(days, 1.0), pa.float64())).as_py()
            if share is not None:
                yield f"  {late} is more than a day after {name} in {share:.1%} of rows"


def _microseconds_between(start: pa.Array, end: pa.Array) -> pa.Array:
    return pc.subtract(end.cast(pa.int64()), start.cast(pa.int64()))
