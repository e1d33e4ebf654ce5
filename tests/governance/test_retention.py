"""Five years from the end of the behaviour, to the day, and amnesties at their ends."""

import datetime as dt
import json

import numpy as np
import pytest

from creditscore.governance.retention import CHINA, NEVER, Debts, Retention, Suppression, last_counted

CHINA_TIME = dt.timezone(dt.timedelta(hours=8))
NOTHING = np.empty(0, np.int64)
SMALL = Suppression(
    name="small debts of 2020",
    due_from=dt.date(2020, 1, 1),
    due_until=dt.date(2020, 12, 31),
    largest_amount=10_000,
    repaid_by=dt.date(2021, 3, 31),
    effective_from=dt.date(2021, 6, 1),
    kinds=("instalment", "pay_later"),
)


def ticks(time):
    return round(time.timestamp() * 1e6)


def at(*parts):
    return dt.datetime(*parts, tzinfo=CHINA_TIME)


def last(rule=CHINA, *, due, paid=None, ended=None, owed=100.0, given=None, kind="bill"):
    """The last instant at which an obligation counts, None: it always does."""
    times = [NOTHING if time is None else np.array([ticks(time)]) for time in (due, paid, ended)]
    amounts = [NOTHING if amount is None else np.array([round(100 * amount)]) for amount in (owed, given)]
    (found,) = last_counted(rule, Debts(*times, *amounts, np.array([0]), (kind,))).tolist()
    return None if found == NEVER else found


def counts(as_of, rule=CHINA, **debt):
    until = last(rule, **debt)
    return until is None or ticks(as_of) <= until


DUE, PAID = at(2019, 1, 1), at(2019, 3, 10, 14)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (at(2019, 3, 10, 15), True),
        (at(2024, 3, 8, 14), True),  # four years and 364 days
        (at(2024, 3, 10, 23, 59, 59, 999_999), True),  # the last day is the anniversary
        (at(2024, 3, 11), False),  # five years and a day
        (at(2030, 1, 1), False),
    ],
)
def test_paid_late_counts_for_five_years_to_the_day(as_of, expected):
    assert counts(as_of, due=DUE, paid=PAID) is expected
    assert counts(as_of, due=DUE, ended=PAID) is expected


def test_a_leap_day_ends_on_the_last_of_february_and_another_leap_day_on_its_own():
    assert last(due=DUE, paid=at(2020, 2, 29, 12)) == ticks(at(2025, 3, 1)) - 1
    assert last(due=DUE, paid=at(2019, 2, 28, 12)) == ticks(at(2024, 2, 29)) - 1
    assert last(due=DUE, paid=at(2019, 3, 1, 0)) == ticks(at(2024, 3, 2)) - 1
    four = Retention(jurisdiction="XX", years=4)
    assert last(four, due=DUE, paid=at(2020, 2, 29, 12)) == ticks(at(2024, 3, 1)) - 1
    assert last(Retention("XX", 100), due=at(1999, 1, 1), paid=at(2000, 2, 29)) == ticks(at(2100, 3, 1)) - 1


def test_any_day_ends_where_pythons_calendar_says():
    draw = np.random.default_rng(1)
    for _ in range(2_000):
        paid = at(1971, 1, 1) + dt.timedelta(microseconds=int(draw.integers(0, 4_000_000_000_000_000)))
        years = int(draw.integers(1, 60))
        day = paid.date()
        try:
            same = day.replace(year=day.year + years)
        except ValueError:
            same = dt.date(day.year + years, 2, 28)
        end = dt.datetime.combine(same + dt.timedelta(days=1), dt.time(), CHINA_TIME)
        assert last(Retention("XX", years), due=at(1970, 1, 2), paid=paid) == ticks(end) - 1


def test_days_are_the_jurisdictions_own():
    paid = dt.datetime(2019, 3, 9, 20, tzinfo=dt.UTC)  # the 10th in China
    assert last(due=DUE, paid=paid) == ticks(at(2024, 3, 11)) - 1
    prague = Retention("CZ", 5, utc_offset_minutes=60)
    assert last(prague, due=DUE, paid=paid) == ticks(dt.datetime(2024, 3, 9, 23, tzinfo=dt.UTC)) - 1


