"""A slow, plain-Python reading of what feature definitions mean: an independent oracle for the kernel."""

import math
import operator
import statistics
from collections import Counter
from fractions import Fraction
from itertools import pairwise

from creditscore.features.columns import READABLE
from creditscore.features.conditions import AllOf, AnyOf, Not, OneOf
from creditscore.features.formula import Aggregate, ApplicationValue, Difference, Quotient

DAY_US = 86_400_000_000
SCALES = {"amount": 100, "balance": 100, "amount_due": 100, "amount_paid": 100, "distance_km": 1000}


def feature_value(feature, history, application):
    """The feature's value; `history` maps a table's name to a list of dicts (times in microseconds, amounts in cents),
    `application` has as_of in microseconds."""
    return formula_value(feature.formula, Reading(history, application))


def feature_values(features, history, application):
    """The features' values, from one reading of the history."""
    reading = Reading(history, application)
    return [formula_value(feature.formula, reading) for feature in features]


class Reading:
    """What an application may see of a history: each table's events oldest first, those of a selection picked once."""

    def __init__(self, history, application):
        self.application, self.as_of = application, application["as_of"]
        self.known = {table: self._seen(table, events) for table, events in history.items()}
        self.picked, self.values = {}, {}

    def _seen(self, table, events):
        seen = [as_seen(table, event, self.as_of) for event in current(events, self.as_of)]
        return sorted(seen, key=lambda event: (event["time"], event["event_id"]))

    def events(self, selection, days):
        if selection not in self.picked:
            known = self.known[selection.table]
            self.picked[selection] = [event for event in known if meets_all(event, selection.conditions)]
        picked = self.picked[selection]
        return [event for event in picked if days is None or self.as_of - event["time"] <= days * DAY_US]


def formula_value(formula, reading):
    if isinstance(formula, Quotient):
        top, bottom = formula_value(formula.numerator, reading), formula_value(formula.denominator, reading)
        return math.nan if math.isnan(top) or math.isnan(bottom) or bottom == 0 else top / bottom
    if isinstance(formula, Difference):
        return formula_value(formula.minuend, reading) - formula_value(formula.subtrahend, reading)
    if isinstance(formula, ApplicationValue):
        value = reading.application.get(formula.column)
        return math.nan if value is None else float(value)
    if formula not in reading.values:
        reading.values[formula] = aggregate_value(formula, reading)
    return reading.values[formula]


def aggregate_value(formula: Aggregate, reading):
    if not reading.known.get(formula.selection.table):
        return math.nan
    return word_value(formula, reading.events(formula.selection, formula.days), reading.as_of)


def current(events, as_of):
    """Of each event the version last recorded before as_of, where it happened before as_of."""
    latest = {}
    for event in events:
        recorded = event["time"] if event.get("recorded_at") is None else event["recorded_at"]
        if recorded >= as_of:
            continue
        key = (event["platform"], event["event_id"])
        if key not in latest or recorded > latest[key][0]:
            latest[key] = (recorded, event)
    return [event for _, event in latest.values() if event["time"] < as_of]


