"""Outcomes against a plain reading of the definition, instant by instant, and at its edges to the microsecond."""

import calendar
import datetime as dt
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.errors import InputError
from creditscore.events.load import load_events
from creditscore.events.schema import CONTRACT
from creditscore.model.outcome import (
    BAD,
    GOOD,
    IN_BETWEEN,
    INDETERMINATE,
    NO_OBLIGATIONS,
    NOT_OVER,
    OutcomeDefinition,
    Outcomes,
    add_months,
    counts,
    joined,
    outcomes_in,
    outcomes_of,
    vintages,
)

DAY, TICK = dt.timedelta(days=1), dt.timedelta(microseconds=1)
START = dt.datetime(2023, 3, 31, 9, 30, tzinfo=dt.UTC)
END = dt.datetime(2023, 9, 30, 9, 30, tzinfo=dt.UTC)  # six months on, in a month without a 31st
UNTIL = dt.date(2024, 1, 1)
PLAIN = OutcomeDefinition(days_past_due=90, months=6, observed_until=UNTIL, indeterminate_days=30)


def table(name, rows):
    """Rows of dicts as loading gives them; times are datetimes, amounts in cents."""
    columns = {column.name: column.type for column in CONTRACT[name].columns}
    return pa.table({one: pa.array([row.get(one) for row in rows], kind) for one, kind in columns.items()})


def bill(**more):
    """An instalment of application a of 100.00, due 30 days after it, unpaid."""
    own = {"borrower_id": "b", "application_id": "a", "platform": "p", "kind": "loan", "amount_due": 10_000}
    return {**own, "event_id": "1", "time": START, "due_at": START + 30 * DAY, **more}


APPLICATION = {"application_id": "a", "borrower_id": "b", "as_of": START}


def kind_of(*bills, definition=PLAIN, application=APPLICATION):
    found = outcomes_of(definition, table("obligations", bills), table("applications", [application]))
    return found.kind.item()


def paid_after(days, **more):
    return bill(paid_at=START + 30 * DAY + days * DAY, **more)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-3, GOOD), (0, GOOD), (29, GOOD), (30, IN_BETWEEN), (89, IN_BETWEEN), (90, BAD), (91, BAD), (400, BAD)],
)
def test_the_days_past_due_decide(days, expected):
    assert kind_of(paid_after(days)) == expected


def test_days_are_whole_ones_to_the_microsecond():
    due = START + 30 * DAY
    assert kind_of(bill(paid_at=due + 90 * DAY)) == BAD
    assert kind_of(bill(paid_at=due + 90 * DAY - TICK)) == IN_BETWEEN
    assert kind_of(bill(paid_at=due + 30 * DAY - TICK)) == GOOD


def test_the_window_ends_after_calendar_months_and_holds_its_end():
    assert kind_of(bill(due_at=END - 90 * DAY)) == BAD
    assert kind_of(bill(due_at=END - 90 * DAY + TICK)) == IN_BETWEEN
    assert kind_of(bill(due_at=END - 30 * DAY + TICK)) == GOOD
    assert kind_of(bill(due_at=END + DAY)) == GOOD


def test_the_window_begins_after_as_of():
    long_ago = START - 200 * DAY
    assert kind_of(bill(due_at=long_ago, paid_at=START)) == GOOD
    assert kind_of(bill(due_at=long_ago, paid_at=START + TICK)) == BAD
    assert kind_of(bill(due_at=long_ago, ended_at=START)) == GOOD
    assert kind_of(bill(ended_at=START + TICK)) == BAD


def test_the_worst_instalment_decides():
    assert kind_of(paid_after(0), paid_after(95, event_id="2"), paid_after(40, event_id="3")) == BAD
    assert kind_of(paid_after(0), paid_after(29, event_id="2"), paid_after(40, event_id="3")) == IN_BETWEEN


def test_without_a_grey_zone_what_is_not_bad_is_good():
    plain = OutcomeDefinition(days_past_due=90, months=6, observed_until=UNTIL)
    assert [kind_of(paid_after(days), definition=plain) for days in (89, 90)] == [GOOD, BAD]


