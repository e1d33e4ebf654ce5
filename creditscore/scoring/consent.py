"""What a call's consent records allow a score to see, and what it then withholds."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import RequestError
from creditscore.events.load import Source
from creditscore.events.rows import NotPlainError
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.events.store import Store
from creditscore.features.allowed import Allowed
from creditscore.features.build import matrix_of
from creditscore.governance.consent import (
    Consents,
    Grants,
    Holding,
    grants_of,
    grants_of_one,
    holding,
    holding_of_one,
    load_consents,
    nothing_held,
)
from creditscore.governance.consent_ids import consent_ids, ids_of_plain
from creditscore.governance.visible import allows_family, withheld
from creditscore.ledger import Inquiry
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import Assessed, Matrix, assess
from creditscore.scoring.request import UNNAMED
from creditscore.scoring.result import Score
from creditscore.scoring.single import to_score

Ints = npt.NDArray[np.int64]

# What stands between the parts of what is withheld, in a table's column.
BETWEEN = "; "
OBLIGATIONS = "obligations"
OBLIGATIONS_WITHHELD = "data withheld: obligations"
_NO_RECORDS = "consents: expected a list of dicts, a table, or what load_consents() gives"


class OneAgreed(NamedTuple):
    """What one borrower allows of each event table, as grants, and by table the ids of the consents that hold."""

    grants: tuple[int, ...]
    ids: Mapping[str, Sequence[str]]


class ManyAgreed(NamedTuple):
    """What many borrowers allow, and by table the ids of the consents that hold, as `consent_ids` gives them."""

    allowed: Allowed
    ids: pa.Table

    def of(self, rows: Ints) -> ManyAgreed:
        """Of the applications in these rows."""
        return ManyAgreed(self.allowed.of(rows), self.ids.take(pa.array(rows)))


@dataclass(frozen=True)
class Terms:
    """Consent records, and for which purpose and recipient a score is asked for."""

    consents: Any
    purpose: str
    recipient: str

    def of_plain(self, who: str, as_of: dt.datetime) -> OneAgreed:
        """What one borrower of plain records allows. Raises NotPlainError where they are for loading."""
        if type(self.consents) is not list or not {*map(type, self.consents)} <= {dict}:
            raise NotPlainError
        own = _own(self.consents, who)
        held = holding_of_one(own, round(as_of.timestamp() * 1e6), self.purpose, self.recipient)
        return OneAgreed(grants_of_one(held), ids_of_plain(held))

    def of_loaded(self, applications: pa.Table) -> OneAgreed:
        """What the borrower of one application allows."""
        who = str(applications["borrower_id"][0].as_py())
        consents = self.consents
        if isinstance(consents, list) and not any(isinstance(one, Source) for one in consents):
            consents = [{**record, "borrower_id": who} for record in _own(consents, who)]
        held = self._holding(consents, applications)
        ids = {name: json.loads(text) for name, text in consent_ids(held).to_pylist()[0].items() if text}
        return OneAgreed(tuple(grants_of(held)[0].tolist()), ids)

    def of_many(self, card: Scorecard, applications: pa.Table) -> ManyAgreed:
        """What each application's borrower allows."""
        held = self._holding(self.consents, applications)
        return ManyAgreed(Allowed(grants_of(held), card.rules.categories), consent_ids(held))

    def _holding(self, consents: Any, applications: pa.Table) -> Holding:
        if isinstance(consents, list) and not consents:
            return nothing_held(applications.num_rows)
        read = consents if isinstance(consents, Consents) else load_consents(consents)
        return holding(read, applications, self.purpose, self.recipient)


