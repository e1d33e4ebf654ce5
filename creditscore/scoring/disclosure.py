"""Scores put into a ledger before they are given out; where that fails, no score leaves."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import RequestError
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.governance.gate import govern
from creditscore.ledger import Inquiry
from creditscore.model.trees_kernel import Ints
from creditscore.reasons.codes import SHOWN
from creditscore.scorecard import Scorecard
from creditscore.scoring.request import UNNAMED, Matrix, one_borrower
from creditscore.scoring.result import Reason, Score
from creditscore.scoring.suppliers import Suppliers, suppliers_of


def disclosed(
    inquiry: Inquiry,
    card: Scorecard,
    found: Score,
    row: Matrix,
    history: Any,
    application: Mapping[str, Any],
    instant: dt.datetime,
) -> Score:
    """One borrower's score once it is in the ledger, with its entry's number.

    Raises RequestError where nothing says whose score it is, LedgerError where it cannot be recorded.
    """
    events, rows = one_borrower(history, application, instant)
    suppliers = suppliers_of(govern(events, card.rules).events, _tables(card), rows)
    text = {
        "as_of": f"{instant.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}Z",
        "points": found.points,
        "unrounded": found.unrounded,
        "pd": found.pd,
        "grade": found.grade,
        "reasons": _coded(found.reasons),
        "families": _families(card, int(card.presence.absent(row)[0])),
        "platforms": suppliers.sets[suppliers.which[0]],
        "consent": inquiry.consent,
        "key_factors": _coded(found.key_factors),
    }
    who = _borrower(events, application)
    return replace(found, ledger_entry=inquiry.record(card.model_id, card.digest, [who], [_json(text)])[0])


def all_disclosed(
    inquiry: Inquiry, card: Scorecard, scores: pa.Table, matrix: Matrix, events: Events, applications: pa.Table
) -> pa.Table:
    """Many scores once all are in the ledger, a row an application, with a column of their entries' numbers."""
    suppliers = suppliers_of(events, _tables(card), applications)
    texts = _texts(card, scores, card.presence.absent(matrix), suppliers, applications["as_of"], inquiry.consent)
    borrowers = applications["borrower_id"].to_pylist()
    numbers = inquiry.record(card.model_id, card.digest, borrowers, texts.to_pylist())
    return scores.append_column("ledger_entry", pa.array(numbers, pa.int64()))


def _borrower(events: Events, application: Mapping[str, Any]) -> str:
    """Whose score it is, by the history or by the application."""
    tables = [table for name in EVENT_TABLES if (table := events.table(name)) is not None]
    named = {str(one) for table in tables for one in table["borrower_id"].unique().to_pylist()} - {UNNAMED}
    if application.get("borrower_id") is not None:
        named.add(str(application["borrower_id"]))
    if len(named) != 1:
        raise RequestError(
            f"ledger: {'nothing says' if not named else 'history and application do not agree'} whose score it is; "
            f"give borrower_id in the history's rows, or in application="
        )
    return named.pop()


def _tables(card: Scorecard) -> list[str]:
    """The tables of events that the scorecard reads."""
    return [one.table for one in card.plan.tables]


def _texts(
    card: Scorecard, scores: pa.Table, absent: Ints, suppliers: Suppliers, as_of: Any, consent: str | None
) -> pa.Array:
    """What is told of each row, as JSON, put together column by column."""
    families = pa.array([_json(_families(card, pattern)) for pattern in range(card.presence.patterns)])
    platforms = pa.array([_json(names) for names in suppliers.sets])
    parts = [
        '{"as_of":"', as_of.cast(pa.string()),
        '","points":', _number(scores["points"]),
        ',"unrounded":', _number(scores["unrounded_points"]),
        ',"pd":', _number(scores["pd"]),
        ',"grade":', _word(scores["grade"]),
        ',"reasons":[', *(_reason(scores, n) for n in range(1, SHOWN + 1)),
        '],"families":', families.take(pa.array(absent)),
        ',"platforms":', platforms.take(pa.array(suppliers.which)),
        f',"consent":{_json(consent)}}}',
    ]  # fmt: skip
    joined = pc.binary_join_element_wise(*(pa.scalar(one) if isinstance(one, str) else one for one in parts), "")
    return joined.combine_chunks()


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()).fill_null("null")


def _word(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Few words that recur, as JSON has them."""
    words = column.unique()
    return pa.array([_json(word) for word in words.to_pylist()], pa.string()).take(pc.index_in(column, words))


def _reason(scores: pa.Table, n: int) -> pa.ChunkedArray:
    """A code and its points, after a comma from the second on; nothing where there are fewer reasons."""
    code, points = scores[f"reason_{n}"], scores[f"reason_{n}_points"].cast(pa.string())
    comma = "," if n > 1 else ""
    return pc.binary_join_element_wise(f'{comma}["', code, '",', points, "]", "").fill_null("")


def _coded(reasons: Sequence[Reason]) -> list[tuple[str, float]]:
    return [(reason.code, reason.points) for reason in reasons]


def _families(card: Scorecard, absent: int) -> list[str]:
    return [name for name in card.presence.families if name not in card.presence.named(absent)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