def test_paid_in_part_is_unpaid_up_to_the_tolerance():
    part = paid_after(0, amount_paid=9_900)
    assert kind_of(part) == BAD
    assert kind_of(paid_after(0, amount_paid=10_000)) == GOOD
    assert kind_of(paid_after(0, amount_paid=12_000)) == GOOD
    assert kind_of(part, definition=with_(tolerance=0.99)) == BAD
    assert kind_of(part, definition=with_(tolerance=1.0)) == GOOD
    assert kind_of(bill(amount_due=100), definition=with_(tolerance=1.0)) == GOOD
    assert kind_of(bill(amount_due=0)) == GOOD
    # an amount without a time is not paid, as in features
    assert kind_of(bill(amount_paid=10_000)) == BAD


def with_(**more):
    return OutcomeDefinition(**{**vars(PLAIN), **more})


def test_what_ends_unpaid_is_bad_unless_days_alone_decide():
    early = bill(ended_at=START + 20 * DAY)
    assert kind_of(early) == BAD
    assert kind_of(early, definition=with_(ended_unpaid="by_days")) == GOOD
    assert kind_of(bill(ended_at=START + 70 * DAY), definition=with_(ended_unpaid="by_days")) == IN_BETWEEN
    assert kind_of(bill(ended_at=START + 120 * DAY), definition=with_(ended_unpaid="by_days")) == BAD
    assert kind_of(paid_after(0, ended_at=START + 40 * DAY)) == GOOD
    assert kind_of(paid_after(0, ended_at=START + 30 * DAY)) == GOOD
    assert kind_of(paid_after(0, ended_at=START + 30 * DAY - TICK)) == BAD
    assert kind_of(paid_after(0, ended_at=START + 40 * DAY, amount_paid=5_000)) == BAD
    assert kind_of(bill(due_at=END, ended_at=END)) == BAD
    assert kind_of(bill(due_at=END, ended_at=END + TICK)) == GOOD


def test_obligations_of_other_applications_and_borrowers_never_count():
    own = paid_after(0)
    for other in ({"application_id": "x"}, {"application_id": None}, {"borrower_id": "c"}):
        assert kind_of(own, bill(event_id="2", **other)) == GOOD
        assert kind_of(bill(**other)) == NO_OBLIGATIONS


def test_without_obligations_is_indeterminate_unless_said_otherwise():
    assert kind_of() == NO_OBLIGATIONS
    assert kind_of(definition=with_(without_obligations="good")) == GOOD
    none = outcomes_of(PLAIN, None, table("applications", [APPLICATION]))
    assert (none.kind.tolist(), none.with_obligations) == ([NO_OBLIGATIONS], 0)
    assert np.isnat(none.last_known)


def test_a_window_that_is_not_over_has_no_outcome_not_even_a_bad_one():
    for day, expected in ((END.date(), NOT_OVER), (END.date() + DAY, BAD)):
        assert kind_of(bill(), definition=with_(observed_until=day)) == expected
    midnight = {**APPLICATION, "as_of": dt.datetime(2023, 3, 1, tzinfo=dt.UTC)}
    for day, expected in ((dt.date(2023, 9, 1), BAD), (dt.date(2023, 8, 31), NOT_OVER)):
        assert kind_of(bill(), definition=with_(observed_until=day), application=midnight) == expected
    assert kind_of(definition=with_(observed_until=END.date(), without_obligations="good")) == NOT_OVER


def test_of_versions_the_one_recorded_last_by_then_counts():
    limit = dt.datetime.combine(UNTIL, dt.time(), dt.UTC)
    first, paid = bill(recorded_at=START), paid_after(0, recorded_at=limit)
    assert kind_of(first, paid) == kind_of(paid, first) == GOOD
    assert kind_of(first, {**paid, "recorded_at": limit + TICK}) == BAD
    assert kind_of(bill(), {**paid, "recorded_at": START + TICK}) == GOOD
    moved = {**first, "recorded_at": limit, "application_id": "other"}
    assert kind_of(first, moved) == NO_OBLIGATIONS
    assert kind_of(bill(recorded_at=limit + TICK)) == NO_OBLIGATIONS
    assert kind_of(bill(time=limit + TICK, recorded_at=START)) == NO_OBLIGATIONS
    assert kind_of(bill(time=limit, recorded_at=limit)) == BAD


def test_equal_ids_at_another_platform_or_borrower_are_other_events():
    assert kind_of(bill(), paid_after(0, platform="q", recorded_at=END)) == BAD
    assert kind_of(bill(), paid_after(0, borrower_id="c", recorded_at=END)) == BAD


