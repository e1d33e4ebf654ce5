"""Which events came, went, aged or were updated: by hand, by a plain reading, and by doing without them."""

import datetime as dt
import math

import numpy as np
import pyarrow as pa
import pytest

from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.features import (
    CATALOGUE,
    count,
    distinct,
    feature,
    largest,
    obligations,
    ratio,
    recency,
    streak,
    total,
    transactions,
    trips,
)
from creditscore.features.build import compute
from creditscore.features.define import flatten
from creditscore.features.formula import ApplicationValue, Call, parts
from creditscore.features.plan import make_plan
from creditscore.scoring.moves import NO_MOVES, Moves, moves_of, readings_at
from tests.features.every_word import EVERY_WORD
from tests.features.histories import as_events, as_table, generate
from tests.features.oracle import DAY_US, Reading, meets_all

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
BEFORE = 1_750_000_000_000_000
AFTER = BEFORE + 30 * DAY_US
BUY = {"borrower_id": "b", "event_id": "e", "platform": "p", "kind": "purchase", "amount": 1}
BILL = {"borrower_id": "b", "event_id": "e", "platform": "p", "kind": "bill", "amount_due": 10}
TRIP = {"borrower_id": "b", "event_id": "e", "platform": "p", "mode": "rail"}
TABLES = {"bill": "obligations", "purchase": "transactions", "rail": "trips"}


def in_days(days):
    """So many days from the earlier of the two dates."""
    return EPOCH + dt.timedelta(microseconds=BEFORE + round(days * DAY_US))


def moved(features, *rows, changed=None):
    """What became of the events, by id, in lists that are not empty; times are given in days from the earlier date."""
    given = {}
    for row in rows:
        times = {
            name: in_days(days) for name, days in row.items() if name in ("time", "recorded_at") or name[-3:] == "_at"
        }
        given.setdefault(TABLES[row.get("kind") or row["mode"]], []).append({**row, **times})
    wanted = flatten(features)
    events, plan = load_events(**given, quarantine_limit=0), make_plan(wanted)
    readings = [readings_at(plan, events, at) for at in (BEFORE, AFTER)]
    found = moves_of(wanted, wanted if changed is None else changed, *readings, AFTER)
    return {name: [one.event_id for one in records] for name, records in found._asdict().items() if records}


COUNTS = count(transactions, days=(30, 90, 365))


def test_ten_days_old_and_then_forty_is_out_of_thirty_and_still_in_ninety():
    assert moved(COUNTS, {**BUY, "time": -10}) == {"aged": ["e"]}


def test_it_ages_within_one_feature_too():
    trend = ratio(total(transactions.amount, days=30), total(transactions.amount, days=90), name="trend")
    assert moved([trend], {**BUY, "time": -10}) == {"aged": ["e"]}


def test_what_happened_between_came():
    assert moved(COUNTS, {**BUY, "time": 10}) == {"came": ["e"]}


def test_what_happened_before_and_was_recorded_between_came():
    assert moved(COUNTS, {**BUY, "time": -10, "recorded_at": 3}) == {"came": ["e"]}


def test_what_happened_and_left_all_windows_between_was_never_seen():
    assert moved(count(transactions, days=7), {**BUY, "time": 10}) == {}


def test_what_left_the_longest_window_went():
    assert moved(COUNTS, {**BUY, "time": -340}) == {"went": ["e"]}


def test_what_leaves_no_window_is_not_named():
    assert moved(COUNTS, {**BUY, "time": -100}) == {}
    assert moved(count(transactions, days="all"), {**BUY, "time": -10}) == {}


def test_the_edge_of_a_window_is_the_kernels():
    edge = {**BUY, "time": 0}
    assert moved(count(transactions, days=30), {**edge, "time": -1e-9}) == {"went": ["e"]}
    assert moved(count(transactions, days=30), edge) == {"came": ["e"]}


def test_an_obligation_paid_between_is_open_no_more():
    bill = {**BILL, "time": -20, "due_at": 5, "paid_at": 2}
    assert moved(count(obligations.where(open=True), days="all"), bill) == {"went": ["e"]}
    assert moved(count(obligations.where(paid=True), days="all"), bill) == {"came": ["e"]}
    assert moved(total(obligations.amount_unpaid, days="all"), bill) == {"updated": ["e"]}


