"""Why a score changed: between two dates, or between two scorecards."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import RequestError
from creditscore.events.schema import Events
from creditscore.features.build import compute
from creditscore.governance.gate import govern
from creditscore.governance.visible import visible
from creditscore.reasons.codes import ABSENCE, LEAST
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import in_points, points_by_code
from creditscore.scoring.changes import Comparison, FeatureChange, ReasonChange
from creditscore.scoring.consent import Terms, terms_of, told_score
from creditscore.scoring.moves import Readings, moves_of, readings_at
from creditscore.scoring.request import instant_of, one_borrower
from creditscore.scoring.result import Score

Matrix = npt.NDArray[np.float64]
Time = dt.datetime | str


def compare_dates(
    card: Scorecard,
    history: Any,
    *,
    before: Time,
    after: Time,
    application: Mapping[str, Any] | None = None,
    application_after: Mapping[str, Any] | None = None,
    reference: str | None = None,
    consents: Any = None,
    purpose: str | None = None,
    recipient: str | None = None,
) -> Comparison:
    """Why one borrower's score changed between two dates, by reason, by feature and by the events behind these.

    `history`, `application` and `reference` are as `score` takes them; `application_after` is that of the later date,
    by default the same. All of the history is handed in: what was not yet known at a date does not count there. Of each
    reason's events those are named, by id, that came, went, aged or are known otherwise (`Moves`). `consents`,
    `purpose` and `recipient` are as `score` takes them: at each date what they allow then is seen.

    The later score less the earlier is the sum of all reasons' changes, unrounded, to 1e-9. Raises RequestError for a
    time without a zone, and where `before` is not before `after`.
    """
    one_time, other_time = _period(before, after)
    other_application = application if application_after is None else application_after
    terms = terms_of(card, consents, purpose, recipient)
    events, row = one_borrower(history, application or {}, one_time)
    events = govern(events, card.rules).events
    _, other_row = one_borrower(events, other_application or {}, other_time)
    one = side_of(card, events, row, one_time, reference, terms)
    other = side_of(card, events, other_row, other_time, reference, terms)
    was, now = (readings_at(card.plan, side.events, side.as_of) for side in (one, other))
    return with_moves(compare_sides(one, other), one, other, was, now)


def compare_cards(
    card: Scorecard,
    card_after: Scorecard,
    history: Any,
    *,
    as_of: Time,
    application: Mapping[str, Any] | None = None,
    reference: str | None = None,
    consents: Any = None,
    purpose: str | None = None,
    recipient: str | None = None,
) -> Comparison:
    """Why two scorecards, `card` and `card_after`, score one borrower differently, by reason and by feature.

    `history`, `as_of`, `application`, `reference`, `consents`, `purpose` and `recipient` are as `score` takes them;
    by default each scorecard's own first reference. The score of the second less that of the first is the change of the
    references' mean points plus all reasons' changes, unrounded, to 1e-9; a code that only one has counts as 0 in the
    other.

    Where the date changed too, compare the cards at one date and then the dates by one card: the two changes add up.
    """
    instant = instant_of(as_of)
    events, row = one_borrower(history, application or {}, instant)
    sides = (
        side_of(
            one, govern(events, one.rules).events, row, instant, reference, terms_of(one, consents, purpose, recipient)
        )
        for one in (card, card_after)
    )
    return compare_sides(*sides)


class _Held(NamedTuple):
    """A feature as one of the two scores holds it under a reason."""

    text: str
    value: float | None
    points: float


class Side(NamedTuple):
    """One of the two scores, and what it is made of: the events seen, points by code, and the features under each code
    by name.
    """

    card: Scorecard
    events: Events
    as_of: int
    score: Score
    code_points: Mapping[str, float]
    held: Mapping[str, Mapping[str, _Held]]


def _period(before: Any, after: Any) -> tuple[dt.datetime, dt.datetime]:
    earlier, later = instant_of(before, "before"), instant_of(after, "after")
    if not earlier < later:
        raise RequestError("before: expected a time earlier than after; exchange the two, or give two dates")
    return earlier, later


def side_of(
    card: Scorecard,
    events: Events,
    applications: pa.Table,
    instant: dt.datetime,
    reference: str | None,
    terms: Terms | None = None,
) -> Side:
    """A score of what consent allows where terms are set, with what it is made of."""
    grants = None if terms is None else terms.of_loaded(applications).grants
    if grants is not None:
        events = visible(events, grants, card.rules.categories)
    row = compute(card.plan, events, applications, threads=1)
    contributions = card.explainer(reference).contributions(row, threads=1)
    code_points = points_by_code(card, card.presence.absent(row), contributions, reference)[0].tolist()
    by_code = dict(zip(card.code_columns.codes, code_points, strict=True))
    points = in_points(card, contributions)[0].tolist()
    held = {code: _held(card, row, points, code, summed) for code, summed in by_code.items()}
    found = told_score(card, row, instant, reference, grants)
    return Side(card, events, applications["as_of"][0].value, found, by_code, held)


def _held(card: Scorecard, row: Matrix, points: Sequence[float], code: str, summed: float) -> dict[str, _Held]:
    """The features under a code, and under a family's own code its shift, which is the rest of the code's points."""
    pattern, found = int(card.presence.absent(row)[0]), {}
    behind = card.code_columns.behind(code, pattern)
    for i in behind:
        value = float(row[0, i])
        found[card.features[i].name] = _Held(card.features[i].en, None if math.isnan(value) else value, points[i])
    for family in (name for name in card.presence.families if ABSENCE[name] == code):
        present, rest = float(family not in card.presence.named(pattern)), summed - sum(points[i] for i in behind)
        found[family] = _Held(f"Whether there are {family}", present, rest)
    return found


def compare_sides(one: Side, other: Side) -> Comparison:
    before, after = one.score, other.score
    if before.unrounded is None or after.unrounded is None:
        return Comparison(before, after, None, None, ())
    codes = sorted({*one.code_points, *other.code_points})
    reasons = sorted((_reason(code, one, other) for code in codes), key=lambda reason: -abs(reason.change))
    of_mean = after.reference_points - before.reference_points
    return Comparison(before, after, after.unrounded - before.unrounded, of_mean, tuple(reasons))


def _reason(code: str, one: Side, other: Side) -> ReasonChange:
    """A code's change, in the words of the later scorecard that has it."""
    worded = other if code in other.code_points else one
    before, after = (side.code_points.get(code, 0.0) for side in (one, other))
    return ReasonChange(code, worded.card.codes[code].borrower_en, before, after, _features(code, one, other))


