"""Functions of one's own: what they see, when they are missing, and how their mistakes are told."""

import numpy as np
import pytest

from creditscore.errors import FeatureError
from creditscore.features import DAY, count, feature, obligations, transactions, trips
from creditscore.features.build import compute
from creditscore.features.custom import _compiled, digest_of, record_type
from creditscore.features.plan import make_plan
from tests.features.histories import NOW, as_events, generate
from tests.features.oracle import DAY_US, as_seen, current

COST = 2


@feature(trips, days=365, reason="T03", needs=2)
def longest_pause_days(trips):
    return np.diff(trips.time).max() / DAY


@feature(trips, needs=0)
def statuses_unknown(trips):
    return (trips.status == -1).sum() + len(trips) / 1_000


@feature(obligations, days=365)
def overdue(obligations):
    return obligations.days_past_due.max() * 1e6 + obligations.amount_unpaid.sum()


@feature(transactions.where(status=("completed", "failed")), days=90, needs=0)
def categories_in_order(transactions):
    found = 0.0
    for place, event in enumerate(transactions):
        found += (place + 1) * event.category + 0.001 * event.hour
    return found


@feature(trips)
def beyond_the_last(trips):
    return trips.time[len(trips)]


@feature(trips)
def gives_up(trips):
    if len(trips) < 100:
        raise ValueError("no such journey")
    return 0.0


@feature(trips)
def of_no_field(trips):
    return trips.borrower.sum()


@feature(trips)
def of_a_text(trips):
    return f"{trips.time}"


def values(features, histories, applications):
    events = as_events(histories, applications)
    return compute(make_plan(features), events, events.applications, threads=1)[:, 0]


def seen(table, histories, application, days=None):
    """The events that count, oldest first, ties by event id, as plain dicts."""
    as_of = application["as_of"]
    events = [as_seen(table, one, as_of) for one in current(histories[application["borrower_id"]][table], as_of)]
    inside = [one for one in events if days is None or as_of - one["time"] <= days * DAY_US]
    return sorted(inside, key=lambda one: (one["time"], one["event_id"]))


def check(one, expected, seeds=range(8)):
    for seed in seeds:
        histories, applications = generate(seed)
        found = values(one, histories, applications)
        wanted = [_unless_empty(one, expected, histories, application) for application in applications]
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def _unless_empty(one, expected, histories, application):
    """Without any event in its table a feature is missing, whatever it needs."""
    table = one[0].formula.selection.table
    return expected(histories, application) if seen(table, histories, application) else np.nan


def test_the_longest_pause_is_numpys_and_missing_below_two_trips():
    def by_hand(histories, application):
        times = [one["time"] for one in seen("trips", histories, application, days=365)]
        return np.diff(times).max() / DAY_US if len(times) >= 2 else np.nan

    check(longest_pause_days, by_hand)


def test_a_status_not_yet_known_is_missing_in_the_record():
    def by_hand(histories, application):
        events = seen("trips", histories, application)
        return sum(one["status"] is None for one in events) + len(events) / 1_000

    check(statuses_unknown, by_hand)


def test_states_are_those_of_the_instant_of_decision():
    def by_hand(histories, application):
        events = seen("obligations", histories, application, days=365)
        worst = max((one["days_past_due"] for one in events), default=np.nan)
        return worst * 1e6 + sum(one["amount_unpaid"] for one in events) / 100

    check(overdue, by_hand)


def test_categories_are_numbered_by_first_appearance_among_the_picked_events():
    def by_hand(histories, application):
        numbers, found = {None: -1}, 0.0
        picked = [one for one in seen("transactions", histories, application, days=90)
                  if one["status"] in ("completed", "failed")]  # fmt: skip
        for place, one in enumerate(picked, start=1):
            code = numbers.setdefault(one["category"], len(numbers) - 1)
            found += place * code + 0.001 * one["hour"]
        return found

    check(categories_in_order, by_hand)