def test_ids_made_in_loading_have_no_versions_and_types_may_differ():
    bills = [{"borrower_id": 7, "platform": "p", "kind": "loan", "amount_due": 5, "application_id": 70, "time": START,
              "due_at": START + DAY, "paid_at": paid} for paid in (START + DAY, None)]  # fmt: skip
    obligations = load_events(obligations=bills).obligations
    asked = load_events(applications=[{"application_id": "70", "borrower_id": "7", "as_of": START}]).applications
    assert outcomes_of(PLAIN, obligations, asked).kind.tolist() == [BAD]


def test_an_application_id_given_twice_is_refused():
    twice = table("applications", [APPLICATION, {**APPLICATION, "borrower_id": "c"}])
    with pytest.raises(InputError, match="an application_id is given twice"):
        outcomes_of(PLAIN, None, twice)


def test_no_applications_have_no_outcomes():
    assert outcomes_of(PLAIN, table("obligations", [bill()]), table("applications", [])).kind.tolist() == []


def test_when_an_outcome_is_known_and_what_was_known_last():
    paid = paid_after(0, recorded_at=START + 50 * DAY)
    later = bill(event_id="2", application_id="x", ended_at=END, paid_at=dt.datetime(2031, 1, 1, tzinfo=dt.UTC))
    found = outcomes_of(PLAIN, table("obligations", [paid, later]), table("applications", [APPLICATION]))
    assert found.known_at.tolist() == [END.replace(tzinfo=None)]
    assert found.last_known == np.datetime64(END.replace(tzinfo=None))
    assert found.with_obligations == 1


def test_obligations_that_features_would_see_are_counted():
    seen = [bill(event_id=str(i), time=START - TICK, recorded_at=at) for i, at in enumerate([None, START - DAY, START])]
    rows = [
        *seen,
        bill(event_id="3", recorded_at=START - DAY),
        bill(event_id="4", application_id="x", time=START - DAY),
    ]
    found = outcomes_of(PLAIN, table("obligations", rows), table("applications", [APPLICATION]))
    assert found.known_before == 2


def test_a_columns_outcomes_say_neither_why_nor_since_when():
    rows = [{**APPLICATION, "outcome": outcome} for outcome in (0, 1, None)]
    found = outcomes_in(table("applications", rows))
    assert found.kind.tolist() == [GOOD, BAD, INDETERMINATE]
    assert found.outcome.tolist()[:2] == [0, 1]
    assert math.isnan(found.outcome[2])
    assert np.isnat(found.known_at).all()


def test_parts_are_joined_in_the_applications_order():
    when = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[us]")
    kinds = np.array([GOOD, BAD, NOT_OVER])
    parts = [
        (np.array(rows), Outcomes(kinds[rows], when[rows], len(rows), 2, when[len(rows)])) for rows in ([2, 0], [1])
    ]
    found = joined([*parts, (np.empty(0, np.int64), Outcomes(kinds[:0], when[:0]))])
    assert found.kind.tolist() == kinds.tolist()
    assert found.known_at.tolist() == when.tolist()
    assert (found.with_obligations, found.known_before, found.last_known) == (3, 4, when[2])


def test_counts_are_of_every_kind_there_is():
    kind = np.array([BAD, IN_BETWEEN, NO_OBLIGATIONS, BAD, INDETERMINATE])
    assert counts(kind) == {GOOD: 0, BAD: 2, IN_BETWEEN: 1, NO_OBLIGATIONS: 1, INDETERMINATE: 1}


def test_vintages_agree_with_pandas():
    draw = np.random.default_rng(5)
    days = np.datetime64("2023-11-20", "us") + draw.integers(0, 90, 300) * np.timedelta64(1, "D")
    kind = draw.choice([GOOD, BAD, NOT_OVER, IN_BETWEEN], 300)
    kind[days < np.datetime64("2023-12-01")] = NOT_OVER
    frame = pd.DataFrame({"vintage": pd.Series(days).dt.strftime("%Y-%m"), "kind": kind})
    found = vintages(days, kind).to_pylist()
    assert [row["vintage"] for row in found] == sorted(set(frame["vintage"]))
    for row in found:
        own = frame.loc[frame["vintage"] == row["vintage"], "kind"]
        good, bad = (own == GOOD).sum(), (own == BAD).sum()
        rate = bad / (good + bad) if good + bad else None
        assert list(row.values())[1:] == [len(own), good, bad, len(own) - good - bad, rate]
    assert found[0]["bad_rate"] is None


