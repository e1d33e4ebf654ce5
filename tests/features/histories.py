"""Generated histories: rows as plain dicts, and the same rows as `Events`."""

import numpy as np
import pyarrow as pa

from creditscore.events.schema import APPLICATIONS, CONTRACT, EVENT_TABLES, Events

DAY_US = 86_400_000_000
NOW = 1_750_000_000_000_000  # an instant in June 2025, microseconds
CHOICES = {
    "platform": ["a", "b", "c"],
    "category": ["food", "home", "药", None],
    "merchant_id": [f"m{i}" for i in range(7)],
    "channel": ["app", "web", None],
    "city": ["x", "y", None],
    "origin": ["p", "q"],
    "destination": ["p", "q", "r", None],
    "application_id": [None],
}


def generate(seed, borrowers=5, most=40):
    """(history by borrower, applications): edges, ties, versions and missing values among them."""
    draw = np.random.default_rng(seed)
    histories, applications = {}, []
    for b in range(borrowers):
        histories[f"b{b}"] = {table: _events(draw, table, int(draw.integers(0, most))) for table in EVENT_TABLES}
        for i in range(int(draw.integers(1, 3))):
            as_of = NOW + int(draw.integers(-400, 1)) * DAY_US
            amounts = {name: _maybe(draw, int(draw.integers(0, 10**6))) for name in ("amount", "instalment")}
            applications.append({"application_id": f"{b}-{i}", "borrower_id": f"b{b}", "as_of": as_of,
                                 "term_months": _maybe(draw, 12.0), "outcome": None, **amounts})  # fmt: skip
    return histories, applications


def _maybe(draw, value, share=0.2):
    return None if draw.random() < share else value


def _time(draw):
    """Often whole days before an application, so that events fall on windows' edges and on one another."""
    days = int(draw.choice([1, 7, 30, 90, 180, 365])) if draw.random() < 0.3 else int(draw.integers(0, 800))
    return NOW - days * DAY_US - (0 if draw.random() < 0.4 else int(draw.integers(-DAY_US, DAY_US)))


def _later(draw, time, days=60):
    return time + int(draw.integers(0, days * DAY_US))


def _events(draw, table, n):
    rows = [_event(draw, table, i) for i in range(n)]
    again = [_version(draw, row) for row in rows if draw.random() < 0.15]
    return rows + again


def _version(draw, row):
    """A later version of the same event."""
    recorded = (row["recorded_at"] or row["time"]) + 1 + int(draw.integers(0, 40 * DAY_US))
    changed = {"amount": 12_345} if row.get("amount") is not None else {}
    return {**row, "recorded_at": recorded, **changed}


def _event(draw, table, i):
    time = _time(draw)
    row = {"event_id": f"{table}{i}", "time": time, "recorded_at": _maybe(draw, _later(draw, time, 3), 0.7),
           "utc_offset_minutes": int(draw.choice([0, 480, -300, 345]))}  # fmt: skip
    for column in CONTRACT[table].columns:
        if column.name not in row and column.name != "borrower_id":
            row[column.name] = _value(draw, column, time)
    return row


def _value(draw, column, time):
    if column.values:
        value = str(draw.choice(column.values))
        return value if column.required or column.default else _maybe(draw, value)
    if column.kind == "time":
        later = _later(draw, time)
        return later if column.required else _maybe(draw, later, 0.4)
    if column.kind == "fixed":
        value = int(draw.integers(-50_000 if column.signed else 0, 500_000))
        return value if column.required else _maybe(draw, value)
    if column.kind == "integer":
        return _maybe(draw, int(draw.integers(0, 10)))
    return CHOICES[column.name][int(draw.integers(len(CHOICES[column.name])))]


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
