"""A slow, plain-Python reading of what feature definitions mean: an independent oracle for the kernel."""

import math
import statistics
from fractions import Fraction

from creditscore.features.formula import Aggregate, ApplicationValue, OneOf, Quotient

DAY_US = 86_400_000_000
SCALES = {"amount": 100, "balance": 100, "amount_due": 100, "amount_paid": 100, "distance_km": 1000}


def feature_value(feature, history, application):
    """The feature's value; `history` maps a table's name to a list of dicts (times in microseconds, amounts in cents),
    `application` has as_of in microseconds."""
    return formula_value(feature.formula, history, application)


def formula_value(formula, history, application):
    if isinstance(formula, Quotient):
        top = formula_value(formula.numerator, history, application)
        bottom = formula_value(formula.denominator, history, application)
        return math.nan if math.isnan(top) or math.isnan(bottom) or bottom == 0 else top / bottom
    if isinstance(formula, ApplicationValue):
        value = application.get(formula.column)
        return math.nan if value is None else float(value)
    return aggregate_value(formula, history, application)


def aggregate_value(formula: Aggregate, history, application):
    table, as_of = formula.selection.table, application["as_of"]
    known = [as_seen(table, event, as_of) for event in current(history.get(table, []), as_of)]
    if not known:
        return math.nan
    picked = [
        event
        for event in known
        if (formula.days is None or as_of - event["time"] <= formula.days * DAY_US)
        and all(meets(event, condition) for condition in formula.selection.conditions)
    ]
    return word_value(formula, picked, as_of)


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


def meets(event, condition):
    if isinstance(condition, OneOf):
        return event[condition.column] in condition.values
    value = in_units(event, condition.column)
    if value is None:
        return False
    low = -math.inf if condition.low is None else condition.low
    high = math.inf if condition.high is None else condition.high
    if condition.column in ("hour", "weekday") and low > high:
        return value >= low or value < high
    return low <= value < high


def word_value(formula, events, as_of):
    ages = [Fraction(as_of - event["time"], DAY_US) for event in events]
    if formula.word == "count":
        return float(len(events))
    if formula.word == "recency":
        return float(min(ages)) if ages else math.nan
    if formula.word == "tenure":
        return float(max(ages)) if ages else math.nan
    if formula.word == "distinct":
        return float(len({event[formula.column] for event in events} - {None}))
    values = [value for event in events if (value := in_units(event, formula.column)) is not None]
    if formula.word == "total":
        return float(sum(values))
    if not values:
        return math.nan
    if formula.word == "mean":
        return float(sum(values) / len(values))
    if formula.word == "spread":
        return math.sqrt(statistics.variance(values)) if len(values) > 1 else math.nan
    return float({"smallest": min, "largest": max}[formula.word](values))
