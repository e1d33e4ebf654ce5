"""A dispute: a score as of then, with records taken out or corrected, beside the score as it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from creditscore.errors import RequestError
from creditscore.governance.gate import govern
from creditscore.scorecard import Scorecard
from creditscore.scoring.changes import Comparison
from creditscore.scoring.comparison import compare_sides, side_of, with_moves
from creditscore.scoring.consent import terms_of
from creditscore.scoring.disputed import Name, altered, find
from creditscore.scoring.moves import Moves, readings_at
from creditscore.scoring.request import instant_of, one_borrower
from creditscore.scoring.result import Record


def replay(
    card: Scorecard,
    history: Any,
    *,
    as_of: dt.datetime | str,
    without: Iterable[Name] = (),
    corrected: Mapping[Name, Mapping[str, Any]] | None = None,
    application: Mapping[str, Any] | None = None,
    reference: str | None = None,
    consents: Any = None,
    purpose: str | None = None,
    recipient: str | None = None,
) -> Comparison:
    """What a score would have been without some records, or with them corrected: the change by reason and feature.

    `history`, `as_of`, `application`, `reference`, `consents`, `purpose` and `recipient` are as `score` took them. A
    record is named by (platform, event_id), or as the evidence of a reason names it, a `Record`. `without` are taken
    out in all their versions; `corrected` maps a record to the columns that are otherwise, in the contract's names and
    units: it counts as if it had been so from the start, in place of its versions.

    `before` is the score as it was, `after` as it would have been; each reason's `moves` name those of the disputed
    records that it rests on. Raises RequestError where nothing is disputed, for a record that the history does not
    have, for one named twice, and for a column or value that the contract does not know.
    """
    instant, terms = instant_of(as_of), terms_of(card, consents, purpose, recipient)
    events, row = one_borrower(history, application or {}, instant)
    out = find(events, "without", without)
    mended = dict(zip(find(events, "corrected", corrected or {}), (corrected or {}).values(), strict=True))
    if not out and not mended:
        raise RequestError("replay: nothing is disputed; give without= or corrected=")
    if len({*out, *mended}) < len(out) + len(mended):
        raise RequestError("replay: a record is named twice; take it out, or correct it, once")
    both = [govern(held, card.rules).events for held in (events, altered(events, out, mended, instant))]
    one, other = (side_of(card, held, row, instant, reference, terms) for held in both)
    before, after = (readings_at(card.plan, side.events, side.as_of) for side in (one, other))
    found = with_moves(compare_sides(one, other), one, other, before, after)
    return _only(found, {named.record for named in (*out, *mended)})


def _only(found: Comparison, disputed: set[Record]) -> Comparison:
    """The comparison with none but the disputed records among the events that moved."""

    def kept(moves: Moves) -> Moves:
        return Moves(*(tuple(record for record in records if record in disputed) for records in moves))

    return replace(found, reasons=tuple(replace(reason, moves=kept(reason.moves)) for reason in found.reasons))