def test_paid_between_it_moves_within_a_group_that_it_feeds_anyhow():
    group = flatten([count(obligations, days="all"), count(obligations.where(open=True), days="all", name="open")])
    bill = {**BILL, "time": -20, "due_at": 5, "paid_at": 2}
    assert moved(group, bill) == {"updated": ["e"]}
    assert moved(group, bill, changed=group[:1]) == {}


def test_a_payment_between_is_nothing_to_what_does_not_read_it():
    assert moved(total(obligations.amount_due, days="all"), {**BILL, "time": -20, "due_at": 5, "paid_at": 2}) == {}


def test_what_fell_due_between_came_and_what_is_overdue_for_longer_is_updated():
    due = obligations.where(due=True)
    assert moved(count(due, days="all"), {**BILL, "time": -20, "due_at": 5}) == {"came": ["e"]}
    worst = largest(due.days_past_due, days="all")
    assert moved(worst, {**BILL, "time": -20, "due_at": -5}) == {"updated": ["e"]}
    assert moved(worst, {**BILL, "time": -20, "due_at": -5, "paid_at": -1}) == {}


def test_a_correction_counts_where_it_is_read():
    first = {**BUY, "time": -100}
    dearer = {**first, "recorded_at": 3, "amount": 7}
    bought = transactions.where(kind="purchase")
    assert moved(total(bought.amount, days="all"), first, dearer) == {"updated": ["e"]}
    assert moved(count(bought, days="all"), first, dearer) == {}


def test_what_a_correction_takes_away_went():
    first = {**BUY, "time": -100}
    large = transactions.where(amount=(None, 5))
    assert moved(count(large, days="all"), first, {**first, "recorded_at": 3, "amount": 7}) == {"went": ["e"]}


def test_another_category_is_read_where_categories_are_counted():
    first = {**BUY, "time": -100, "category": "food"}
    second = {**first, "recorded_at": 3, "category": "home"}
    assert moved(distinct(transactions.category, days="all"), first, second) == {"updated": ["e"]}
    assert moved(distinct(transactions.category, days="all"), first, {**second, "category": None}) == {"went": ["e"]}
    assert moved(distinct(transactions.channel, days="all"), first, second) == {}


def test_one_may_both_age_and_be_updated():
    group = flatten([count(transactions, days=30), total(transactions.amount, days=90)])
    first = {**BUY, "time": -10}
    assert moved(group, first, {**first, "recorded_at": 3, "amount": 7}) == {"aged": ["e"], "updated": ["e"]}


def test_on_the_windows_edge_it_has_not_aged():
    group = flatten([count(transactions.where(amount=(None, 5)), days=60), count(transactions, days="all")])
    first = {**BUY, "time": -30}
    assert moved(group, first, {**first, "recorded_at": 3, "amount": 7}) == {"updated": ["e"]}


def test_a_trip_taken_between_is_known_to_be():
    trip = {**TRIP, "time": -20, "departs_at": 5}
    assert moved(count(trips.where(status="completed"), days="all"), trip) == {"came": ["e"]}
    assert moved(count(trips, days="all"), trip) == {}


def test_a_streak_that_is_broken_later_reads_otherwise():
    on_time = streak(~obligations.where(late=True), of=obligations, days="all")
    rows = [{**BILL, "event_id": f"e{i}", "time": -50 + i, "due_at": due} for i, due in enumerate((-1, 5, 40))]
    assert moved([on_time], *[{**row, "paid_at": -2} for row in rows[:1]], *rows[1:]) == {"updated": ["e1"]}


def test_a_function_reads_all_columns():
    @feature(obligations, days=365)
    def any_of_it(obligations):
        return obligations.amount_due.sum()

    paid, not_paid = ({**BILL, "event_id": name, "time": -20, "due_at": 50, **at}
                      for name, at in (("paid", {"paid_at": 2}), ("not", {})))  # fmt: skip
    assert moved(any_of_it, paid, not_paid) == {"updated": ["paid"]}


