"""Generated histories: rows as plain dicts, and the same rows as `Events`."""

import math
from collections import Counter

import numpy as np
import pyarrow as pa

from creditscore.events.schema import APPLICATIONS, CONTRACT, EVENT_TABLES, Events

DAY_US = 86_400_000_000
NOW = 1_750_000_000_000_000  # an instant in June 2025, microseconds
CHOICES = {
    "platform": ["a", "b", "c"],
    "category": ["food", "home", "茶", None],
    "merchant_id": [f"m{i}" for i in range(7)],
    "channel": ["app", "web", None],
    "city": ["x", "y", None],
    "origin": ["p", "q"],
    "destination": ["p", "q", "r", None],
    "application_id": [None],
}
EDGES = (1, 7, 30, 90, 180, 365)  # days
# Nights on which clocks were changed: the instant, the minutes from UTC before it and from then on.
CLOCK_CHANGES = (
    (1_743_296_400_000_000, 60, 120),  # Prague, 30 March 2025: 02:00 became 03:00
    (1_729_990_800_000_000, 120, 60),  # Prague, 27 October 2024: 03:00 became 02:00
    (1_730_613_600_000_000, -240, -300),  # New York, 3 November 2024: 02:00 became 01:00
    (1_728_142_200_000_000, 630, 660),  # Lord Howe, 6 October 2024: 02:00 became 02:30
)
EDGES_US = {days * DAY_US for days in EDGES}
AMOUNTS = {"amount", "balance", "distance_km", "amount_paid"}
NIGHT_US = 3 * 3_600_000_000


def generate(seed, borrowers=5, most=40):
    """(history by borrower, applications): edges, ties, clock changes, versions and missing values among them."""
    draw = np.random.default_rng(seed)
    histories, applications = {}, []
    for b in range(borrowers):
        decisions = [NOW + int(draw.integers(-400, 1)) * DAY_US for _ in range(int(draw.integers(1, 3)))]
        histories[f"b{b}"] = {table: _events(draw, table, _size(draw, most), decisions) for table in EVENT_TABLES}
        applications += [_application(draw, b, i, as_of) for i, as_of in enumerate(decisions)]
    return histories, applications


def edges_in(histories, applications):
    """How often what is hard to get right occurs, by name: each event of a history counted at each of its decisions."""
    found = Counter()
    for application in applications:
        for rows in histories[application["borrower_id"]].values():
            found += _edges(rows, application["as_of"])
        found["application without a number"] += math.isnan(application["term_months"] or 0.0)
    return found


def _edges(rows, as_of):
    before = [row for row in rows if row["time"] < as_of]
    ages = [as_of - row["time"] for row in before]
    return Counter({
        "table without an event": not before,
        "table of a single event": len(before) == 1,
        "event on a window's edge": sum(age in EDGES_US for age in ages),
        "event a microsecond off an edge": sum(age + 1 in EDGES_US or age - 1 in EDGES_US for age in ages),
        "event at the instant of the decision": sum(row["time"] == as_of for row in rows),
        "event at another's instant": len(ages) - len(set(ages)),
        "event in a night of clock change": sum(_night(row) is not None for row in before),
        "missing amount": sum(row[name] is None for row in before for name in AMOUNTS & row.keys()),
    })  # fmt: skip


def _size(draw, most):
    """Every fifth table has no event, one or two."""
    return int(draw.integers(0, most if draw.random() < 0.8 else 3))


def _application(draw, b, i, as_of):
    amounts = {name: _maybe(draw, int(draw.integers(0, 10**6))) for name in ("amount", "instalment")}
    term = _maybe(draw, float(draw.integers(3, 37))) if draw.random() < 0.9 else math.nan
    return {"application_id": f"{b}-{i}", "borrower_id": f"b{b}", "as_of": as_of, "term_months": term,
            "outcome": None, **amounts}  # fmt: skip


def _maybe(draw, value, share=0.2):
    return None if draw.random() < share else value


