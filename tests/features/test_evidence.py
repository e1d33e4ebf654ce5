"""The events behind features: those of a plain reading, enough to make the feature again, and none that it can miss."""

import datetime as dt
import math

import numpy as np
import pyarrow as pa
import pytest

from creditscore.errors import FeatureError, RequestError
from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.features import (
    CATALOGUE,
    applications,
    count,
    distinct,
    feature,
    mean,
    obligations,
    ratio,
    regularity,
    streak,
    total,
    transactions,
    trips,
    value,
)
from creditscore.features.build import compute
from creditscore.features.define import flatten
from creditscore.features.evidence import EventKey, events_behind
from creditscore.features.formula import Aggregate, ApplicationValue, parts
from creditscore.features.plan import make_plan
from tests.features.every_word import EVERY_WORD
from tests.features.histories import NOW, as_events, as_table, generate, in_units
from tests.features.oracle import DAY_US, Reading

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@feature(transactions.where(status=("completed", "failed")), days=90)
def categories_in_order(transactions):
    found = len(transactions) / 1_000
    for place, event in enumerate(transactions):
        found += (place + 1) * event.category
    return found


@feature(obligations)
def latest_debt(obligations):
    return obligations.amount_unpaid[-1] + obligations.hour.sum()


FEATURES = (*CATALOGUE, *EVERY_WORD, *categories_in_order, *latest_debt)
PLAN = make_plan(FEATURES)


def instant(microseconds):
    return EPOCH + dt.timedelta(microseconds=microseconds)


def behind(features, application, events):
    return events_behind(features, events.of(application["borrower_id"]), instant(application["as_of"]))


def pairs(seed):
    """Each application with its borrower's history, and all of their events."""
    histories, asked = generate(seed)
    return [(one, histories[one["borrower_id"]]) for one in asked], as_events(histories, asked)


def by_reading(one, reading):
    """By table the events that the plain reading picks for the feature, and reads a value of."""
    found = {name: {} for name in one.tables if name != "applications"}
    for part in parts(one.formula):
        if isinstance(part, ApplicationValue):
            continue
        column = getattr(part, "column", None)
        for event in reading.events(part.selection, part.days):
            if column is None or event[column] is not None:
                found[part.selection.table][event["time"], event["event_id"], event["platform"]] = event
    return {name: [(event["platform"], event["event_id"]) for _, event in sorted(events.items())]
            for name, events in found.items()}  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_the_events_behind_every_feature_are_those_that_its_plain_reading_picks(seed):
    asked, events = pairs(seed)
    for application, history in asked:
        found, reading = behind(FEATURES, application, events), Reading(history, in_units(application))
        assert list(found) == [one.name for one in FEATURES]
        for one in FEATURES:
            assert {name: list(keys) for name, keys in found[one.name].items()} == by_reading(one, reading), one.name


@pytest.mark.parametrize("seed", range(5))
def test_counts_and_totals_are_those_of_the_records_behind_them(seed):
    """Whatever picks them: as many records as were counted, and their own amounts add up to the total."""
    asked, events = pairs(seed)
    lone = [one for one in FEATURES if isinstance(one.formula, Aggregate) and one.formula.word in ("count", "total")
            and one.formula.column in (None, "amount", "amount_due")]  # fmt: skip
    checked = 0
    for application, history in asked:
        table = as_events({}, [application]).applications
        values = compute(make_plan(lone), events, table)[0]
        found = behind(lone, application, events)
        for one, number in zip(lone, values, strict=True):
            (name,) = one.tables
            if not math.isnan(number):
                records = [record_of(history[name], key, application["as_of"]) for key in found[one.name][name]]
                checked += len(records)
                column = one.formula.column
                assert number == (len(records) if column is None else sum(record[column] for record in records) / 100)
    assert checked > 100


def record_of(rows, key, as_of):
    """The latest version of the record of that key that a platform had by then."""
    versions = [row for row in rows if (row["platform"], row["event_id"]) == key and recorded(row) < as_of]
    return max(versions, key=recorded)


def recorded(row):
    return row["time"] if row["recorded_at"] is None else row["recorded_at"]


