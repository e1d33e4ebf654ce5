"""Applications for loans: one to three a borrower, in the last twenty months."""

from __future__ import annotations

import numpy as np

from creditscore.events.simulate.borrowers import Borrowers
from creditscore.events.simulate.clock import DAY, END, MONTH_STARTS, month_of, time_of_day
from creditscore.events.simulate.rows import Rows, fen, in_order, scattered

FIRST_MONTH = 16  # 2024-05
_TERMS = np.array([3, 6, 12, 24, 36])
_MONTHLY_RATE = 0.01


def applications(rng: np.random.Generator, people: Borrowers) -> Rows:
    """Borrower, time (as of), amount, term and monthly instalment (an annuity at 1 % a month), in order of time."""
    borrower = np.repeat(np.arange(len(people)), 1 + rng.binomial(2, 0.25, len(people)))
    size = len(borrower)
    first = int(MONTH_STARTS[FIRST_MONTH])
    day = rng.integers(0, (END - first) // DAY, size)
    time = first + day * DAY + time_of_day(rng, np.full(size, 0.1))
    wanted = people.income[borrower] * np.exp(0.15 * people.stress[borrower, month_of(time)])
    amount = fen(scattered(rng, 1.3 * wanted, 0.7), step=100)
    term = rng.choice(_TERMS, size, p=[0.1, 0.25, 0.4, 0.15, 0.1])
    annuity = _MONTHLY_RATE / (1 - (1 + _MONTHLY_RATE) ** -term.astype(float))
    instalment = fen(amount / 100 * annuity, step=0.01)
    rows: Rows = {"borrower": borrower, "time": time, "amount": amount, "term": term, "instalment": instalment}
    return in_order(rows)