def _time(draw, decisions, span):
    """Up to `span` days before a decision: often on a window's edge or a microsecond off it, or whole days before;
    or in a night when clocks are changed; or shortly after a decision."""
    kind, decision = draw.random(), int(draw.choice(decisions))
    if kind < 0.15:
        return decision - int(draw.choice([0, *EDGES])) * DAY_US + int(draw.integers(-1, 2))
    if kind < 0.25:
        instant, _, _ = CLOCK_CHANGES[int(draw.integers(len(CLOCK_CHANGES)))]
        return instant + int(draw.choice([-1, 0, int(draw.integers(-NIGHT_US, NIGHT_US))]))
    days = int(draw.integers(-span // 20, span))
    return decision - days * DAY_US - (0 if kind < 0.5 else int(draw.integers(-DAY_US, DAY_US)))


def _night(row):
    """The clock change within three hours of which it is, if any."""
    return next((change for change in CLOCK_CHANGES if abs(row["time"] - change[0]) <= NIGHT_US), None)


def _offset(draw, time):
    """The local clock's minutes from UTC: of a place where clocks are being changed, or of one where they never are."""
    for instant, before, after in CLOCK_CHANGES:
        if abs(time - instant) <= NIGHT_US:
            return after if time >= instant else before
    return int(draw.choice([0, 480, -300, 345]))


def _later(draw, time, days=60):
    """Every third time by whole days, so that payments are late by a day to the microsecond."""
    if draw.random() < 0.3:
        return time + int(draw.integers(0, days)) * DAY_US
    return time + int(draw.integers(0, days * DAY_US))


def _events(draw, table, n, decisions):
    rows, habit, span = [], _habit(draw, table), int(draw.choice([80, 400, 800]))
    for i in range(n):
        at_once = rows and draw.random() < 0.1
        time = rows[-1]["time"] if at_once else _time(draw, decisions, span)
        rows.append(_event(draw, table, i, time, habit))
    return rows + [_version(draw, row) for row in rows if draw.random() < 0.15]


def _habit(draw, table):
    """What every second borrower mostly does, so that there are long runs of one kind."""
    if draw.random() < 0.5:
        return {}
    return {column.name: str(draw.choice(column.values)) for column in CONTRACT[table].columns if column.values}


def _version(draw, row):
    """A later version of the same event."""
    recorded = (row["recorded_at"] or row["time"]) + 1 + int(draw.integers(0, 40 * DAY_US))
    changed = {"amount": 12_345} if row.get("amount") is not None else {}
    return {**row, "recorded_at": recorded, **changed}


def _event(draw, table, i, time, habit):
    row = {"event_id": f"{table}{i}", "time": time, "recorded_at": _maybe(draw, _later(draw, time, 3), 0.7),
           "utc_offset_minutes": _offset(draw, time)}  # fmt: skip
    for column in CONTRACT[table].columns:
        if column.name not in row and column.name != "borrower_id":
            row[column.name] = _value(draw, column, time)
    return row | {name: value for name, value in habit.items() if draw.random() < 0.7}


def _value(draw, column, time):
    if column.values:
        value = str(draw.choice(column.values))
        return value if column.required or column.default else _maybe(draw, value)
    if column.kind == "time":
        later = _later(draw, time)
        return later if column.required else _maybe(draw, later, 0.4)
    if column.kind == "fixed":
        value = _number(draw, column)
        return value if column.required else _maybe(draw, value)
    if column.kind == "integer":
        return _maybe(draw, int(draw.integers(0, 10)))
    return CHOICES[column.name][int(draw.integers(len(CHOICES[column.name])))]


def _number(draw, column):
    """Often one of few, so that numbers repeat and lie on the ends of ranges; at times small, or below 0."""
    kind = draw.random()
    if kind < 0.2:
        return int(draw.choice([0, 1, 1_999, 2_000, 99_999, 100_000]))
    most = 3_000 if kind < 0.4 else 500_000
    return int(draw.integers(-most // 5 if column.signed else 0, most))


def as_events(histories, applications, order=None):
    """The rows as Events; `order` is a generator that shuffles them."""
    tables = {}
    for name in EVENT_TABLES:
        rows = [{"borrower_id": b, **row} for b, history in histories.items() for row in history[name]]
        if order is not None:
            order.shuffle(rows)
        tables[name] = as_table(name, rows) if rows else None
    return Events(**tables, applications=as_table("applications", applications))


def as_table(name, rows):
    columns = [(c.name, c.type) for c in CONTRACT[name].columns]
    data = [pa.array([row.get(column) for row in rows], type) for column, type in columns]
    return pa.table(data, names=[column for column, _ in columns])


def in_units(application):
    """An application as the oracle reads it: amounts in units."""
    scaled = {c.name: application[c.name] / 10**c.decimals for c in APPLICATIONS.columns
              if c.decimals and application.get(c.name) is not None}  # fmt: skip
    return {**application, **scaled}