@pytest.mark.parametrize("seed", range(4))
def test_a_feature_is_made_again_from_the_events_behind_it_alone(seed):
    for made, original in made_again(seed, share=0.0):
        assert made.tobytes() == original.tobytes()


@pytest.mark.parametrize("seed", range(4))
def test_taking_away_events_that_are_not_behind_a_feature_changes_no_bit(seed):
    for made, original in made_again(seed, share=0.5):
        assert made.tobytes() == original.tobytes()


def test_of_nothing_at_all_counts_totals_and_kinds_are_missing_and_all_else_is_the_same():
    """What the witness is for: these are 0 where a table is known to have some event, and missing without any."""
    changed = set()
    for made, original in made_again(3, share=0.0, witness=False):
        for i in np.flatnonzero(~np.isclose(made, original, rtol=0, atol=0, equal_nan=True)):
            words = {part.word for part in parts(FEATURES[i].formula) if isinstance(part, Aggregate)}
            assert math.isnan(made[i])
            assert words & {"count", "total", "distinct"}
            changed |= words
    assert changed >= {"count", "total", "distinct"}


def made_again(seed, share, witness=True):
    """For each application every feature from the events behind it and a share of all others, and the original values.

    Each feature is made for a borrower of its own. Where no event of a table is behind a feature, one that is known
    stays as a witness that the table has any.
    """
    draw = np.random.default_rng(seed)
    asked, events = pairs(seed)
    original = compute(PLAN, events, events.applications)
    for (application, history), values in zip(asked, original, strict=True):
        found = behind(FEATURES, application, events)
        tables = {}
        for name in (name for name in EVENT_TABLES if history[name]):
            seen = known(history[name], application["as_of"]) if witness else []
            keys = [{*found[one.name].get(name, ())} or {*seen[:1]} for one in FEATURES]
            tables[name] = for_each(events.of(application["borrower_id"]).table(name), keys, draw, share)
        many = as_events({}, [{**application, "borrower_id": f"f{i}"} for i in range(len(FEATURES))]).applications
        yield np.diag(compute(PLAN, Events(**tables), many)).copy(), values


def known(rows, as_of):
    return [(row["platform"], row["event_id"]) for row in rows if row["time"] < as_of and recorded(row) < as_of]


def for_each(table, keys, draw, share):
    """For feature i the borrower fi with the rows of its keys, in all their versions, and of a share of all others."""
    names = list(zip(table["platform"].to_pylist(), table["event_id"].to_pylist(), strict=True))
    place = {name: i for i, name in enumerate(dict.fromkeys(names))}
    kept = draw.random((len(keys), len(place))) < share
    for i, own in enumerate(keys):
        kept[i, [place[name] for name in own]] = True
    owners, rows = np.nonzero(kept[:, [place[name] for name in names]])
    return table.take(pa.array(rows)).set_column(0, "borrower_id", pa.array([f"f{i}" for i in owners], pa.string()))


BILL = {"borrower_id": "b", "event_id": "e", "platform": "p", "kind": "bill", "amount_due": 1, "time": NOW - DAY_US,
        "due_at": NOW}  # fmt: skip
BUY = {"borrower_id": "b", "event_id": "e", "platform": "p", "kind": "purchase", "amount": 1, "time": NOW - DAY_US}
TRIP = {"borrower_id": "b", "event_id": "e", "platform": "p", "mode": "rail", "time": NOW - DAY_US}
TABLES = {"bill": "obligations", "purchase": "transactions", "rail": "trips"}
TIMES = ("time", "recorded_at", "status_at", "departs_at", "due_at", "paid_at", "ended_at")


def ids(features, *rows, as_of=NOW):
    """The ids behind the only one of these features that reads one table, from rows as a platform sends them."""
    given = {}
    for row in rows:
        times = {name: instant(row[name]) for name in TIMES if row.get(name) is not None}
        given.setdefault(TABLES[row.get("kind") or row["mode"]], []).append({**row, **times})
    (found,) = events_behind(features, load_events(**given, quarantine_limit=0), instant(as_of)).values()
    return {name: [key.event_id for key in keys] for name, keys in found.items()}


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ({"time": NOW - 30 * DAY_US}, True),
        ({"time": NOW - 30 * DAY_US - 1}, False),
        ({"time": NOW - 1}, True),
        ({"time": NOW}, False),
        ({"time": NOW + 1}, False),
        ({"recorded_at": NOW - 1}, True),
        ({"recorded_at": NOW}, False),
        ({"recorded_at": NOW + DAY_US}, False),
    ],
)
def test_an_event_counts_from_the_windows_edge_on_and_once_it_is_known(given, counts):
    assert ids(count(transactions, days=30), {**BUY, **given}) == {"transactions": ["e"] if counts else []}


