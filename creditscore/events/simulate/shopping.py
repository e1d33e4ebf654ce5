"""birch, retail: purchases, some sent back, some paid for later in one part or three."""

from __future__ import annotations

import numpy as np

from creditscore.events.simulate.borrowers import Borrowers, chance
from creditscore.events.simulate.clock import DAY, NEVER, Ints, moments, month_of, occasions, whole
from creditscore.events.simulate.merchants import visited
from creditscore.events.simulate.rows import DEBT, Rows, fen, in_order, picked, scattered, stacked, transactions

PLATFORM = "birch"
IN_THREE_FROM = 30_000  # fen
WRITTEN_OFF_AFTER = 180  # days


def shopping(rng: np.random.Generator, people: Borrowers) -> tuple[Rows, Rows]:
    """(transactions, obligations) of a block of borrowers on birch."""
    bought = _purchases(rng, people)
    return stacked([bought, _refunds(rng, people, bought)]), _instalments(rng, people, bought)


def _purchases(rng: np.random.Generator, people: Borrowers) -> Rows:
    borrower, month = occasions(rng, people.rate(PLATFORM, 0.65))
    middle = 0.022 * people.income[borrower] * np.exp(0.1 * people.stress[borrower, month])
    return transactions(
        borrower,
        moments(rng, month, people.night[borrower]),
        "purchase",
        fen(scattered(rng, middle, 1.0)),
        merchant=visited(rng, people, borrower, PLATFORM),
        channel=rng.choice(3, len(month), p=[0.7, 0.2, 0.1]),
    )


def _refunds(rng: np.random.Generator, people: Borrowers, bought: Rows) -> Rows:
    """Some purchases are sent back within weeks, by some borrowers far more than by others."""
    habit = -2.6 - 0.2 * people.thrift + 0.7 * rng.standard_normal(len(people))
    stress = people.stress[bought["borrower"], month_of(bought["time"])]
    back = rng.random(len(stress)) < chance(habit[bought["borrower"]] + 0.3 * stress)
    rows = picked(bought, back)
    time = rows["time"] + 2 * DAY + rng.integers(0, 18 * DAY, len(rows["time"]))
    return transactions(
        rows["borrower"], time, "refund", rows["amount"], merchant=rows["merchant"], channel=rows["channel"]
    )


def _instalments(rng: np.random.Generator, people: Borrowers, bought: Rows) -> Rows:
    """One row a part: due a month apart, paid early, late or never; what is never paid is written off."""
    stress = people.stress[bought["borrower"], month_of(bought["time"])]
    later = rng.random(len(stress)) < chance(-0.9 - 0.5 * people.thrift[bought["borrower"]] + 0.2 * stress)
    plan = picked(bought, later)
    parts = np.where(plan["amount"] >= IN_THREE_FROM, 3, 1)
    rows = picked(plan | {"parts": parts}, np.repeat(np.arange(len(parts)), parts))
    part = np.arange(len(rows["time"])) - np.repeat(np.cumsum(parts) - parts, parts)
    due = rows["time"] + 30 * DAY * (part + 1)
    paid, ended = _settled(rng, people, rows["borrower"], due)
    owed: Rows = {
        "borrower": rows["borrower"],
        "time": rows["time"],
        "kind": np.where(rows["parts"] == 1, DEBT["pay_later"], DEBT["instalment"]),
        "due_at": due,
        "paid_at": paid,
        "ended_at": ended,
        "amount": rows["amount"] // rows["parts"],
    }
    return in_order(owed)


def _settled(rng: np.random.Generator, people: Borrowers, borrower: Ints, due: Ints) -> tuple[Ints, Ints]:
    """When each part is paid, and when it is written off; NEVER where it is not."""
    carelessness = -2.9 - 0.5 * people.thrift + 0.6 * rng.standard_normal(len(people))
    log_odds = carelessness[borrower] + 0.9 * people.stress[borrower, month_of(due)]
    late = rng.random(len(due)) < chance(log_odds)
    delay = np.exp(2.3 + 0.25 * log_odds + rng.standard_normal(len(due)))
    days = np.where(late, delay, -np.minimum(rng.gamma(1.5, 2.0, len(due)), 25))
    lost = days > 120
    paid = np.where(lost, NEVER, due + whole(days * DAY))
    return paid, np.where(lost, due + WRITTEN_OFF_AFTER * DAY, NEVER)