@pytest.mark.parametrize(
    "debt",
    [
        {},  # ongoing
        {"paid": DUE},  # on time
        {"paid": DUE - dt.timedelta(days=3)},
        {"paid": DUE + dt.timedelta(hours=23, minutes=59)},  # less than a day late, which features do not tell late
        {"paid": PAID, "given": 99.99},  # in part: still owed
        {"paid": DUE, "ended": PAID},  # paid on time, the account closed afterwards
        {"paid": DUE, "ended": DUE},
    ],
)
def test_what_is_ongoing_or_not_negative_always_counts(debt):
    assert last(due=DUE, **debt) is None


def test_a_day_late_is_late():
    assert last(due=DUE, paid=DUE + dt.timedelta(days=1)) == ticks(at(2024, 1, 3)) - 1


def test_the_behaviour_ends_where_the_first_of_payment_and_end_does():
    late = dt.timedelta(days=400)
    assert last(due=DUE, paid=PAID + late, ended=PAID) == last(due=DUE, ended=PAID)
    assert last(due=DUE, paid=PAID, ended=PAID + late) == last(due=DUE, paid=PAID)
    assert last(due=DUE, paid=PAID, given=50, ended=PAID + late) == last(due=DUE, ended=PAID + late)


def test_no_years_is_no_limit():
    assert last(Retention("XX", None), due=DUE, paid=PAID) is None


FORGIVEN = {"due": at(2020, 6, 1), "paid": at(2021, 1, 5), "owed": 10_000.0, "kind": "instalment"}


@pytest.mark.parametrize(
    ("change", "forgiven"),
    [
        ({}, True),
        ({"due": at(2020, 1, 1)}, True),
        ({"due": at(2020, 1, 1) - dt.timedelta(microseconds=1)}, False),
        ({"due": at(2020, 12, 31, 23, 59)}, True),
        ({"due": at(2021, 1, 1), "paid": at(2021, 3, 1)}, False),
        ({"owed": 10_000.01}, False),
        ({"paid": at(2021, 3, 31, 23, 59)}, True),
        ({"paid": at(2021, 4, 1)}, False),
        ({"given": 9_999.99}, False),  # not in full
        ({"given": 10_000.0}, True),
        ({"kind": "pay_later"}, True),
        ({"kind": "loan"}, False),
        ({"paid": None, "ended": at(2021, 1, 5)}, False),  # not repaid
    ],
)
def test_an_amnesty_at_its_ends(change, forgiven):
    rule = Retention(suppressions=(SMALL,))
    debt = FORGIVEN | change
    before, from_then = at(2021, 6, 1) - dt.timedelta(microseconds=1), at(2021, 6, 1)
    assert counts(before, rule, **debt)
    assert counts(from_then, rule, **debt) is not forgiven


def test_an_amnesty_holds_only_once_the_payment_is_known():
    early = Retention(suppressions=(Suppression(**{**vars(SMALL), "effective_from": dt.date(2020, 1, 1)}),))
    assert counts(FORGIVEN["paid"], early, **FORGIVEN)
    assert not counts(FORGIVEN["paid"] + dt.timedelta(microseconds=1), early, **FORGIVEN)


def test_an_amnesty_of_all_kinds_and_several_amnesties():
    every = Suppression(**{**vars(SMALL), "kinds": (), "effective_from": dt.date(2021, 5, 1)})
    rule = Retention(suppressions=(SMALL, every))
    assert last(rule, **FORGIVEN | {"kind": "loan"}) == ticks(at(2021, 5, 1)) - 1
    assert last(rule, **FORGIVEN) == ticks(at(2021, 5, 1)) - 1


@pytest.mark.parametrize("rule", [CHINA, Retention("XX", None, 60, (SMALL,))])
def test_it_comes_back_equal_from_json(rule):
    assert Retention.from_record(json.loads(json.dumps(rule.to_record()))) == rule


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("years"),
        lambda record: record.update(more=1),
        lambda record: record.update(years=0),
        lambda record: record.update(years=5.0),
        lambda record: record.update(jurisdiction=""),
        lambda record: record.update(utc_offset_minutes=2_000),
        lambda record: record["suppressions"][0].update(kinds=["mortgage"]),
        lambda record: record["suppressions"][0].update(due_from="2022-01-01"),
        lambda record: record["suppressions"][0].update(largest_amount=-1),
        lambda record: record["suppressions"][0].pop("repaid_by"),
    ],
)
def test_a_malformed_record_is_refused(spoil):
    record = json.loads(json.dumps(Retention(suppressions=(SMALL,)).to_record()))
    spoil(record)
    with pytest.raises((ValueError, KeyError, TypeError)):
        Retention.from_record(record)