def test_a_function_reads_a_status_once_it_is_known():
    @feature(trips, days=365)
    def known_statuses(trips):
        return (trips.status >= 0).sum()

    assert moved(known_statuses, {**TRIP, "time": -20, "departs_at": 5}) == {"updated": ["e"]}
    assert moved(known_statuses, {**TRIP, "time": -20, "departs_at": -5}) == {}


def test_days_since_an_event_change_without_one():
    assert moved([recency(transactions, name="r")], {**BUY, "time": -10}) == {}


def test_only_what_moved_in_a_changed_feature_is_named_and_judged_by_all():
    group = flatten(count(transactions, days=(30, 90), name="n"))
    rows = [{**BUY, "event_id": f"e{days}", "time": -days} for days in (70, 10)]
    assert moved(group, *rows) == {"went": ["e70"], "aged": ["e10"]}
    assert moved(group, *rows, changed=group[:1]) == {"aged": ["e10"]}
    assert moved(group, *rows, changed=group[1:]) == {"went": ["e70"]}


def test_oldest_first_and_by_the_platforms_names():
    rows = [{**BUY, "event_id": name, "time": days, "platform": platform}
            for name, days, platform in (("b", 2, "q"), ("a", 4, "p"), ("b", 1, "p"))]  # fmt: skip
    assert moved(COUNTS, *rows) == {"came": ["b", "b", "a"]}


def test_no_event_at_all():
    plan = make_plan(flatten([*CATALOGUE]))
    readings = [readings_at(plan, Events(trips=as_table("trips", [])), at) for at in (BEFORE, AFTER)]
    assert moves_of(plan.features, plan.features, *readings, AFTER) == NO_MOVES == Moves((), (), (), ())


@feature(transactions.where(status=("completed", "failed")), days=90)
def amounts_in_order(transactions):
    found = 0.0
    for place, event in enumerate(transactions):
        found += (place + 1) * event.amount + event.category
    return found


@feature(obligations)
def last_debt(obligations):
    return obligations.amount_unpaid[-1]


FEATURES = flatten([CATALOGUE, EVERY_WORD, amounts_in_order, last_debt])
PLAN = make_plan(FEATURES)
FUNCTIONS_READ = {"transactions": ("amount", "balance", "kind", "category", "channel", "status", "merchant_id", "city"),
                  "obligations": ("amount_due", "kind", "paid", "open", "due", "late", "days_past_due", "amount_paid",
                                  "amount_unpaid")}  # fmt: skip
MEASURES_TIME = ("recency", "tenure", "regularity")


def spans(seed):
    """Each borrower's history and two dates."""
    draw = np.random.default_rng(seed)
    histories, asked = generate(seed)
    for one in asked:
        yield histories[one["borrower_id"]], one["as_of"] - int(draw.integers(5, 120)) * DAY_US, one["as_of"]


def in_events(history):
    return as_events({"b": history}, [])


def by_reading(one, reading):
    """What a plain reading takes from each event for a feature: by number of its formula, place and key."""
    found = {}
    for place, part in enumerate(parts(one.formula)):
        if isinstance(part, ApplicationValue):
            continue
        for event in reading.events(part.selection, part.days):
            read = [event["time"], *(event[name] for name in columns_of(part))]
            if not isinstance(part, Call):
                read += [] if part.part is None else [meets_all(event, part.part.conditions)]
            if isinstance(part, Call) or part.column is None or event[part.column] is not None:
                found[place, part.selection.table, event["platform"], event["event_id"]] = (read, part.days)
    return found


def columns_of(part):
    return FUNCTIONS_READ[part.selection.table] if isinstance(part, Call) else [part.column] if part.column else []


@pytest.mark.parametrize("seed", range(3))
def test_moves_of_each_feature_are_those_between_two_plain_readings(seed):
    seen = dict.fromkeys(Moves._fields, 0)
    for history, earlier, later in spans(seed):
        events = in_events(history)
        readings = [readings_at(PLAN, events, at) for at in (earlier, later)]
        plain = [Reading(history, {"as_of": at}) for at in (earlier, later)]
        for one in FEATURES:
            found = moves_of([one], [one], *readings, later)._asdict()
            expected = expected_moves(*(by_reading(one, reading) for reading in plain), later)
            assert {name: {tuple(record) for record in records} for name, records in found.items()} == expected, one
            seen = {name: seen[name] + len(records) for name, records in found.items()}
    assert all(seen.values())


