"""Made histories with the scores and reasons that they must give: proof that a machine scores as another did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from creditscore.errors import CreditScoreError
from creditscore.events.schema import EVENT_TABLES
from creditscore.scorecard import Scorecard
from creditscore.scoring.score import score

AS_OF = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
# log and exp differ between platforms in their last bits
TOLERANCE = 1e-9
_SIZES = (0, 3, 30, 120)
_KEYS = {"history", "as_of", "application", "expected"}
_CATEGORIES = ("grocery", "clothing", "electronics", "home", "beauty", "toys", "tea", "hotel")


def make_vectors(card: Scorecard) -> tuple[Mapping[str, Any], ...]:
    """For made histories of none, few and many events: the history as JSON takes it, and what the card says of it."""
    return tuple(_vector(card, size) for size in _SIZES)


def replay(card: Scorecard) -> list[str]:
    """Score each vector again; what differs from the record, in words. None is a pass."""
    return [f"vector {i}: {told}" for i, vector in enumerate(card.vectors) for told in _differences(card, vector)]


def _differences(card: Scorecard, vector: Mapping[str, Any]) -> Iterator[str]:
    """What one vector gives that is not as recorded; a vector that is none, or asks for no score, is a difference."""
    if set(vector) != _KEYS or not isinstance(vector["expected"], dict):
        yield f"expected an object of {', '.join(sorted(_KEYS))}"
        return
    try:
        again = _outcome(card, vector["history"], vector["as_of"], vector["application"])
    except CreditScoreError as error:
        yield f"cannot be scored: {error}"
        return
    for name in sorted({*again, *vector["expected"]}):
        now, was = again.get(name), vector["expected"].get(name)
        if not _same(now, was):
            yield f"{name} is {now}, recorded {was}"


def _vector(card: Scorecard, size: int) -> dict[str, Any]:
    history, as_of = made_history(size), AS_OF.isoformat()
    application = {"amount": 10_000.0, "term_months": 12.0, "instalment": 900.0}
    return {
        "history": history,
        "as_of": as_of,
        "application": application,
        "expected": _outcome(card, history, as_of, application),
    }


def _outcome(card: Scorecard, history: Any, as_of: str, application: Mapping[str, Any]) -> dict[str, Any]:
    # where consent records decide, all is allowed: a vector is of what the card makes of events
    consents = _all_allowed(card) if card.rules.consent.records else None
    result = score(card, history, as_of=as_of, application=application, consents=consents, recipient="conformance")
    return {
        "points": result.points,
        "unrounded": result.unrounded,
        "pd": result.pd,
        "grade": result.grade,
        "reasons": [reason.code for reason in result.reasons],
    }


def _all_allowed(card: Scorecard) -> list[dict[str, Any]]:
    """Consents of a made borrower to everything."""
    shared = {"purpose": card.rules.consent.purpose, "recipient": "conformance", "separate": True, "written": True}
    given = (AS_OF - dt.timedelta(days=1)).isoformat()
    return [{**shared, "family": name, "given_at": given} for name in EVENT_TABLES]


def _same(now: Any, then: Any) -> bool:
    if isinstance(now, float) and isinstance(then, float):
        return abs(now - then) <= TOLERANCE * max(1.0, abs(then))
    return bool(now == then)


def made_history(size: int) -> dict[str, list[dict[str, Any]]]:
    """A simulated borrower's events, drawn with the size as seed."""
    draw = np.random.default_rng(size)
    return {
        "transactions": [_transaction(draw, i) for i in range(size)],
        "trips": [_trip(draw, i) for i in range(size // 10)],
        "obligations": [_obligation(draw, i) for i in range(size // 5)],
    }


def _before(draw: np.random.Generator, most_days: int) -> dt.datetime:
    return AS_OF - dt.timedelta(minutes=int(draw.integers(1, most_days * 1_440)))


def _transaction(draw: np.random.Generator, i: int) -> dict[str, Any]:
    kinds = ("purchase", "purchase", "payment", "income", "withdrawal", "refund")
    return {
        "event_id": f"t{i}",
        "time": _before(draw, 700).isoformat(),
        "platform": f"p{draw.integers(3)}",
        "kind": kinds[draw.integers(len(kinds))],
        "amount": round(float(draw.lognormal(4, 1)), 2),
        "category": _CATEGORIES[draw.integers(8)],
        "merchant_id": f"m{draw.integers(20)}",
        "balance": round(float(draw.normal(2_000, 1_500)), 2),
        "utc_offset_minutes": 480,
    }


def _trip(draw: np.random.Generator, i: int) -> dict[str, Any]:
    booked = _before(draw, 600)
    return {
        "event_id": f"j{i}",
        "time": booked.isoformat(),
        "platform": "p2",
        "mode": ("rail", "flight", "ride", "hotel")[draw.integers(4)],
        "departs_at": (booked + dt.timedelta(days=int(draw.integers(1, 40)))).isoformat(),
        "destination": f"d{draw.integers(6)}",
        "distance_km": float(draw.integers(5, 1_500)),
        "amount": round(float(draw.lognormal(5, 1)), 2),
        "status": ("completed", "completed", "cancelled", "no_show")[draw.integers(4)],
        "utc_offset_minutes": 480,
    }


def _obligation(draw: np.random.Generator, i: int) -> dict[str, Any]:
    known = _before(draw, 600)
    due = known + dt.timedelta(days=30)
    amount = round(float(draw.lognormal(5, 0.5)), 2)
    return {
        "event_id": f"o{i}",
        "time": known.isoformat(),
        "platform": "p1",
        "kind": "instalment",
        "due_at": due.isoformat(),
        "paid_at": (due + dt.timedelta(days=int(draw.integers(-10, 20)))).isoformat(),
        "amount_due": amount,
        "amount_paid": amount,
        "utc_offset_minutes": 480,
    }
