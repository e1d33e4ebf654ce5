"""What a score sees of one borrower: the history, read once, of what consent and the scorecard's rules allow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from creditscore.events.rows import NotPlainError, Plain
from creditscore.events.schema import Events
from creditscore.features.build import compute
from creditscore.features.one import row_of_plain
from creditscore.governance.gate import govern, unknown_by, usable_history
from creditscore.governance.visible import visible, visible_rows
from creditscore.scorecard import Scorecard
from creditscore.scoring.consent import OneAgreed, Terms
from creditscore.scoring.request import UNNAMED, Matrix, one_borrower


class Seen(NamedTuple):
    """The features, float64[1, features], and the events that they are of: tables of plain rows, or `Events`.

    `who` is whose the history says it is, UNNAMED where it does not. `unknown` is how many events are left out as of
    categories that nobody classed; `agreed` what consent allows, None where no terms are set.
    """

    row: Matrix
    events: Mapping[str, Plain] | Events
    who: str
    unknown: int
    agreed: OneAgreed | None


def seen_of(
    card: Scorecard, history: Any, instant: dt.datetime, application: Mapping[str, Any], terms: Terms | None
) -> Seen:
    """Plain lists of dicts at once, all else by way of `load_events`."""
    if isinstance(history, Mapping) and all(type(rows) is list for rows in history.values()):
        try:
            return _of_plain(card, history, instant, application, terms)
        except NotPlainError:
            pass  # read, or refused with the reason, below
    return loaded(card, history, instant, application, terms)


def loaded(
    card: Scorecard, history: Any, instant: dt.datetime, application: Mapping[str, Any], terms: Terms | None
) -> Seen:
    """The same with the events as `Events`."""
    events, rows = one_borrower(history, application, instant)
    who = str(rows["borrower_id"][0].as_py())
    agreed = None if terms is None else terms.of_loaded(_named(rows, _owner(who, application)))
    if agreed is not None:
        events = visible(events, agreed.grants, card.rules.categories)
    governed = govern(events, card.rules)
    row = compute(card.plan, governed.events, rows, threads=1)
    return Seen(row, governed.events, who, int(unknown_by(governed, rows)[0]), agreed)


def _of_plain(
    card: Scorecard,
    history: Mapping[str, list[Any]],
    instant: dt.datetime,
    application: Mapping[str, Any],
    terms: Terms | None,
) -> Seen:
    who = _whose(history)
    agreed = None if terms is None else terms.of_plain(_owner(who, application), instant)
    shown = history if agreed is None else visible_rows(history, agreed.grants, card.rules.categories)
    read = usable_history(shown, card.rules)
    if not {str(one.borrower) for one in read.values() if one.borrower is not None} <= {who}:
        raise NotPlainError
    row = row_of_plain(card.plan, read, round(instant.timestamp() * 1e6), application)
    return Seen(row, read, who, 0, agreed)


def _whose(history: Mapping[str, list[Any]]) -> str:
    """Whose the tables' first rows say that they are."""
    try:
        named = {str(one) for rows in history.values() if rows and (one := rows[0].get("borrower_id")) is not None}
    except AttributeError:
        raise NotPlainError from None
    if len(named) > 1:
        raise NotPlainError
    return named.pop() if named else UNNAMED


def _owner(who: str, application: Mapping[str, Any]) -> str:
    """Whose consents count: the history's borrower, or the application's where it names none."""
    return str(application.get("borrower_id") or who) if who == UNNAMED else who


def _named(rows: pa.Table, who: str) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index("borrower_id"), "borrower_id", [[who]])