def one_trip():
    trip = {"event_id": "t", "time": NOW - DAY_US, "platform": "a", "mode": "rail", "utc_offset_minutes": 0}
    application = {"application_id": "1", "borrower_id": "b0", "as_of": NOW}
    return {"b0": {"transactions": [], "trips": [trip], "obligations": []}}, [application]


@pytest.mark.parametrize(
    ("one", "fault"),
    [
        (gives_up, "'gives_up' failed: ValueError: no such journey"),
        (beyond_the_last, "'beyond_the_last' failed: IndexError"),
        (of_no_field, "'of_no_field' cannot be compiled: .*borrower"),
        (of_a_text, "'of_a_text' cannot be compiled"),
    ],
    ids=lambda part: part[0].name if isinstance(part, tuple) else "",
)
def test_what_fails_is_told_with_the_functions_name(one, fault):
    with pytest.raises(FeatureError, match=fault):
        values(one, *one_trip())


def test_a_function_of_a_notebook_builds():
    namespace = {"__name__": "__main__"}
    exec("def mine(trips):\n    return float(len(trips))", namespace)
    assert values(feature(trips, days=30)(namespace["mine"]), *one_trip()).tolist() == [1.0]


def test_a_function_is_compiled_once_for_all_builds():
    (one,) = statuses_unknown
    values(statuses_unknown, *one_trip())
    held = _compiled(one.formula.run)
    values(statuses_unknown, *one_trip())
    assert _compiled(one.formula.run) is held
    assert len(held.signatures) == 1


def test_a_function_stands_in_a_plan_beside_words():
    features = [count(trips, days=30), statuses_unknown]
    events = as_events(*one_trip())
    assert compute(make_plan(features), events, events.applications).tolist() == [[1.0, 1.001]]


def test_functions_of_one_source_with_different_surroundings_are_different_features():
    def make(k):
        def f(trips):
            return k + len(trips)

        return feature(trips, name=f"f{k}")(f)

    one, two = make(1), make(2)
    assert one[0].formula != two[0].formula
    assert make(1)[0].formula == one[0].formula


def test_the_digest_follows_the_source_and_the_plain_values_around_it(monkeypatch):
    def costly(trips):
        return len(trips) * COST

    def costly_by(trips, k=1):
        return len(trips) * k

    before, default = digest_of(costly), digest_of(costly_by)
    assert digest_of(costly) == before != default
    monkeypatch.setitem(globals(), "COST", 3)
    assert digest_of(costly) != before
    costly_by.__defaults__ = (2,)
    assert digest_of(costly_by) != default


def test_a_record_has_a_field_for_each_readable_column_but_the_platform():
    assert record_type("trips").names == (
        "time", "amount", "distance_km", "nights", "lead_days", "mode", "scope", "status", "origin",
        "destination", "hour", "weekday", "day",
    )  # fmt: skip
    assert record_type("trips")["time"] == record_type("trips")["mode"] == np.int64
    assert record_type("transactions")["amount"] == np.float64


def test_a_function_that_asks_for_the_platform_is_refused():
    @feature(trips)
    def suppliers(trips):
        return len(np.unique(trips.platform))

    events = as_events(*generate(3, borrowers=2))
    with pytest.raises(FeatureError, match=r"'.*suppliers' cannot be compiled: 'platform' is no input; count it"):
        compute(make_plan(suppliers), events, events.applications)


def test_a_borrower_alone_gives_what_the_table_gives():
    histories, asked = generate(3, borrowers=6)
    without = {
        who: {**history, "trips": []} if i % 2 else history for i, (who, history) in enumerate(histories.items())
    }
    plan = make_plan([statuses_unknown, count(trips, days="all", name="trips")])
    events = as_events(without, asked)
    rows = events.applications
    many = compute(plan, events, rows)
    assert np.isnan(many[:, 0]).any()
    np.testing.assert_array_equal(np.isnan(many[:, 0]), np.isnan(many[:, 1]))
    for i, who in enumerate(rows["borrower_id"].to_pylist()):
        alone = compute(plan, events.of(who), rows.slice(i, 1))
        assert alone.tobytes() == many[i : i + 1].tobytes()
