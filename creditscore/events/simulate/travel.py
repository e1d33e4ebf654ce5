"""cedar, food and travel: orders whose status comes later and whose amount may be amended, and bookings of trips."""

from __future__ import annotations

import numpy as np

from creditscore.events.simulate.borrowers import CITIES, Borrowers, chance
from creditscore.events.simulate.clock import DAY, NEVER, Floats, Ints, moments, occasions, whole
from creditscore.events.simulate.merchants import visited
from creditscore.events.simulate.rows import (
    MODE,
    SCOPE,
    STATUS,
    TRIP_STATUS,
    UNKNOWN,
    Rows,
    fen,
    in_order,
    scattered,
    transactions,
)

PLATFORM = "cedar"

_SHARE = {"flight": 0.10, "rail": 0.22, "coach": 0.05, "ride": 0.40, "hotel": 0.20, "tour": 0.03}
_KILOMETRES = {"flight": 1_300.0, "rail": 350.0, "coach": 140.0, "ride": 12.0, "hotel": 0.0, "tour": 900.0}
_PRICE = {"flight": 850.0, "rail": 190.0, "coach": 70.0, "ride": 32.0, "hotel": 380.0, "tour": 2_400.0}
_ABROAD_FROM = 1_800_000  # metres
_LEAD_DAYS = {"flight": 18.0, "rail": 6.0, "coach": 3.0, "ride": 0.01, "hotel": 9.0, "tour": 25.0}


def orders(rng: np.random.Generator, people: Borrowers) -> Rows:
    """Food orders: each is recorded within a minute, delivered or cancelled later; one in 25 is amended in days."""
    borrower, month = occasions(rng, people.rate(PLATFORM, 0.85))
    size = len(borrower)
    time = moments(rng, month, people.night[borrower])
    cancelled = rng.random(size) < chance(-3 + 0.3 * people.stress[borrower, month])
    amount = fen(scattered(rng, 8 + 0.004 * people.income[borrower], 0.45))
    amended = rng.random(size) < 0.04
    rows = transactions(
        borrower,
        time,
        "purchase",
        amount,
        merchant=visited(rng, people, borrower, PLATFORM),
        status=np.where(cancelled, STATUS["cancelled"], STATUS["completed"]),
        status_at=time + rng.integers(600, 7_200, size),
        recorded_at=time + rng.integers(0, 60, size),
        amended=np.where(amended, np.maximum(amount * rng.integers(3, 9, size) // 10, 10), amount),
        amended_at=np.where(amended, time + rng.integers(DAY // 2, 6 * DAY, size), NEVER),
    )
    return in_order(rows)


def bookings(rng: np.random.Generator, people: Borrowers) -> Rows:
    """Trips: booked ahead, then taken, cancelled, or missed."""
    borrower, month = occasions(rng, people.rate(PLATFORM, 0.3 * np.exp(0.5 * people.mobility)))
    size = len(borrower)
    time = moments(rng, month, 0.5 * people.night[borrower])
    mode = rng.choice(len(MODE), size, p=[_SHARE[name] for name in MODE])
    departs = time + whole(_of(_LEAD_DAYS, mode) * rng.gamma(1.5, 0.67, size) * DAY) + 300
    status, status_at = _fate(rng, people, borrower, month, time, departs)
    stays = (mode == MODE["hotel"]) | (mode == MODE["tour"])
    rows: Rows = {
        "borrower": borrower,
        "time": time,
        "mode": mode,
        "departs_at": departs,
        "origin": people.city[borrower],
        "destination": np.where(mode == MODE["ride"], people.city[borrower], rng.integers(0, CITIES, size)),
        "metres": whole(100 * np.rint(10 * scattered(rng, _of(_KILOMETRES, mode), 0.4))),
        "nights": np.where(stays, rng.geometric(0.5, size), 0),
        "amount": fen(scattered(rng, _of(_PRICE, mode) * (people.income[borrower] / 7_000) ** 0.3, 0.4), step=1),
        "status": status,
        "status_at": status_at,
    }
    return in_order(rows | {"scope": _scope(mode, rows["metres"])})


def _scope(mode: Ints, metres: Ints) -> Ints:
    """Far flights and tours cross a border; hotels do not say where they are."""
    abroad = ((mode == MODE["flight"]) | (mode == MODE["tour"])) & (metres >= _ABROAD_FROM)
    scope = np.where(abroad, SCOPE["international"], SCOPE["domestic"])
    return np.where(mode == MODE["hotel"], UNKNOWN, scope)


def _fate(
    rng: np.random.Generator, people: Borrowers, borrower: Ints, month: Ints, time: Ints, departs: Ints
) -> tuple[Ints, Ints]:
    """How each trip ended and when that was said; NEVER for trips taken, which nobody reports."""
    size = len(time)
    unreliable = 0.6 * rng.standard_normal(len(people)) - 0.2 * people.stability
    log_odds = unreliable[borrower] + 0.5 * people.stress[borrower, month]
    cancelled = rng.random(size) < chance(-2.0 + log_odds)
    missed = ~cancelled & (rng.random(size) < chance(-3.2 + log_odds))
    status = np.select(
        [cancelled, missed], [TRIP_STATUS["cancelled"], TRIP_STATUS["no_show"]], TRIP_STATUS["completed"]
    )
    before = time + whole((departs - time) * rng.random(size))
    return status, np.select([cancelled, missed], [before, departs + 7_200], NEVER)


def _of(by_mode: dict[str, float], mode: Ints) -> Floats:
    return np.array([by_mode[name] for name in MODE])[mode]
