"""The files, read as an agency would, hold what the truth was made from."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.config import load_config
from creditscore.events.load import Source, load_events
from creditscore.events.schema import CONTRACT, EVENT_TABLES, Events
from creditscore.events.simulate.outcome import INGREDIENTS, true_pd

CONFIG = Path(__file__).parents[3] / "configs" / "sample.yaml"
DAY = 86_400 * 10**6

Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def events(market: Path) -> Events:
    return _loaded(market)


def _loaded(folder: Path) -> Events:
    config = load_config(CONFIG).events
    sources = {
        name: [Source(folder / one.files, **one.model_dump(exclude={"files", "database", "table"})) for one in entries]
        for name, entries in config.tables().items()
    }
    return load_events(**sources, currency=config.currency, quarantine_limit=config.quarantine_limit)


def test_the_sample_config_brings_every_file_onto_the_contract(events: Events) -> None:
    assert events.transactions is not None
    assert set(events.transactions["platform"].unique().to_pylist()) == {"alder", "birch", "cedar"}
    for name in EVENT_TABLES:
        for column in CONTRACT[name].columns:
            if column.values and (column.required or column.default):
                found = set(events.table(name)[column.name].unique().to_pylist())
                assert found <= set(column.values), (name, column.name)
    assert set(events.trips["mode"].unique().to_pylist()) == set(CONTRACT["trips"]["mode"].values)


def test_every_platform_has_bad_rows_of_each_sort_and_few(events: Events) -> None:
    reasons = defaultdict(set)
    for _, source, reason, _ in events.quarantine.counts():
        reasons[source].add(reason.split()[-1] if "beyond" not in reason else "absurd")
    for source in ("alder_transactions.parquet", "birch_orders.csv.gz", "cedar_orders.parquet"):
        assert reasons[source] == {"missing", "absurd", "event_id"}, source
    read = Counter(events.quarantine.read)
    bad = Counter(table for table, *_, count in events.quarantine.counts() for _ in range(count))
    assert "applications" not in bad
    for table in EVENT_TABLES:
        assert 0 < bad[table] / read[table] < 0.004, table


def test_the_shipped_sample_loads_with_a_few_bad_rows() -> None:
    events = _loaded(CONFIG.parents[1] / "data_samples")
    assert events.applications.num_rows > 4_000
    assert 0 < len(events.quarantine) < 0.003 * sum(events.quarantine.read.values())


def test_local_hours_are_shanghais(events: Events) -> None:
    for name in EVENT_TABLES:
        assert events.table(name)["utc_offset_minutes"].unique().to_pylist() == [480]


def test_far_flights_and_tours_cross_a_border_and_hotels_do_not_say(events: Events) -> None:
    found = Counter()
    for trip in _rows(events.trips):
        far = trip["distance_km"] >= 1_800_000 and trip["mode"] in ("flight", "tour")
        expected = None if trip["mode"] == "hotel" else "international" if far else "domestic"
        assert trip["scope"] == expected
        found[expected] += 1
    assert min(found[scope] for scope in (None, "domestic", "international")) > 50


def test_true_pds_follow_from_the_files_by_plain_python(events: Events, market: Path) -> None:
    truth = dict(zip(*pq.read_table(market / "truth.parquet").to_pydict().values(), strict=True))
    applications = _rows(events.applications)[::5]
    histories = {name: _by_borrower(events.table(name)) for name in EVENT_TABLES}
    assert len(applications) > 300
    for application in applications:
        mine = {name: histories[name][application["borrower_id"]] for name in EVENT_TABLES}
        found = _aggregates(application, mine)
        assert set(found) == {one.aggregate for one in INGREDIENTS.values()}
        pd = true_pd({name: np.array([np.nan if x is None else x], float) for name, x in found.items()})
        assert pd[0] == pytest.approx(truth[application["application_id"]], rel=1e-9)


def _rows(table: pa.Table) -> list[Row]:
    plain = [c.cast(pa.int64()) if pa.types.is_timestamp(c.type) else c for c in table.columns]
    return pa.table(plain, names=table.column_names).to_pylist()


def _by_borrower(table: pa.Table) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(table):
        found[row["borrower_id"]].append(row)
    return found


def _over(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _aggregates(application: Row, mine: Mapping[str, list[Row]]) -> dict[str, float | None]:
    as_of = application["as_of"]
    return {
        **_spending(_as_known(mine["transactions"], as_of), application),
        **_obligations([row for row in mine["obligations"] if row["time"] < as_of], as_of),
        **_trips([row for row in mine["trips"] if row["time"] < as_of], as_of),
    }


def _as_known(rows: Iterable[Row], as_of: int) -> list[Row]:
    """The latest version of each event that was recorded before as of."""
    latest: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: row["recorded_at"] or row["time"]):
        if row["time"] < as_of and (row["recorded_at"] or 0) < as_of:
            latest[row["platform"], row["event_id"]] = row
    return list(latest.values())


def _spending(rows: list[Row], application: Row) -> dict[str, float | None]:
    as_of = application["as_of"]

    def within(days: int, *kinds: str) -> list[Row]:
        return [row for row in rows if row["time"] >= as_of - days * DAY and row["kind"] in kinds]

    def void(row: Row) -> bool:
        known = row["status_at"] or row["recorded_at"] or row["time"]
        return row["status"] != "completed" and known < as_of

    def spent(days: int) -> list[Row]:
        return [row for row in within(days, "payment", "purchase") if not void(row)]

    def total(some: list[Row]) -> float:
        return sum(row["amount"] for row in some) / 100

    income = [row["amount"] / 100 for row in within(365, "income")]
    balances = [row["balance"] / 100 for row in rows if row["time"] >= as_of - 90 * DAY and row["balance"] is not None]
    cash = total(within(180, "withdrawal"))
    night = [row for row in spent(365) if (row["time"] // (3_600 * 10**6) + 8) % 24 in (23, 0, 1, 2, 3, 4)]
    ages = [(as_of - row["time"]) / DAY for row in rows]
    half = [row for row in rows if row["time"] >= as_of - 180 * DAY and row["merchant_id"] is not None]
    return {
        "spending_trend": _over(total(spent(30)), total(spent(180))),
        "income_variability": statistics.stdev(income) / statistics.mean(income) if len(income) > 1 else None,
        "cash_share": _over(cash, total(spent(180)) + cash),
        "night_share": _over(len(night), len(spent(365))),
        "refund_share": _over(len(within(365, "refund")), len(spent(365))),
        "recency": min(ages, default=None),
        "tenure": max(ages, default=None),
        "merchants": len({row["merchant_id"] for row in half}),
        "mean_balance": statistics.mean(balances) if balances else None,
        "burden": _over(3 * application["instalment"] / 100, total(within(90, "income"))),
    }


def _obligations(rows: list[Row], as_of: int) -> dict[str, float | None]:
    days = []
    for row in rows:
        if row["time"] >= as_of - 365 * DAY and row["due_at"] < as_of:
            settled = [at for at in (row["paid_at"], row["ended_at"]) if at is not None and at < as_of]
            days.append(max(0, min([*settled, as_of]) - row["due_at"]) // DAY)
    late = sum(1 for one in days if one >= 1)
    return {"late_share": _over(late, len(days)), "worst_days_past_due": max(days, default=None)}


def _trips(rows: list[Row], as_of: int) -> dict[str, float | None]:
    year = [row for row in rows if row["time"] >= as_of - 365 * DAY]
    broken = [
        row
        for row in year
        if row["status"] in ("cancelled", "no_show") and row["status_at"] is not None and row["status_at"] < as_of
    ]
    return {"broken_trip_share": _over(len(broken), len(year))}
