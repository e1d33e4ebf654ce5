"""Scores put into a ledger before they are given out; where that fails, no score leaves."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import RequestError
from creditscore.events.schema import Events
from creditscore.ledger import Inquiry
from creditscore.model.trees_kernel import Ints
from creditscore.reasons.codes import SHOWN
from creditscore.scorecard import Scorecard
from creditscore.scoring.consent import BETWEEN
from creditscore.scoring.request import UNNAMED, Matrix
from creditscore.scoring.result import Reason, Score
from creditscore.scoring.seen import Seen
from creditscore.scoring.suppliers import Suppliers, suppliers_of, suppliers_of_one


class Ahead(NamedTuple):
    """What entries say that no score is needed for: whose each is, and which platforms' records it is made of."""

    people: list[str]
    suppliers: Suppliers


class _Used(NamedTuple):
    """Of what many scores were made, each as JSON: families, platforms, and consents by family."""

    families: pa.Array
    platforms: pa.Array
    consents: pa.Array


def disclosed(
    inquiry: Inquiry,
    card: Scorecard,
    found: Score,
    seen: Seen,
    application: Mapping[str, Any],
    instant: dt.datetime,
) -> Score:
    """One borrower's score once it is in the ledger, with its entry's number.

    Raises RequestError where nothing says whose score it is, LedgerError where it cannot be recorded.
    """
    families = _families(card, int(card.presence.absent(seen.row)[0])) if found.scorable else []
    ids = {} if seen.agreed is None else seen.agreed.ids
    text = {
        "as_of": f"{instant.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}Z",
        "points": found.points,
        "unrounded": found.unrounded,
        "pd": found.pd,
        "grade": found.grade,
        "reasons": _coded(found.reasons),
        "families": families,
        "platforms": suppliers_of_one(seen.events, _tables(card), instant) if found.scorable else [],
        "consent": inquiry.consent,
        "consents": {name: ids[name] for name in families if name in ids},
        "withheld": found.withheld,
        "key_factors": _coded(found.key_factors),
    }
    who = _borrower(seen.who, application)
    return replace(found, ledger_entry=inquiry.record(card.model_id, card.digest, [who], [_json(text)])[0])


def ahead_of_scores(inquiry: Inquiry, card: Scorecard, events: Events, applications: pa.Table) -> Ahead:
    """What can be told of many applications' entries while their scores are still being made."""
    people = inquiry.pseudonyms.of_many(applications["borrower_id"].to_pylist())
    return Ahead(people, suppliers_of(events, _tables(card), applications))


def all_disclosed(
    inquiry: Inquiry,
    card: Scorecard,
    scores: pa.Table,
    matrix: Matrix,
    as_of: pa.ChunkedArray,
    ahead: Ahead,
    ids: pa.Table | None,
) -> pa.Table:
    """Many scores once all are in the ledger, a row an application, with a column of their entries' numbers.

    `ahead` is of `ahead_of_scores`. `ids` are those of the consents that hold, of `consent_ids`, where terms are set.
    """
    used = _used(card, matrix, scores["scorable"], ahead.suppliers, ids)
    texts = _texts(scores.append_column("as_of", as_of), used, inquiry.consent)
    numbers = inquiry.record_as(card.model_id, card.digest, ahead.people, texts)
    return scores.append_column("ledger_entry", pa.array(numbers, pa.int64()))


def _borrower(who: str, application: Mapping[str, Any]) -> str:
    """Whose score it is, by the history or by the application."""
    named = {who} - {UNNAMED}
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


def _used(
    card: Scorecard, matrix: Matrix, scorable: pa.ChunkedArray, suppliers: Suppliers, ids: pa.Table | None
) -> _Used:
    """Of what each row's score was made; nothing where there is none."""
    made = scorable.to_numpy()
    absent = np.where(made, card.presence.absent(matrix), card.presence.patterns - 1)
    families = pa.array([_json(_families(card, pattern)) for pattern in range(card.presence.patterns)])
    platforms = pa.array([*(_json(names) for names in suppliers.sets), "[]"])
    which = np.where(made, suppliers.which, len(suppliers.sets))
    return _Used(
        families.take(pa.array(absent)), platforms.take(pa.array(which)), _consents(card, absent, ids, len(matrix))
    )


def _consents(card: Scorecard, absent: Ints, ids: pa.Table | None, rows: int) -> pa.Array:
    """By family used the ids of its consents, as JSON objects."""
    if ids is None:
        return pa.repeat("{}", rows)
    parts = []
    for f, name in enumerate(card.presence.families):
        used = pc.if_else(pa.array(absent >> f & 1 == 0), ids[name], pa.scalar(None, pa.string()))
        parts.append(pc.binary_join_element_wise(f',"{name}":', used, "").fill_null(""))
    inner = pc.utf8_ltrim(pc.binary_join_element_wise(pa.repeat("", rows), *parts, ""), ",")
    return pc.binary_join_element_wise("{", inner, "}", "")


def _texts(scores: pa.Table, used: _Used, consent: str | None) -> list[str]:
    """What is told of each row, as JSON; a part of the rows on each core."""
    threads = os.cpu_count() or 1
    length = max(1, -(-scores.num_rows // threads))

    def few(first: int) -> list[str]:
        own = _Used(*(column.slice(first, length) for column in used))
        texts: list[str] = _joined(scores.slice(first, length), own, consent).to_pylist()
        return texts

    with ThreadPoolExecutor(threads) as pool:
        return [text for part in pool.map(few, range(0, scores.num_rows, length)) for text in part]


def _joined(scores: pa.Table, used: _Used, consent: str | None) -> pa.ChunkedArray:
    """The texts put together column by column."""
    parts = [
        '{"as_of":"', scores["as_of"].cast(pa.string()),
        '","points":', _number(scores["points"]),
        ',"unrounded":', _number(scores["unrounded_points"]),
        ',"pd":', _number(scores["pd"]),
        ',"grade":', _word(scores["grade"]),
        ',"reasons":[', *(_reason(scores, n) for n in range(1, SHOWN + 1)),
        '],"families":', used.families,
        ',"platforms":', used.platforms,
        f',"consent":{_json(consent)},"consents":', used.consents,
        ',"withheld":', _withheld(scores["withheld"]), "}",
    ]  # fmt: skip
    return pc.binary_join_element_wise(*(pa.scalar(one) if isinstance(one, str) else one for one in parts), "")


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()).fill_null("null")


def _withheld(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The few kinds of what is withheld, each as a list."""
    kinds = column.unique()
    lists = [_json(text.split(BETWEEN) if text else []) for text in kinds.to_pylist()]
    return pa.array(lists, pa.string()).take(pc.index_in(column, kinds))


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