def _features(code: str, one: Side, other: Side) -> tuple[FeatureChange, ...]:
    """The features under a code whose points changed, the largest change first, ties by name."""
    was, now = one.held.get(code, {}), other.held.get(code, {})
    changes = [_feature(name, was.get(name), now.get(name)) for name in sorted({*was, *now})]
    return tuple(sorted((one for one in changes if abs(one.change) > LEAST), key=lambda one: -abs(one.change)))


def _feature(name: str, was: _Held | None, now: _Held | None) -> FeatureChange:
    text = now.text if now else was.text if was else ""
    before, after = (held.value if held else None for held in (was, now))
    return FeatureChange(name, text, before, after, was and was.points, now and now.points)


def with_moves(found: Comparison, one: Side, other: Side, before: Readings, after: Readings) -> Comparison:
    """The comparison of one scorecard's scores, each reason with the events that changed features read otherwise."""

    def moved(reason: ReasonChange) -> ReasonChange:
        names, told = {*one.held[reason.code], *other.held[reason.code]}, {change.feature for change in reason.features}
        behind = [feature for feature in one.card.features if feature.name in names]
        changed = [feature for feature in behind if feature.name in told]
        return replace(reason, moves=moves_of(behind, changed, before, after, other.as_of))

    return replace(found, reasons=tuple(moved(reason) for reason in found.reasons))