def as_seen(table, event, as_of):
    """The event with what was known of it at as_of, and the columns derived from it."""
    seen = dict(event)
    local = event["time"] + event["utc_offset_minutes"] * 60_000_000
    seen["hour"] = local % DAY_US // 3_600_000_000
    seen["weekday"] = (local // DAY_US + 3) % 7
    seen["day"] = local // DAY_US
    recorded = event["time"] if event.get("recorded_at") is None else event["recorded_at"]
    if table == "transactions" and (event["status_at"] if event["status_at"] is not None else recorded) >= as_of:
        seen["status"] = None
    if table == "trips":
        since = event["status_at"] if event["status_at"] is not None else event["departs_at"]
        if since is None or since >= as_of:
            seen["status"] = None
        lead = None if event["departs_at"] is None else Fraction(event["departs_at"] - event["time"], DAY_US)
        seen["lead_days"] = lead
    if table == "obligations":
        seen |= payment(event, as_of)
    return seen


def payment(event, as_of):
    paid = event["paid_at"] is not None and event["paid_at"] < as_of
    ended = event["ended_at"] is not None and event["ended_at"] < as_of
    until = event["paid_at"] if paid else event["ended_at"] if ended else as_of
    days = max(0, math.floor(Fraction(until - event["due_at"], DAY_US)))
    given = event["amount_due"] if event["amount_paid"] is None else event["amount_paid"]
    given = given if paid else 0
    return {
        "paid": int(paid),
        "open": int(not paid and not ended),
        "due": int(event["due_at"] < as_of),
        "days_past_due": days,
        "late": int(days > 0),
        "amount_paid": given,
        "amount_unpaid": max(0, event["amount_due"] - given),
    }


def in_units(event, column):
    value = event[column]
    scale = SCALES.get(column, 100 if column == "amount_unpaid" else 1)
    return None if value is None else Fraction(value) / scale


def meets_all(event, conditions):
    return all(meets(event, condition) for condition in conditions)


def meets(event, condition):
    if isinstance(condition, AllOf):
        return meets_all(event, condition.conditions)
    if isinstance(condition, AnyOf):
        return any(meets(event, part) for part in condition.conditions)
    if isinstance(condition, Not):
        return not meets(event, condition.condition)
    if isinstance(condition, OneOf):
        return event[condition.column] in condition.values
    value = in_units(event, condition.column)
    if value is None:
        return False
    low, high = end(condition.low, -math.inf), end(condition.high, math.inf)
    if condition.column in ("hour", "weekday") and low > high:
        return value >= low or value < high
    return low <= value < high


def end(given, open_end):
    """The end of a range as it was written, in decimals."""
    return open_end if given is None else Fraction(str(given))


def word_value(formula, events, as_of):
    ages = [Fraction(as_of - event["time"], DAY_US) for event in events]
    if formula.word == "count":
        return float(len(events))
    if formula.word == "recency":
        return float(min(ages)) if ages else math.nan
    if formula.word == "tenure":
        return float(max(ages)) if ages else math.nan
    if formula.word in OF_GAPS:
        return OF_GAPS[formula.word]([later - sooner for later, sooner in pairwise(ages)])
    if formula.word in ("streak", "longest_streak"):
        hits = [meets_all(event, formula.part.conditions) for event in events]
        return streaks(hits)[formula.word] if hits else math.nan
    if formula.word == "regularity":
        return regularity(ages, formula.days, formula.parameter)
    if formula.column is not None and READABLE[formula.selection.table][formula.column].kind == "code":
        return of_category(
            formula.word, Counter(one[formula.column] for one in events if one[formula.column] is not None)
        )
    known = [(-age, value) for age, event in zip(ages, events, strict=True)
             if (value := in_units(event, formula.column)) is not None]  # fmt: skip
    return of_number(formula, [value for _, value in known], [time for time, _ in known])


def of_number(formula, values, times):
    if formula.word == "total":
        return float(sum(values))
    if not values:
        return math.nan
    if formula.word == "spread":
        return math.sqrt(statistics.variance(values)) if len(values) > 1 else math.nan
    if formula.word == "radius":
        return math.sqrt(statistics.mean(value**2 for value in values))
    if formula.word == "quantile":
        return quantile(values, Fraction(formula.parameter))
    if formula.word == "trend":
        return slope(times, values) if len(set(times)) > 1 else math.nan
    plain = {"mean": statistics.mean, "smallest": min, "largest": max, "first": lambda x: x[0], "last": lambda x: x[-1]}
    return float(plain[formula.word](values))


def slope(times, values):
    t, x = statistics.mean(times), statistics.mean(values)
    off = [time - t for time in times]
    return float(sum(a * (b - x) for a, b in zip(off, values, strict=True)) / sum(a * a for a in off))


def quantile(values, share):
    if share == Fraction(1, 2):
        return float(statistics.median(values))
    values = [*sorted(values), max(values)]
    whole, part = divmod((len(values) - 2) * share, 1)
    return float(values[whole] * (1 - part) + values[whole + 1] * part)


def of_category(word, counts):
    total = counts.total()
    if word == "distinct":
        return float(len(counts))
    if not total:
        return math.nan
    shares = [Fraction(count, total) for count in counts.values()]
    if word == "entropy":
        return -math.fsum(share * math.log(share) for share in shares)
    return float(max(shares) if word == "top_share" else sum(share**2 for share in shares))


def burstiness(gaps):
    if len(gaps) < 2 or not any(gaps):
        return math.nan
    s, m = math.sqrt(statistics.variance(gaps)), float(statistics.mean(gaps))
    return (s - m) / (s + m)


OF_GAPS = {
    "mean_gap": lambda gaps: float(statistics.mean(gaps)) if gaps else math.nan,
    "gap_spread": lambda gaps: math.sqrt(statistics.variance(gaps)) if len(gaps) > 1 else math.nan,
    "longest_gap": lambda gaps: float(max(gaps)) if gaps else math.nan,
    "burstiness": burstiness,
}


def streaks(hits):
    """As a text of y and n: the last stretch of y, and the longest."""
    stretches = "".join("y" if hit else "n" for hit in hits).split("n")
    return {"streak": float(len(stretches[-1])), "longest_streak": float(max(map(len, stretches)))}


def regularity(ages, days, lag):
    """Autocorrelation of the daily counts; an age of exactly 24 hours is still the first day's."""
    places = [math.ceil(age) - 1 for age in ages]
    days = days if days is not None else max(places, default=-1) + 1
    if days < 2 * lag:
        return math.nan
    counts = Counter(places)
    off = [days * counts[day] - len(ages) for day in range(days)]  # `days` times as far from the mean as it is
    variation = sum(one**2 for one in off)
    return float(Fraction(sum(map(operator.mul, off, off[lag:])), variation)) if variation else math.nan