def test_the_whole_history_has_no_edge():
    assert ids(count(transactions, days="all"), {**BUY, "time": NOW - 9_000 * DAY_US}) == {"transactions": ["e"]}


def test_of_versions_the_one_recorded_last_by_then_decides_and_the_event_is_named_once():
    large = mean(transactions.where(amount=(50, None)).amount, days=30)
    at = [NOW - days * DAY_US for days in (9, 6, 3)]
    versions = [{**BUY, "time": at[0], "amount": amount, "recorded_at": since}
                for amount, since in zip((60, 10, 70), at, strict=True)]  # fmt: skip
    assert [ids(large, *versions, as_of=since + 1)["transactions"] for since in at] == [["e"], [], ["e"]]
    assert ids(large, *versions, as_of=at[0])["transactions"] == []


def test_the_same_id_of_two_platforms_names_two_events():
    rows = [{**BUY, "time": instant(NOW - days * DAY_US), "platform": name} for days, name in ((2, "q"), (5, "p"))]
    found = events_behind(count(transactions, days=30, name="n"), load_events(transactions=rows), instant(NOW))
    assert found == {"n_30d": {"transactions": (EventKey("p", "e"), EventKey("q", "e"))}}


def test_oldest_first_and_those_of_one_instant_by_id():
    rows = [{**BUY, "event_id": name, "time": NOW - days * DAY_US} for name, days in (("z", 2), ("b", 1), ("a", 2))]
    assert ids(count(transactions, days=30), *rows)["transactions"] == ["a", "z", "b"]


def test_a_category_that_nobody_asked_for_and_a_missing_one_meet_the_complement_but_are_no_such_word():
    food = transactions.where(category="food")
    rows = [{**BUY, "event_id": f"{word}", "category": word} for word in ("food", "garden", None)]
    assert ids(count(food, days=30), *rows)["transactions"] == ["food"]
    assert ids(count(~food, days=30), *rows)["transactions"] == ["None", "garden"]
    assert ids(count(transactions.where(category="toys"), days=30), *rows)["transactions"] == []
    assert ids(distinct(transactions.category, days=30), *rows)["transactions"] == ["food", "garden"]


def test_an_event_without_the_number_that_is_read_does_not_feed():
    rows = [{**BUY, "event_id": f"e{balance}", "balance": balance} for balance in (None, 0, 5)]
    assert ids(mean(transactions.balance, days=30), *rows)["transactions"] == ["e0", "e5"]
    assert ids(count(transactions, days=30), *rows)["transactions"] == ["e0", "e5", "eNone"]


def test_states_and_statuses_are_those_known_by_then():
    done, open_bills = trips.where(status="completed"), obligations.where(open=True)
    trip, bill = {**TRIP, "departs_at": NOW + DAY_US}, {**BILL, "paid_at": NOW + DAY_US}
    found = [(ids(count(done, days=30), trip, as_of=as_of)["trips"],
              ids(count(open_bills, days=30), bill, as_of=as_of)["obligations"])
             for as_of in (NOW + DAY_US, NOW + DAY_US + 1)]  # fmt: skip
    assert found == [([], ["e"]), (["e"], [])]


def test_a_streaks_events_are_all_that_it_runs_through_and_none_beside_them():
    large, bought = transactions.where(amount=(50, None)), transactions.where(category="food")
    rows = [{**BUY, "event_id": f"e{i}", "time": NOW - (9 - i) * DAY_US, "amount": amount, "category": category}
            for i, (amount, category) in enumerate(((60, "food"), (1, "food"), (9, "home"), (70, "food")))]  # fmt: skip
    assert ids(streak(large, of=bought, days=30), *rows)["transactions"] == ["e0", "e1", "e3"]