def expected_moves(was, now, later):
    before, after = ({key[1:] for key in read} for read in (was, now))
    both = before & after
    aged, updated = set(), set()
    for place, *key in {*was, *now}:
        one, other = was.get((place, *key)), now.get((place, *key))
        if one != other and tuple(key) in both:
            left = other is None and one[1] is not None and later - one[0][0] > one[1] * DAY_US
            (aged if left else updated).add(tuple(key))
    return {"came": after - before, "went": before - after, "aged": aged, "updated": updated}


@pytest.mark.parametrize("seed", range(4, 7))
def test_without_the_events_named_a_feature_is_the_same_on_both_dates(seed):
    """Each feature is made for a borrower of its own, of all events but those named, and of one long ago that stays."""
    changed = 0
    for history, earlier, later in spans(seed):
        history = {name: [*rows, long_ago(rows)] for name, rows in history.items() if rows}
        events = in_events({name: history.get(name, []) for name in EVENT_TABLES})
        readings = [readings_at(PLAN, events, at) for at in (earlier, later)]
        steady = [one for one in FEATURES if not words_of(one) & {*MEASURES_TIME}]
        named = [{record for moves in moves_of([one], [one], *readings, later) for record in moves} for one in steady]
        one, other = (made_without(steady, events, named, at) for at in (earlier, later))
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
        whole, whole_later = (compute(make_plan(steady), events, applications(["b"], at))[0] for at in (earlier, later))
        changed += (~np.isclose(whole, whole_later, equal_nan=True)).sum()
    assert changed > 500


def words_of(one):
    return {part.word for part in parts(one.formula) if hasattr(part, "word")}


def long_ago(rows):
    """An event that is read alike on both dates."""
    times = {name: None for name in rows[0] if name == "recorded_at" or name.endswith("_at")}
    due = {name: BEFORE - 8_999 * DAY_US for name in ("due_at", "paid_at") if name in rows[0]}
    return {**rows[0], "event_id": "long ago", "time": BEFORE - 9_000 * DAY_US, **times, **due}


def applications(borrowers, at):
    return as_table("applications", [{"application_id": b, "borrower_id": b, "as_of": at} for b in borrowers])


def made_without(features, events, named, at):
    """The features, each of the events but those named for it."""
    tables = {}
    for name in EVENT_TABLES:
        if (table := events.table(name)) is None:
            continue
        keys = list(zip(table["platform"].to_pylist(), table["event_id"].to_pylist(), strict=True))
        kept = [(i, row) for i, out in enumerate(named) for row, key in enumerate(keys) if (name, *key) not in out]
        rows = table.take(pa.array([row for _, row in kept], pa.int64()))
        tables[name] = rows.set_column(0, "borrower_id", pa.array([f"f{i}" for i, _ in kept], pa.string()))
    many = applications([f"f{i}" for i in range(len(features))], at)
    return np.diag(compute(make_plan(features), Events(**tables), many)).copy()


def test_counts_change_by_what_came_less_what_went():
    (one,) = count(transactions, days=90)
    checked = 0
    for history, earlier, later in [span for seed in range(8, 16) for span in spans(seed)]:
        plan, events = make_plan([one]), in_events(history)
        moves = moves_of([one], [one], *(readings_at(plan, events, at) for at in (earlier, later)), later)
        before, after = (compute(plan, events, applications(["b"], at))[0, 0] for at in (earlier, later))
        if not math.isnan(before):
            assert after - before == len(moves.came) - len(moves.went)
            checked += 1
    assert checked > 10


def test_the_order_of_rows_moves_nothing():
    history, earlier, later = next(spans(3))
    backwards = {name: rows[::-1] for name, rows in history.items()}
    found = []
    for rows in (history, backwards):
        readings = [readings_at(PLAN, in_events(rows), at) for at in (earlier, later)]
        found.append(moves_of(FEATURES, FEATURES, *readings, later))
    assert found[0] == found[1]