def terms_of(
    card: Scorecard,
    consents: Any,
    purpose: str | None = None,
    recipient: str | None = None,
    inquiry: Inquiry | None = None,
) -> Terms | None:
    """The terms of a call; None where the scorecard states its basis, and no consent records are given.

    Raises RequestError where records are needed, or it is not said for which purpose and recipient.
    """
    rule = card.rules.consent
    if consents is None:
        if rule.records:
            raise RequestError(
                f"consents: this scorecard uses data by consent records, for the purpose '{rule.purpose}'; give the "
                f"borrowers' consents=, an empty list where there are none, and recipient="
            )
        return None
    # `load_consents` takes texts for files, and a request must never make us read one
    if any(isinstance(one, str | os.PathLike) for one in (consents if isinstance(consents, list) else [consents])):
        raise RequestError(_NO_RECORDS)
    if inquiry is not None:
        purpose, recipient = purpose or inquiry.purpose, recipient or inquiry.recipient
    purpose = purpose or rule.purpose
    if not purpose or not recipient:
        raise RequestError(
            "consents: they hold for a purpose and a recipient; give purpose= and recipient= in the records' own words"
        )
    return Terms(consents, purpose, recipient)


def matrix_and_scores(
    card: Scorecard, events: Events | Store, applications: pa.Table, terms: Terms | None
) -> tuple[Matrix, Assessed]:
    """The features and scores of all applications, of what consent allows where terms are set."""
    allowed = None if terms is None else terms.of_many(card, applications).allowed
    matrix = matrix_of(card.plan, events, applications, allowed=allowed)
    return matrix, without_refused(card, assess(card, matrix), allowed)


def tables_read(card: Scorecard) -> tuple[str, ...]:
    """The event tables that a scorecard's features read."""
    return tuple(table.table for table in card.plan.tables)


def told(card: Scorecard, grants: Sequence[int]) -> tuple[str, ...]:
    """What is withheld of what the scorecard reads, in words."""
    return withheld(tables_read(card), grants)


def refused(card: Scorecard, grants: Grants) -> npt.NDArray[np.bool_]:
    """The rows that are not scorable, as obligations are withheld that the scorecard reads."""
    if card.rules.consent.scorable_without or OBLIGATIONS not in tables_read(card):
        return np.zeros(len(grants), np.bool_)
    own, place = np.unique(grants[:, EVENT_TABLES.index(OBLIGATIONS)], return_inverse=True)
    return np.array([not allows_family(OBLIGATIONS, int(grant)) for grant in own], np.bool_)[place.reshape(-1)]


def told_score(
    card: Scorecard, row: Matrix, instant: dt.datetime, reference: str | None, grants: Sequence[int] | None
) -> Score:
    """The score of a row, and what was withheld from it; `grants` are None where no terms are set."""
    if grants is None:
        return to_score(card, row, instant.isoformat(), reference)
    why_not = OBLIGATIONS_WITHHELD if refused(card, np.array([grants], np.int8))[0] else None
    return replace(to_score(card, row, instant.isoformat(), reference, why_not), withheld=told(card, grants))


def without_refused(card: Scorecard, assessed: Assessed, allowed: Allowed | None) -> Assessed:
    """The scores, those refused not scorable; `allowed` is None where no terms are set."""
    if allowed is None:
        return assessed
    return replace(assessed, scorable=assessed.scorable & ~refused(card, allowed.grants))


def told_of_many(card: Scorecard, rows: int, allowed: Allowed | None) -> pa.Array:
    """What was withheld from each row, as one text; null where nothing was."""
    if allowed is None:
        return pa.nulls(rows, pa.string())
    different, place = np.unique(allowed.grants, axis=0, return_inverse=True)
    texts = [BETWEEN.join(told(card, grants)) or None for grants in different.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(place.reshape(-1)))


def _own(records: Sequence[Any], who: str) -> list[Any]:
    """The records of the borrower; those that name nobody are. `who` is UNNAMED where the history names nobody."""
    if not {*map(type, records)} <= {dict}:
        raise RequestError(_NO_RECORDS)
    named = {str(record["borrower_id"]) for record in records if record.get("borrower_id") is not None}
    if named and who == UNNAMED and who not in named:
        raise RequestError("consents: they name a borrower and the history does not; give borrower_id in both, or none")
    return [record for record in records if record.get("borrower_id") is None or str(record["borrower_id"]) == who]