@given(
    st.lists(st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2150, 1, 1)), min_size=1, max_size=20),
    st.integers(1, 60),
)
@settings(max_examples=100, deadline=None)
def test_months_are_the_calendars(times, months):
    ticks = np.array(times, "datetime64[us]").astype(np.int64)
    found = add_months(ticks, months).astype("datetime64[us]").tolist()
    assert found == [months_later(time, months) for time in times]
    assert found == [(pd.Timestamp(time) + pd.DateOffset(months=months)).to_pydatetime() for time in times]


# The oracle: plain Python, which looks at the loan at every instant that might matter.


def months_later(time, months):
    years, month = divmod(time.year * 12 + time.month - 1 + months, 12)
    return time.replace(year=years, month=month + 1, day=min(time.day, calendar.monthrange(years, month + 1)[1]))


def plain_kind(definition, rows, application):
    until = dt.datetime.combine(definition.observed_until, dt.time(), dt.UTC)
    end = months_later(application["as_of"], definition.months)
    if end > until:
        return NOT_OVER
    own = [row for row in latest(rows, until) if row["time"] <= until
           and all(row[name] == application[name] for name in ("borrower_id", "application_id"))]  # fmt: skip
    if not own:
        return GOOD if definition.without_obligations == "good" else NO_OBLIGATIONS
    worst = max(days_past_due(definition, row, application["as_of"], end) for row in own)
    lost = any(lost_within(definition, row, application["as_of"], end) for row in own)
    if worst >= definition.days_past_due or (lost and definition.ended_unpaid == "bad"):
        return BAD
    grey = definition.indeterminate_days
    return IN_BETWEEN if grey is not None and worst >= grey else GOOD


def latest(rows, until):
    found = {}
    for row in rows:
        recorded = row["recorded_at"] or row["time"]
        key = (row["borrower_id"], row["platform"], row["event_id"])
        if recorded <= until and (key not in found or recorded > found[key][0]):
            found[key] = (recorded, row)
    return [row for _, row in found.values()]


def unpaid(definition, row, instant):
    """Still owed just before the instant: the tolerance is not owed, and what nobody says was paid in full."""
    given = 0
    if row["paid_at"] is not None and row["paid_at"] < instant:
        given = row["amount_due"] if row["amount_paid"] is None else row["amount_paid"]
    return row["amount_due"] - given > definition.tolerance * 100


def days_past_due(definition, row, start, end):
    """The most days past due at any instant after the start and up to the end."""
    ends = [time for time in (row["paid_at"], row["ended_at"], end, start + TICK) if time is not None]
    instants = [time for time in ends if start < time <= end]
    return max(
        (math.floor((time - row["due_at"]) / DAY) for time in instants
         if unpaid(definition, row, time) and (row["ended_at"] is None or row["ended_at"] >= time)),
        default=0,
    )  # fmt: skip


def lost_within(definition, row, start, end):
    ended = row["ended_at"]
    return ended is not None and start < ended <= end and unpaid(definition, row, ended + TICK)


def times(first, last):
    """Whole days from the loan's start, from the window's end or from 30 or 90 days before it; a tick off at times."""
    anchors = st.sampled_from([START, END, END - 90 * DAY, END - 30 * DAY, dt.datetime(2024, 1, 1, tzinfo=dt.UTC)])
    days = st.one_of(st.sampled_from([0, 30, 90]), st.integers(first, last))
    return st.builds(lambda anchor, day, tick: anchor + day * DAY + tick * TICK, anchors, days, st.integers(-1, 1))


