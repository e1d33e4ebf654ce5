"""What a borrower's behaviour before an application amounts to: a dozen aggregates, values read as of that instant.

An event counts if it happened and was recorded before as of; an amended amount, a status, a payment counts only
once it is known. NaN where there is nothing to measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.events.simulate.clock import DAY, Floats, is_night
from creditscore.events.simulate.rows import KIND, STATUS, TRIP_STATUS, UNKNOWN, Rows, picked

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Histories:
    """Rows of a block, each table in the order of borrower; `transactions` are all platforms' together."""

    transactions: Rows
    trips: Rows
    obligations: Rows


def aggregates(histories: Histories, applications: Rows) -> Mapping[str, Floats]:
    """One number an application and aggregate, in the order of the applications.

    Those named as tables, `transactions`, `trips` and `obligations`, are how many of its events are known.
    """
    transactions, trips, obligations = (
        _seen(rows, applications) for rows in (histories.transactions, histories.trips, histories.obligations)
    )
    return {
        **_spending(transactions, applications),
        **_obligations(obligations),
        **_trips(trips),
        "transactions": transactions.number,
        "trips": trips.number,
        "obligations": obligations.number,
    }


@dataclass(frozen=True)
class _Seen:
    """Pairs of an application and an event before it: `of` says which of the `size` applications."""

    rows: Rows
    of: npt.NDArray[np.int64]
    as_of: npt.NDArray[np.int64]
    size: int

    @property
    def number(self) -> Floats:
        return np.bincount(self.of, minlength=self.size).astype(float)

    def within(self, days: int) -> Mask:
        return self.rows["time"] >= self.as_of - days * DAY

    def count(self, mask: Mask) -> Floats:
        return np.bincount(self.of[mask], minlength=self.size).astype(float)

    def total(self, value: npt.NDArray[Any], mask: Mask) -> Floats:
        return np.bincount(self.of[mask], weights=value[mask].astype(float), minlength=self.size).astype(float)

    def mean(self, value: npt.NDArray[Any], mask: Mask) -> Floats:
        return _over(self.total(value, mask), self.count(mask))

    def extreme(self, ufunc: np.ufunc, value: npt.NDArray[Any], mask: Mask) -> Floats:
        """The greatest (np.fmax) or least (np.fmin) value."""
        found = np.full(self.size, np.nan)
        ufunc.at(found, self.of[mask], value[mask])
        return found

    def distinct(self, code: npt.NDArray[np.int64], mask: Mask) -> Floats:
        pairs = np.unique(np.stack([self.of[mask], code[mask]]), axis=1)
        return np.bincount(pairs[0], minlength=self.size).astype(float)


def _seen(rows: Rows, applications: Rows) -> _Seen:
    first = np.searchsorted(rows["borrower"], applications["borrower"], "left")
    number = np.searchsorted(rows["borrower"], applications["borrower"], "right") - first
    of = np.repeat(np.arange(len(number)), number)
    index = np.arange(len(of)) + np.repeat(first - np.cumsum(number) + number, number)
    as_of = applications["time"][of]
    known = np.maximum(rows["time"], rows.get("recorded_at", rows["time"]))[index] < as_of
    return _Seen(picked(rows, index[known]), of[known], as_of[known], len(number))


def _spending(seen: _Seen, applications: Rows) -> dict[str, Floats]:
    rows = seen.rows
    amount = np.where(rows["amended_at"] < seen.as_of, rows["amended"], rows["amount"])
    void = (rows["status"] != STATUS["completed"]) & (rows["status_at"] < seen.as_of)
    spent = np.isin(rows["kind"], [KIND["payment"], KIND["purchase"]]) & ~void
    recent, half, year = seen.within(30), seen.within(180), seen.within(365)
    cash, income = rows["kind"] == KIND["withdrawal"], rows["kind"] == KIND["income"]
    outgoing = seen.total(amount, half & (spent | cash))
    quarterly = seen.total(amount, income & seen.within(90))
    age = (seen.as_of - rows["time"]) / DAY
    return {
        "spending_trend": _over(seen.total(amount, spent & recent), seen.total(amount, spent & half)),
        "income_variability": _variability(seen, amount, income & year),
        "cash_share": _over(seen.total(amount, half & cash), outgoing),
        "night_share": _over(seen.count(spent & year & is_night(rows["time"])), seen.count(spent & year)),
        "refund_share": _over(seen.count(year & (rows["kind"] == KIND["refund"])), seen.count(spent & year)),
        "recency": seen.extreme(np.fmin, age, age > 0),
        "tenure": seen.extreme(np.fmax, age, age > 0),
        "merchants": seen.distinct(rows["merchant"], half & (rows["merchant"] != UNKNOWN)),
        "mean_balance": seen.mean(rows["balance"] / 100, seen.within(90) & (rows["balance"] != UNKNOWN)),
        "burden": _over(3.0 * applications["instalment"], quarterly),
    }


def _obligations(seen: _Seen) -> dict[str, Floats]:
    """Late: a day or more past due; the days run until it is paid, written off, or as of."""
    rows, year = seen.rows, seen.within(365)
    until = np.minimum(np.minimum(rows["paid_at"], rows["ended_at"]), seen.as_of)
    due = rows["due_at"] < seen.as_of
    days = np.maximum(until - rows["due_at"], 0) // DAY
    late = due & (days >= 1)
    return {
        "late_share": _over(seen.count(late & year), seen.count(due & year)),
        "worst_days_past_due": seen.extreme(np.fmax, days, due & year),
    }


def _trips(seen: _Seen) -> dict[str, Floats]:
    rows, year = seen.rows, seen.within(365)
    broken = (rows["status"] != TRIP_STATUS["completed"]) & (rows["status_at"] < seen.as_of)
    return {"broken_trip_share": _over(seen.count(broken & year), seen.count(year))}


def _variability(seen: _Seen, amount: npt.NDArray[Any], mask: Mask) -> Floats:
    """Sample standard deviation over mean; NaN below two events."""
    number, mean = seen.count(mask), seen.mean(amount, mask)
    distance = (amount - mean[seen.of]) ** 2
    spread: Floats = np.sqrt(_over(seen.total(distance, mask), np.maximum(number - 1, 0)))
    return spread / mean


def _over(part: Floats, whole: Floats) -> Floats:
    quotient: Floats = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return quotient
