"""`score()`: from a history, or from features already built, to points and reasons."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import RequestError
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.features.build import matrix_of
from creditscore.features.groups import buckets_of
from creditscore.governance.gate import Governed, govern, unknown_by
from creditscore.ledger import Inquiry
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import assess, to_table
from creditscore.scoring.consent import ManyAgreed, Terms, terms_of, told_of_many, told_score, without_refused
from creditscore.scoring.disclosure import ahead_of_scores, all_disclosed, disclosed
from creditscore.scoring.records import with_records
from creditscore.scoring.request import (
    Matrix,
    application_of,
    applications_of,
    instant_of,
    row_matrix,
    table_matrix,
    to_arrow,
)
from creditscore.scoring.seen import loaded, seen_of
from creditscore.scoring.single import to_score

Ints = npt.NDArray[np.int64]


def score(
    card: Scorecard,
    history: Any,
    *,
    as_of: dt.datetime | str | None = None,
    application: Mapping[str, Any] | None = None,
    applications: Any = None,
    reference: str | None = None,
    records: bool = False,
    consents: Any = None,
    purpose: str | None = None,
    recipient: str | None = None,
    ledger: Inquiry | None = None,
) -> Any:
    """Score one borrower (`as_of`) or many (`applications`).

    One: `history` maps transactions, trips and obligations to a frame or a list of dicts in the contract's columns
    (borrower_id may be left out), or is an `Events`; `as_of` is a time with a zone; `application` holds the
    application's own values, as amount. A `Score` comes back; with `records` its reasons name the events behind them.

    Events of categories that the scorecard's rules prohibit are left out, and so are those of categories that nobody
    classed; of the latter the result has the number, `unknown_categories`.

    Many: `history` is an `Events`, or a `Store`, which is read bucket by bucket; `applications` a table of
    application_id, borrower_id and as_of. A pyarrow Table comes back, a row an application, in their order.

    `reference` is the id of the population that reasons compare with, by default the scorecard's first; it moves no
    points. "Not scorable" is a result. Raises RequestError where the request itself is wrong.

    `consents` are the borrowers' consent records (a list of dicts or a table with the columns of
    `governance.consent.CONSENTS`, or what `load_consents` gives). What they do not allow at as_of for that `purpose`
    (by default the ledger's, or the scorecard's) and `recipient` is withheld as if it had never been, and the result
    lists it. Who withholds obligations that the scorecard reads is not scorable, unless its rules say otherwise.

    `ledger` is an `Inquiry`: who asks, and for what. What is told is in its ledger, on disk, before it comes back, and
    the result has its entry's number. Raises LedgerError where it cannot be recorded: then no score comes back.
    """
    if (as_of is None) == (applications is None):
        raise RequestError("give as_of= to score one borrower, or applications= to score many")
    terms = terms_of(card, consents, purpose, recipient, ledger)
    if applications is not None:
        return in_order(score_blocks(card, history, applications, reference=reference, terms=terms, ledger=ledger))
    instant, own = instant_of(as_of), application_of(application)
    seen = (loaded if records else seen_of)(card, history, instant, own, terms)
    grants = None if seen.agreed is None else seen.agreed.grants
    found = told_score(card, seen.row, instant, reference, grants)
    if seen.unknown:
        found = replace(found, unknown_categories=seen.unknown)
    if records and isinstance(seen.events, Events):
        found = with_records(card, found, seen.events, instant)
    return found if ledger is None else disclosed(ledger, card, found, seen, own, instant)


def score_features(card: Scorecard, features: Any, *, reference: str | None = None) -> Any:
    """Score features already built: a mapping of one row gives a `Score`, a table (Arrow, pandas, Polars) a table of
    the same kind with points, unrounded_points, pd, grade, scorable and the reasons.

    Columns are matched by name, in any order; further ones are left alone. Raises RequestError naming the feature that
    is missing, not a number, or infinite.
    """
    if isinstance(features, Mapping):
        return to_score(card, row_matrix(card, features), None, reference)
    table = to_arrow(features)
    result = to_table(card, assess(card, table_matrix(card, table), reference))
    if "application_id" in table.column_names:
        result = result.add_column(0, "application_id", table["application_id"])
    return _like(features, result)


def score_blocks(
    card: Scorecard,
    history: Any,
    applications: Any,
    *,
    reference: str | None = None,
    terms: Terms | None = None,
    ledger: Inquiry | None = None,
) -> Iterator[tuple[Ints, pa.Table]]:
    """The scores of many as they are made, for results that memory would not hold: of an `Events` all at once, of a
    `Store` bucket by bucket; each with the numbers of its applications, int64[rows]. `terms` are of `terms_of`.
    Raises what `score` does.
    """
    terms = terms or terms_of(card, None)
    if not isinstance(history, Events | Store):
        raise RequestError(f"to score many, history is an Events, got {type(history).__name__}; use load_events()")
    rows = applications_of(applications)
    agreed = None if terms is None else terms.of_many(card, rows)
    if isinstance(history, Events) or not rows.num_rows:
        events = history if isinstance(history, Events) else Events()
        yield np.arange(rows.num_rows), _score_rows(card, events, rows, reference, agreed, ledger)
        return
    for own, few in buckets_of(history, rows):
        yield own, _score_rows(card, few, rows.take(pa.array(own)), reference, agreed and agreed.of(own), ledger)


def in_order(blocks: Iterable[tuple[Ints, pa.Table]]) -> pa.Table:
    """The blocks of `score_blocks` as one table, a row an application, in their order."""
    numbers, tables = zip(*blocks, strict=True)
    order = np.argsort(np.concatenate(numbers))
    return pa.concat_tables(tables).take(pa.array(order)) if len(tables) > 1 else tables[0]


def _score_rows(
    card: Scorecard,
    events: Events,
    rows: pa.Table,
    reference: str | None,
    agreed: ManyAgreed | None,
    inquiry: Inquiry | None,
) -> pa.Table:
    governed = govern(events, card.rules)
    if inquiry is None:
        return _told(card, governed, rows, reference, agreed)[0]
    # whose entries they are, and of which platforms, is found on a core that scoring leaves idle
    with ThreadPoolExecutor(1) as beside:
        ahead = beside.submit(ahead_of_scores, inquiry, card, governed.events, rows)
        result, matrix = _told(card, governed, rows, reference, agreed)
        return all_disclosed(inquiry, card, result, matrix, rows["as_of"], ahead.result(), agreed and agreed.ids)


def _told(
    card: Scorecard, governed: Governed, rows: pa.Table, reference: str | None, agreed: ManyAgreed | None
) -> tuple[pa.Table, Matrix]:
    """The scores and what goes with them, and the features that they are made of."""
    allowed = None if agreed is None else agreed.allowed
    matrix = matrix_of(card.plan, governed.events, rows, allowed=allowed)
    assessed = without_refused(card, assess(card, matrix, reference), allowed)
    result = to_table(card, assessed).add_column(0, "application_id", rows["application_id"])
    result = result.append_column("withheld", told_of_many(card, rows.num_rows, allowed))
    return result.append_column("unknown_categories", pa.array(unknown_by(governed, rows))), matrix


def _like(given: Any, result: pa.Table) -> Any:
    """The result in the caller's kind of table; pandas and Polars are used only where the caller has them loaded."""
    package = type(given).__module__.partition(".")[0]
    if package == "pandas":
        return result.to_pandas().set_axis(given.index)
    return sys.modules["polars"].from_arrow(result) if package == "polars" else result