def owed(due):
    """One version of an instalment, paid exactly when 30 or 90 days past due more often than chance would have it."""
    late = st.builds(lambda day, tick: due + day * DAY + tick * TICK, st.sampled_from([0, 30, 90]), st.integers(-1, 1))
    return st.fixed_dictionaries({
        "borrower_id": st.sampled_from("bbbbc"), "application_id": st.sampled_from(["a", "a", "a", "z", None]),
        "platform": st.sampled_from("ppq"), "kind": st.just("loan"), "event_id": st.sampled_from(["1", "2", "3"]),
        "time": times(-60, 60), "recorded_at": st.one_of(st.none(), times(-60, 200)), "due_at": st.just(due),
        "paid_at": st.one_of(st.none(), late, late, times(-100, 200)),
        "ended_at": st.one_of(st.none(), st.none(), late, times(-100, 200)),
        "amount_due": st.sampled_from([0, 100, 101, 5_000]),
        "amount_paid": st.one_of(st.none(), st.sampled_from([0, 1, 100, 4_899, 4_900, 5_000, 6_000])),
    })  # fmt: skip


LOANS = st.lists(times(-150, 150).flatmap(owed), max_size=6)
DEFINITIONS = st.builds(
    OutcomeDefinition,
    days_past_due=st.just(90),
    months=st.just(6),
    observed_until=st.sampled_from([dt.date(2023, 9, 30), dt.date(2023, 10, 1), UNTIL, UNTIL, UNTIL]),
    indeterminate_days=st.sampled_from([None, 30]),
    tolerance=st.sampled_from([0.0, 1.0]),
    ended_unpaid=st.sampled_from(["bad", "by_days"]),
    without_obligations=st.sampled_from(["indeterminate", "good"]),
)
ASKED = [APPLICATION, {"application_id": "z", "borrower_id": "c", "as_of": START + DAY}]


def once(rows):
    """Without rows that loading would set aside as duplicates."""
    keys = [(row["borrower_id"], row["platform"], row["event_id"], row["recorded_at"] or row["time"]) for row in rows]
    return [row for i, row in enumerate(rows) if keys[i] not in keys[:i]]


@given(LOANS, DEFINITIONS)
@settings(max_examples=200, deadline=None)
def test_outcomes_are_those_of_a_plain_reading(rows, definition):
    rows = once(rows)
    found = outcomes_of(definition, table("obligations", rows), table("applications", ASKED))
    assert found.kind.tolist() == [plain_kind(definition, rows, application) for application in ASKED]


@given(LOANS, DEFINITIONS, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_neither_the_order_of_rows_nor_chunks_matter(rows, definition, random):
    rows, asked = once(rows), table("applications", ASKED)
    expected = outcomes_of(definition, table("obligations", rows), asked)
    random.shuffle(rows)
    cut = random.randint(0, len(rows))
    both = pa.concat_tables([table("obligations", rows[:cut]), table("obligations", rows[cut:])])
    found = outcomes_of(definition, both, pa.concat_tables([asked.slice(1), asked.slice(0, 1)]))
    assert found.kind[::-1].tolist() == expected.kind.tolist()
    assert found.last_known == expected.last_known or np.isnat(expected.last_known)


def test_many_loans_at_once_are_as_one_by_one():
    draw = np.random.default_rng(3)
    asked = [{"application_id": f"a{i}", "borrower_id": f"b{i % 40}", "as_of": START + int(draw.integers(0, 120)) * DAY}
             for i in range(60)]  # fmt: skip
    rows = [made(draw, asked[int(draw.integers(60))], i) for i in range(600)]
    rows += [{**row, "recorded_at": row["time"] + 50 * DAY, "paid_at": None} for row in rows[:100]]
    found = outcomes_of(PLAIN, table("obligations", rows), table("applications", asked))
    expected = [plain_kind(PLAIN, rows, application) for application in asked]
    assert found.kind.tolist() == expected
    assert set(expected) == {GOOD, BAD, IN_BETWEEN, NOT_OVER, NO_OBLIGATIONS}


def made(draw, application, i):
    """An instalment of one of every second application's, mostly paid; late by a borrower's habit."""
    number = int(application["application_id"][1:])
    due = application["as_of"] + int(draw.integers(20, 150)) * DAY
    late = int(draw.integers(-5, 3 + (number % 5) * 25))
    paid = None if number % 7 == 1 and draw.random() < 0.1 else due + late * DAY
    owner = application if number % 6 else {**application, "application_id": None}
    return {**bill(**{name: owner[name] for name in ("application_id", "borrower_id")}), "event_id": str(i),
            "time": application["as_of"], "recorded_at": None, "due_at": due, "paid_at": paid, "ended_at": None,
            "amount_paid": None}  # fmt: skip
