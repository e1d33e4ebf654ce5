"""Obligations whose time has passed: features are those of a borrower without them, on every path."""

import datetime as dt

import numpy as np
import pytest

from creditscore.events.load import load_events
from creditscore.features import CATALOGUE, count, obligations, recency, tenure
from creditscore.features.build import compute
from creditscore.features.evidence import events_behind
from creditscore.features.one import row_of
from creditscore.features.plan import make_plan
from creditscore.governance.retention import CHINA, Retention, Suppression
from tests.features.histories import DAY_US, as_events, generate
from tests.features.test_one import EPOCH, in_units, without_versions

YEAR_OF_GRACE = Retention(
    "XX",
    1,
    60,
    (
        Suppression(
            "all",
            dt.date(2023, 1, 1),
            dt.date(2026, 1, 1),
            3_000.0,
            dt.date(2025, 3, 1),
            dt.date(2025, 1, 1),
            ("bill",),
        ),
    ),
)
FEATURES = tuple(f for f in CATALOGUE if f.tables == ("obligations",))
HOUR_US = DAY_US // 24


def old(histories, by=0):
    """The same histories without versions, and with obligations that reach back two years more: some of them expire."""
    draw = np.random.default_rng(by)
    for history in histories.values():
        history["obligations"] = list({row["event_id"]: row for row in history["obligations"]}.values())
        for row in history["obligations"]:
            back = int(draw.integers(0, 730)) * DAY_US
            for name in ("time", "recorded_at", "due_at", "paid_at", "ended_at", "notified_at"):
                if row.get(name) is not None:
                    row[name] -= back
    return histories


def counts(row, as_of):
    """A plain reading of the rule: a year to the day by a clock an hour ahead of UTC, and the amnesty."""
    due, paid, ended, owed = row["due_at"], row["paid_at"], row["ended_at"], row["amount_due"]
    settled = None if paid is None or (row["amount_paid"] is not None and row["amount_paid"] < owed) else paid
    ends = [end for end in (settled, ended) if end is not None]
    if not ends:
        return True
    end = min(ends)
    if settled == end and settled - due < DAY_US:
        return True
    day = (EPOCH + dt.timedelta(microseconds=end + HOUR_US)).date()
    try:
        last = day.replace(year=day.year + 1)
    except ValueError:
        last = dt.date(day.year + 1, 2, 28)
    if (EPOCH + dt.timedelta(microseconds=as_of + HOUR_US)).date() > last:
        return False
    local_due = (EPOCH + dt.timedelta(microseconds=due + HOUR_US)).date()
    repaid = settled == end and (EPOCH + dt.timedelta(microseconds=settled + HOUR_US)).date() <= dt.date(2025, 3, 1)
    forgiven = (
        repaid and dt.date(2023, 1, 1) <= local_due <= dt.date(2026, 1, 1) and owed <= 300_000 and row["kind"] == "bill"
    )
    in_force = (EPOCH + dt.timedelta(microseconds=as_of + HOUR_US)).date() >= dt.date(2025, 1, 1)
    return not (forgiven and in_force and settled < as_of)


@pytest.mark.parametrize("seed", range(8))
def test_features_are_those_of_a_borrower_without_what_expired(seed):
    histories, asked = generate(seed, borrowers=6)
    histories = old(histories, seed)
    events = as_events(histories, asked)
    found = compute(make_plan(FEATURES, YEAR_OF_GRACE), events, events.applications)
    expired = 0
    for row, application in zip(found, asked, strict=True):
        own = histories[application["borrower_id"]]["obligations"]
        left = [debt for debt in own if counts(debt, application["as_of"])]
        expired += len(own) - len(left)
        alone = as_events(
            {application["borrower_id"]: {"transactions": [], "trips": [], "obligations": left}}, [application]
        )
        expected = compute(make_plan(FEATURES), alone, alone.applications)[0]
        assert row.tobytes() == expected.tobytes()
    assert expired


@pytest.mark.parametrize("rule", [CHINA, YEAR_OF_GRACE])
@pytest.mark.parametrize("seed", range(6))
def test_one_borrower_from_dicts_gives_the_bits_of_the_table(seed, rule):
    histories, asked = generate(seed, borrowers=1)
    history = {name: without_versions(rows) for name, rows in old(histories, seed)["b0"].items()}
    events = load_events(**{name: rows for name, rows in history.items() if rows}, quarantine_limit=0)
    plan = make_plan(CATALOGUE, rule)
    for application in asked:
        row = in_units(application)
        as_of = EPOCH + dt.timedelta(microseconds=application["as_of"])
        table = load_events(applications=[{**row, "borrower_id": "b0", "as_of": as_of}]).applications
        expected = compute(plan, events, table, threads=1)
        assert row_of(plan, history, application["as_of"], row).tobytes() == expected.tobytes()


PAID = dt.datetime(2019, 3, 10, 12, tzinfo=dt.UTC)
LATE = {
    "borrower_id": "b", "event_id": "1", "platform": "p", "kind": "loan", "time": PAID - dt.timedelta(days=60),
    "due_at": PAID - dt.timedelta(days=30), "paid_at": PAID, "amount_due": 10.0,
}  # fmt: skip
LATE_COUNT = (count(obligations.where(late=True), days="all", name="late"),)


def lates(as_of, **change):
    events = load_events(
        obligations=[LATE | change], applications=[{"application_id": "a", "borrower_id": "b", "as_of": as_of}]
    )
    return compute(make_plan(LATE_COUNT, CHINA), events, events.applications)[0, 0]


def test_a_late_payment_counts_for_five_years_to_the_day_and_then_is_as_if_it_had_not_been():
    assert lates(PAID.replace(year=2024) - dt.timedelta(days=1)) == 1.0
    assert lates(PAID.replace(year=2024)) == 1.0
    # nothing else is known of the borrower: missing, as for one without an obligation
    assert np.isnan(lates(PAID.replace(year=2024) + dt.timedelta(days=1)))
    assert lates(dt.datetime(2040, 1, 1, tzinfo=dt.UTC), paid_at=None) == 1.0


def test_without_a_rule_it_always_counts():
    as_of = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)
    events = load_events(obligations=[LATE], applications=[{"application_id": "a", "borrower_id": "b", "as_of": as_of}])
    assert compute(make_plan(LATE_COUNT), events, events.applications)[0, 0] == 1.0


def test_events_behind_a_feature_are_those_that_count():
    events = load_events(obligations=[LATE, LATE | {"event_id": "2", "paid_at": PAID.replace(year=2022)}])
    as_of = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)
    found = events_behind(LATE_COUNT, events, as_of, CHINA)["late_all"]["obligations"]
    assert [key.event_id for key in found] == ["2"]


def test_an_expired_event_older_than_every_window_does_not_hide_another():
    """Without ids and recorded_at a table keeps one old row to show that there are any: it must be one that counts."""
    expired = {name: value for name, value in LATE.items() if name != "event_id"}
    on_time = expired | {"time": LATE["time"] + dt.timedelta(days=1), "due_at": PAID, "paid_at": PAID}
    asked = [{"application_id": "a", "borrower_id": "b", "as_of": dt.datetime(2025, 6, 1, tzinfo=dt.UTC)}]
    plan = make_plan([count(obligations, days=30)], CHINA)
    events = load_events(obligations=[expired, on_time], applications=asked)
    assert compute(plan, events, events.applications)[0, 0] == 0.0
    alone = load_events(obligations=[expired], applications=asked)
    assert np.isnan(compute(plan, alone, alone.applications)[0, 0])
    assert make_plan([recency(obligations), tenure(obligations)], CHINA).tables[0].retention == CHINA