def test_a_lag_does_not_reach_beyond_its_window():
    rows = [{**BUY, "event_id": f"e{days}", "time": NOW - days * DAY_US} for days in (35, 30, 1)]
    assert ids(regularity(transactions, lag=7, days=30), *rows)["transactions"] == ["e30", "e1"]


def test_a_ratio_has_the_events_of_both_of_its_operands_by_table():
    made = ratio(total(transactions.amount, days=7), total(obligations.amount_due, days=30))
    rows = [{**BUY, "event_id": f"buy{days}", "time": NOW - days * DAY_US} for days in (8, 7)]
    bills = [{**BILL, "event_id": f"bill{days}", "time": NOW - days * DAY_US} for days in (31, 8)]
    assert ids(made, *rows, *bills) == {"transactions": ["buy7"], "obligations": ["bill8"]}


def test_an_applications_own_numbers_have_no_events():
    assert ids(value(applications.amount), BUY) == {}
    assert ids(ratio(applications.instalment, total(transactions.amount, days=30)), BUY) == {"transactions": ["e"]}


def test_a_functions_events_are_all_that_it_was_given():
    rows = [{**BUY, "event_id": f"e{i}", "status": status, "time": NOW - (9 - i) * DAY_US, "category": None}
            for i, status in enumerate(("completed", "cancelled", "failed"))]  # fmt: skip
    assert ids(categories_in_order, *rows)["transactions"] == ["e0", "e2"]


@pytest.mark.parametrize("table", [None, as_table("trips", [])])
def test_of_no_events_there_are_none(table):
    found = events_behind(flatten([count(trips, days=30), value(applications.amount)]), Events(trips=table), instant(0))
    assert found == {"trips_count_30d": {"trips": ()}, "application_amount": {}}
    assert events_behind([], Events(), instant(0)) == {}


def test_ids_that_no_source_has_are_the_numbers_of_the_rows_kept():
    rows = [{key: given for key, given in {**BUY, **row}.items() if key != "event_id"} for row in (
        {"borrower_id": "c"}, {"amount": -5}, {"time": NOW - 3 * DAY_US}, {})]  # fmt: skip
    rows = [{**row, "time": instant(row["time"])} for row in rows]
    events = load_events(transactions=rows, quarantine_limit=1).of("b")
    (found,) = events_behind(count(transactions, days=30), events, instant(NOW)).values()
    assert found == {"transactions": (EventKey("p", "row:1"), EventKey("p", "row:2"))}


def test_ids_that_some_rows_lack_are_the_numbers_of_rows_in_their_source():
    rows = [{**BUY, "time": instant(BUY["time"]), "event_id": name} for name in ("e", None)]
    events = load_events(transactions=rows)
    (found,) = events_behind(count(transactions, days=30), events, instant(NOW)).values()
    assert found == {"transactions": (EventKey("p", "row:frame:1"), EventKey("p", "e"))}


def test_whole_numbers_as_ids_are_text():
    assert ids(count(transactions, days=30), {**BUY, "event_id": 7})["transactions"] == ["7"]


def test_events_of_two_borrowers_are_refused_without_naming_them():
    rows = [{**BUY, "borrower_id": f"secret{i}", "time": instant(NOW)} for i in range(2)]
    with pytest.raises(RequestError, match=r"one borrower, got 2 borrowers'; give events\.of") as refused:
        events_behind(count(transactions, days=30), load_events(transactions=rows), instant(NOW))
    assert "secret" not in str(refused.value)


def test_one_borrowers_tables_may_hold_the_id_as_a_number_and_as_text():
    bought, trip = as_table("transactions", [{**BUY, "borrower_id": "7"}]), as_table("trips", [TRIP])
    both = Events(transactions=bought, trips=trip.set_column(0, "borrower_id", pa.array([7])))
    (found,) = events_behind(count(trips, days=30), both, instant(NOW)).values()
    assert found == {"trips": (EventKey("p", "e"),)}


def test_a_time_without_a_zone_and_two_features_of_one_name_are_refused():
    with pytest.raises(RequestError, match="without a zone"):
        events_behind(count(transactions, days=30), Events(), dt.datetime(2025, 1, 1))
    with pytest.raises(FeatureError, match="given twice"):
        events_behind(count(transactions, days=30) * 2, Events(), instant(0))
