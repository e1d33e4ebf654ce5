"""How long negative information counts: so many calendar years from the end of the behaviour, less amnesties.

Negative is an obligation that was settled a whole day or more after it fell due, as features tell late, or that ended
unpaid. The behaviour ends at the earlier of the two; while neither has come it counts, however old it is. What is not
negative counts without limit. This is a filter of what a score may see; deletion is up to whoever keeps the records.

China's rule is the default: five years from the end (Regulation on the Credit Reporting Industry, article 16). The
first day is not counted and the anniversary is the last (Civil Code, articles 201 and 202; from memory), by the
jurisdiction's own clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.events.exact import MISSING
from creditscore.events.schema import MONEY_DECIMALS, MONEY_LIMIT, OBLIGATIONS

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400_000_000
NEVER = 2**63 - 1
KINDS = OBLIGATIONS["kind"].values
LONGEST_YEARS = 100
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Suppression:
    """An amnesty: obligations that fell due from `due_from` to `due_until` (days, both included), of one of the `kinds`
    (none named: all) and at most `largest_amount` due, settled by the day `repaid_by`, do not count from the beginning
    of the day `effective_from` on.
    """

    name: str
    due_from: dt.date
    due_until: dt.date
    largest_amount: float
    repaid_by: dt.date
    effective_from: dt.date
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        days = (self.due_from, self.due_until, self.repaid_by, self.effective_from)
        if type(self.name) is not str or not self.name or not all(type(day) is dt.date for day in days):
            raise ValueError("a suppression has a name and days")
        if self.due_from > self.due_until:
            raise ValueError(f"suppression '{self.name}': due_from ({self.due_from}) is after due_until")
        if type(self.largest_amount) not in (int, float) or not 0 <= self.largest_amount <= MONEY_LIMIT:
            raise ValueError(f"suppression '{self.name}': largest_amount is not from 0 to {MONEY_LIMIT:,.0f}")
        unknown = sorted(set(self.kinds) - set(KINDS))
        if unknown:
            raise ValueError(f"suppression '{self.name}': no kind of obligation is '{unknown[0]}'; {', '.join(KINDS)}")


class _Amnesties(NamedTuple):
    """Suppressions as arrays: instants of their ends (the first excluded ones), amounts in fixed point."""

    due_from: Ints
    due_until: Ints
    largest: Ints
    repaid_until: Ints
    effective_from: Ints


@dataclass(frozen=True)
class Retention:
    """A jurisdiction's rule: the years for which negative information counts (None: without limit), the minutes of its
    clock from UTC, by which days begin, and its amnesties.
    """

    jurisdiction: str = "CN"
    years: int | None = 5
    utc_offset_minutes: int = 480
    suppressions: tuple[Suppression, ...] = ()

    def __post_init__(self) -> None:
        if type(self.jurisdiction) is not str or not self.jurisdiction:
            raise ValueError("retention has a jurisdiction's name")
        if self.years is not None and not (type(self.years) is int and 0 < self.years <= LONGEST_YEARS):
            raise ValueError(f"retention.years is not from 1 to {LONGEST_YEARS}")
        if type(self.utc_offset_minutes) is not int or abs(self.utc_offset_minutes) > 18 * 60:
            raise ValueError("retention.utc_offset_minutes is not within 18 hours")

    @property
    def text(self) -> str:
        """In words, as reports write it."""
        limit = "without limit" if self.years is None else f"{self.years} years from the end of the behaviour"
        names = ", ".join(one.name for one in self.suppressions)
        return f"{self.jurisdiction}: negative information counts {limit}" + (f"; not: {names}" if names else "")

    def to_record(self) -> dict[str, Any]:
        """As JSON in a scorecard."""
        record = asdict(self)
        record["suppressions"] = [_told(one) for one in self.suppressions]
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Retention:
        """The rule of such a record. Raises ValueError, KeyError or TypeError where it is malformed."""
        _check_names(record, cls)
        return cls(**{**record, "suppressions": tuple(_read(one) for one in record["suppressions"])})

    @cached_property
    def _amnesties(self) -> _Amnesties:
        listed = self.suppressions
        return _Amnesties(
            self._begin([one.due_from for one in listed]),
            self._begin([one.due_until for one in listed]) + DAY,
            np.array([round(one.largest_amount * 10**MONEY_DECIMALS) for one in listed], np.int64),
            self._begin([one.repaid_by for one in listed]) + DAY,
            self._begin([one.effective_from for one in listed]),
        )

    def _begin(self, days: Sequence[dt.date]) -> Ints:
        """When days begin, in UTC microseconds."""
        return np.array([(day - _EPOCH).days * DAY - self._offset for day in days], np.int64)

    @property
    def _offset(self) -> int:
        return self.utc_offset_minutes * 60_000_000


CHINA = Retention()


class Debts(NamedTuple):
    """Obligations by column, int64[n] in UTC microseconds and fixed point, missing −2^63; empty where all are missing.

    `kind` numbers the words `kinds`, −1 where missing.
    """

    due_at: Ints
    paid_at: Ints
    ended_at: Ints
    amount_due: Ints
    amount_paid: Ints
    kind: Ints
    kinds: tuple[str | None, ...]


def last_counted(rule: Retention, debts: Debts) -> Ints:
    """The last instant of decision at which each obligation counts, int64[n] in UTC microseconds; NEVER: always.

    >>> day, paid = 1_577_836_800_000_000, 1_580_428_800_000_000  # 1 and 31 January 2020
    >>> one, no, none = np.array([100]), np.array([-1]), np.empty(0, np.int64)
    >>> late = Debts(np.array([day]), np.array([paid]), none, one, none, no, ())
    >>> last_counted(CHINA, late).astype("datetime64[us]")
    array(['2025-01-31T15:59:59.999999'], dtype='datetime64[us]')
    """
    asked = [one.kinds or KINDS for one in rule.suppressions]
    meant = np.array([[word in kinds for word in (*debts.kinds, None)] for kinds in asked], np.bool_)
    meant = meant.reshape(len(asked), len(debts.kinds) + 1)
    numbers = (debts.due_at, debts.paid_at, debts.ended_at, debts.amount_due, debts.amount_paid, debts.kind)
    return np.asarray(_last_counted(*numbers, meant, rule._amnesties, rule.years or 0, rule._offset))


@compiled
def _last_counted(
    due_at: Ints,
    paid_at: Ints,
    ended_at: Ints,
    amount_due: Ints,
    amount_paid: Ints,
    kind: Ints,
    meant: Bools,
    amnesties: _Amnesties,
    years: int,
    offset: int,
) -> Ints:
    """As `last_counted`; meant[s, k] whether suppression s is of kind k; 0 years are without limit."""
    last = np.full(len(due_at), NEVER)
    for i in range(len(due_at)):
        paid = paid_at[i] if len(paid_at) else MISSING
        given = amount_paid[i] if len(amount_paid) else MISSING
        # what was paid in part is still owed
        settled = NEVER if paid == MISSING or (given != MISSING and given < amount_due[i]) else paid
        ended = ended_at[i] if len(ended_at) and ended_at[i] != MISSING else NEVER
        end = min(settled, ended)
        if end == NEVER or (settled <= ended and settled - due_at[i] < DAY):
            continue
        if years:
            last[i] = _anniversary_end(end, years, offset)
        for s in range(len(amnesties.largest)):
            if settled <= ended and _forgiven(amnesties, s, due_at[i], amount_due[i], settled) and meant[s, kind[i]]:
                # not before the payment is known, which it is from the instant after it
                last[i] = min(last[i], max(settled, amnesties.effective_from[s] - 1))
    return last


@compiled
def _forgiven(amnesties: _Amnesties, s: int, due: int, amount: int, settled: int) -> bool:
    within = amnesties.due_from[s] <= due < amnesties.due_until[s]
    return bool(within and amount <= amnesties.largest[s] and settled < amnesties.repaid_until[s])


@compiled
def _anniversary_end(time: int, years: int, offset: int) -> int:
    """The last microsecond of the same day so many years later, by a clock so far from UTC; 28 February for the 29th.

    Days to dates and back by counting years from 1 March (Hinnant, "chrono-compatible low-level date algorithms").
    """
    days = (time + offset) // DAY + 719_468
    era = days // 146_097
    of_era = days - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    later = era * 400 + year + years
    # the leap day is the last of a year from 1 March
    if of_year == 365:
        next_year = later + 1
        if not (next_year % 4 == 0 and (next_year % 100 != 0 or next_year % 400 == 0)):
            of_year = 364
    era, year = later // 400, later % 400
    days = era * 146_097 + 365 * year + year // 4 - year // 100 + of_year - 719_468
    return (days + 1) * DAY - offset - 1


def _told(one: Suppression) -> dict[str, Any]:
    record = asdict(one)
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in record.items()} | {
        "kinds": list(one.kinds)
    }


def _check_names(record: Mapping[str, Any], kind: type[Any]) -> None:
    names = [one.name for one in fields(kind)]
    if set(record) != set(names):
        raise ValueError(f"expected {', '.join(names)}, and nothing else")


def _read(record: Mapping[str, Any]) -> Suppression:
    _check_names(record, Suppression)
    told = dict(record)
    told |= {name: dt.date.fromisoformat(told[name]) for name in _DAYS}
    return Suppression(**{**told, "kinds": tuple(told["kinds"])})


_DAYS = ("due_from", "due_until", "repaid_by", "effective_from")
