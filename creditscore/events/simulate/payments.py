"""alder, payments and mini-shops: income comes in, money is moved and spent, each row shows the balance after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from creditscore.events.simulate.borrowers import CITIES, Borrowers, chance
from creditscore.events.simulate.clock import DAY, MONTH_STARTS, Ints, moments, occasions
from creditscore.events.simulate.merchants import visited
from creditscore.events.simulate.rows import KIND, STATUS, Rows, fen, scattered, stacked, transactions

PLATFORM = "alder"


@dataclass(frozen=True)
class _Flow:
    """Money moved now and then: how often, how stress and thrift pull on that, and how much, in months of income."""

    monthly: float
    stress: float
    thrift: float
    size: float
    spread: float


_FLOWS = {
    "transfer_in": _Flow(0.10, 0.6, -0.1, 0.15, 0.7),
    "transfer_out": _Flow(0.40, 0.1, -0.2, 1.85, 0.5),
    "top_up": _Flow(0.12, 0.0, 0.2, 0.12, 0.6),
    "withdrawal": _Flow(0.14, 0.6, -0.4, 0.16, 0.6),
    "fee": _Flow(0.03, 0.5, 0.0, 0.002, 0.5),
}
_SIGN = np.array([1 if kind in ("refund", "transfer_in", "top_up", "income") else -1 for kind in KIND])


def payments(rng: np.random.Generator, people: Borrowers) -> Rows:
    """All that a block of borrowers does on alder."""
    parts = [_salary(rng, people), _earnings(rng, people), *_spending(rng, people)]
    parts += [_flow(rng, people, kind) for kind in _FLOWS]
    rows = stacked(parts)
    opening = fen(scattered(rng, 1.5 * people.income, 1.0))
    return rows | {"balance": _balance(rows, opening)}


def _salary(rng: np.random.Generator, people: Borrowers) -> Rows:
    """A salary on the same day each month, unless the job falters."""
    missed = chance(-4 + 0.9 * people.stress - 0.5 * people.stability[:, None])
    paid = people.rate(PLATFORM, people.salaried.astype(float)) > 0
    borrower, month = np.nonzero(paid & (rng.random(paid.shape) >= missed))
    payday = rng.integers(1, 28, len(people))[borrower]
    time = MONTH_STARTS[month] + payday * DAY + 9 * 3_600 + rng.integers(0, 8 * 3_600, len(month))
    raise_ = 1 + 0.003 * month
    amount = scattered(rng, people.income[borrower] * raise_, 0.03 + 0.07 * chance(-people.stability[borrower]))
    return transactions(borrower, time, "income", fen(amount, step=1))


def _earnings(rng: np.random.Generator, people: Borrowers) -> Rows:
    """Those without a salary earn irregularly, less under stress."""
    borrower, month = occasions(rng, people.rate(PLATFORM, np.where(people.salaried, 0, 1.1)))
    time = moments(rng, month, np.full(len(month), 0.02))
    spread = 0.2 + 0.5 * chance(-1.2 * people.stability)
    middle = 0.75 * people.income[borrower] * np.exp(-0.15 * people.stress[borrower, month])
    return transactions(borrower, time, "income", fen(scattered(rng, middle, spread[borrower]), step=1))


def _spending(rng: np.random.Generator, people: Borrowers) -> list[Rows]:
    """Payments by code or transfer, and purchases in mini-shops; some fail, more of them under stress."""
    return [_spent(rng, people, "payment", 0.7, 0.07), _spent(rng, people, "purchase", 0.3, 0.035)]


def _spent(rng: np.random.Generator, people: Borrowers, kind: str, monthly: float, size: float) -> Rows:
    borrower, month = occasions(rng, people.rate(PLATFORM, monthly))
    stress = people.stress[borrower, month]
    failed = rng.random(len(month)) < chance(-4.2 + 0.5 * stress)
    away = rng.random(len(month)) < 0.06 * np.exp(0.4 * people.mobility[borrower])
    amount = scattered(rng, size * people.income[borrower] * np.exp(0.1 * stress), 0.9)
    return transactions(
        borrower,
        moments(rng, month, people.night[borrower]),
        kind,
        fen(amount),
        merchant=visited(rng, people, borrower, PLATFORM),
        channel=rng.choice(3, len(month), p=[0.6, 0.3, 0.1]),
        status=np.where(failed, STATUS["failed"], STATUS["completed"]),
        city=np.where(away, rng.integers(0, CITIES, len(month)), people.city[borrower]),
    )


def _flow(rng: np.random.Generator, people: Borrowers, kind: str) -> Rows:
    flow = _FLOWS[kind]
    pull = flow.stress * people.stress + flow.thrift * people.thrift[:, None]
    borrower, month = occasions(rng, people.rate(PLATFORM, flow.monthly) * np.exp(pull))
    amount = scattered(rng, flow.size * people.income[borrower], flow.spread)
    time = moments(rng, month, 0.5 * people.night[borrower])
    return transactions(borrower, time, kind, fen(amount, step=0.1 if kind == "fee" else 10))


def _balance(rows: Rows, opening: Ints) -> Ints:
    """The balance after each row, from each borrower's opening one; what would go below zero a bank card pays."""
    borrower = rows["borrower"]
    flow = _SIGN[rows["kind"]] * rows["amount"] * (rows["status"] == STATUS["completed"])
    path = np.cumsum(flow)
    path += opening[borrower] - (path - flow)[np.searchsorted(borrower, borrower)]
    apart = borrower * np.int64(10**12)  # larger than any path: each borrower's minimum starts afresh
    lowest = np.minimum.accumulate(path - apart) + apart
    return path - np.minimum(lowest, 0)
