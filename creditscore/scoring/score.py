"""`score()`: from a history, or from features already built, to points and reasons."""

from __future__ import annotations

import datetime as dt
import math
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.errors import InputError, RequestError
from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.features.build import compute
from creditscore.model.scale import probability
from creditscore.reasons.codes import SHOWN, by_code, codes_of, rank
from creditscore.reasons.shapley import contributions, prepare
from creditscore.scorecard import Scorecard
from creditscore.scoring.result import Reason, Score

Matrix = npt.NDArray[np.float64]
NO_HISTORY = "no history: none of the scorecard's tables has an event before as_of"
# rows explained at a time, so that a large table's contributions need not fit in memory
BLOCK = 4_000


@dataclass(frozen=True)
class Assessed:
    """Many scores as arrays, a row an application: `code_points` float64[rows, codes], `worst` as `rank` gives it."""

    scorable: npt.NDArray[np.bool_]
    margin: Matrix
    log_odds: Matrix
    unrounded: Matrix
    codes: tuple[str, ...]
    code_points: Matrix
    worst: npt.NDArray[np.int64]


def score(
    card: Scorecard,
    history: Any,
    *,
    as_of: dt.datetime | str | None = None,
    application: Mapping[str, Any] | None = None,
    applications: Any = None,
) -> Any:
    """Score one borrower (`as_of`) or many (`applications`).

    One: `history` maps transactions, trips and obligations to a frame or a list of dicts in the contract's columns
    (borrower_id may be left out), or is an `Events`; `as_of` is a time with a zone; `application` holds the
    application's own values, as amount. A `Score` comes back.

    Many: `history` is an `Events`, `applications` a table of application_id, borrower_id and as_of. A pyarrow Table
    comes back, a row an application, in their order.

    "Not scorable" is a result. Raises RequestError where the request itself is wrong.
    """
    if (as_of is None) == (applications is None):
        raise RequestError("give as_of= to score one borrower, or applications= to score many")
    if applications is not None:
        return _score_many(card, history, applications)
    instant = _instant(as_of)
    events, rows = _one(history, application or {}, instant)
    return _scores(card, compute(card.plan, events, rows, threads=1), instant.isoformat())[0]


def score_features(card: Scorecard, features: Any) -> Any:
    """Score features already built: a mapping of one row gives a `Score`, a table (Arrow, pandas, Polars) a table of
    the same kind with points, unrounded_points, pd, grade, scorable and the reasons.

    Columns are matched by name, in any order; further ones are left alone. Raises RequestError naming the feature that
    is missing, not a number, or infinite.
    """
    if isinstance(features, Mapping):
        return _scores(card, _row_matrix(card, features), None)[0]
    table = _to_arrow(features)
    result = to_table(card, assess(card, _table_matrix(card, table)))
    if "application_id" in table.column_names:
        result = result.add_column(0, "application_id", table["application_id"])
    return _like(features, result)


def assess(card: Scorecard, matrix: Matrix) -> Assessed:
    """Scores and reasons of a feature matrix, float64[rows, features] in the scorecard's order, missing NaN."""
    known = codes_of(card.features)
    margin = card.trees.margin(matrix)
    log_odds = card.calibration(margin)
    codes = tuple(sorted(set(known)))
    code_points = -card.scale.factor * card.calibration.slope * _summed(card, matrix, known, len(codes))
    return Assessed(
        scorable=_has_history(card, matrix),
        margin=margin,
        log_odds=log_odds,
        unrounded=card.scale.points(log_odds),
        codes=codes,
        code_points=code_points,
        worst=rank(code_points),
    )


def to_table(card: Scorecard, assessed: Assessed) -> pa.Table:
    """The scores as a table: scorable, points, unrounded_points, pd, grade, reason_1 …, reason_1_points …; null where
    not scorable.
    """
    missing = ~assessed.scorable
    pd = probability(assessed.log_odds)
    columns: dict[str, pa.Array] = {
        "scorable": pa.array(assessed.scorable),
        "points": pa.array(card.scale.given(assessed.unrounded), mask=missing),
        "unrounded_points": pa.array(assessed.unrounded, mask=missing),
        "pd": pa.array(pd, mask=missing),
        "grade": pa.array(card.grades.grade(pd).tolist(), pa.string(), mask=missing),
    }
    codes = np.array([*assessed.codes, ""])
    points = np.append(assessed.code_points, np.zeros((len(missing), 1)), axis=1)
    for n in range(SHOWN):
        worst = assessed.worst[:, n]
        without = missing | (worst < 0)
        columns[f"reason_{n + 1}"] = pa.array(codes[worst].tolist(), pa.string(), mask=without)
        columns[f"reason_{n + 1}_points"] = pa.array(points[np.arange(len(worst)), worst], mask=without)
    return pa.table(columns)


def _score_many(card: Scorecard, events: Any, applications: Any) -> pa.Table:
    if not isinstance(events, Events):
        raise RequestError(f"to score many, history is an Events, got {type(events).__name__}; use load_events()")
    rows: pa.Table = _sound(load_events(applications=applications, quarantine_limit=1)).applications
    result = to_table(card, assess(card, compute(card.plan, events, rows)))
    return result.add_column(0, "application_id", rows["application_id"])


def _scores(card: Scorecard, matrix: Matrix, as_of: str | None) -> list[Score]:
    assessed = assess(card, matrix)
    pd = probability(assessed.log_odds)
    grades, points = card.grades.grade(pd), card.scale.given(assessed.unrounded)
    return [
        Score(
            scorable=scorable,
            why_not=None if scorable else NO_HISTORY,
            points=int(points[i]) if scorable else None,
            unrounded=float(assessed.unrounded[i]) if scorable else None,
            clipped=scorable and not card.scale.lowest <= round(float(assessed.unrounded[i])) <= card.scale.highest,
            lowest=card.scale.lowest,
            highest=card.scale.highest,
            pd=float(pd[i]) if scorable else None,
            grade=str(grades[i]) if scorable else None,
            reasons=_reasons(card, assessed, i) if scorable else (),
            reference_points=card.mean_points,
            model_id=card.model_id,
            digest=card.digest,
            as_of=as_of,
        )
        for i, scorable in enumerate(assessed.scorable.tolist())
    ]


def _reasons(card: Scorecard, assessed: Assessed, row: int) -> tuple[Reason, ...]:
    worst = [(assessed.codes[c], float(assessed.code_points[row, c])) for c in assessed.worst[row] if c >= 0]
    return tuple(Reason(code, card.codes[code].borrower_en, points) for code, points in worst)


def _has_history(card: Scorecard, matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Whether a row has any value that comes from events; all have where the scorecard reads applications only."""
    history = [i for i, feature in enumerate(card.features) if feature.tables != ("applications",)]
    return np.asarray(~np.isnan(matrix[:, history]).all(axis=1)) if history else np.ones(len(matrix), dtype=np.bool_)


def _summed(card: Scorecard, matrix: Matrix, codes: tuple[str, ...], width: int) -> Matrix:
    """Contributions summed by code, a block of rows at a time, on as many threads as there are cores."""
    blocks = [matrix[first : first + BLOCK] for first in range(0, len(matrix), BLOCK)]

    def explain(block: Matrix) -> Matrix:
        return by_code(contributions(card.trees, block), codes)[1]

    if len(blocks) < 2:
        return explain(matrix) if blocks else np.zeros((0, width))
    prepare(card.trees)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(explain, blocks)))


def _instant(as_of: Any) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise RequestError("as_of: expected a time like 2026-01-31T12:00:00+08:00") from None
    if not isinstance(instant, dt.datetime):
        raise RequestError(f"as_of: expected a time, got {type(as_of).__name__}")
    if instant.tzinfo is None:
        raise RequestError("as_of: a time without a zone; give one, as 2026-01-31T12:00:00+08:00")
    return instant


def _one(history: Any, application: Mapping[str, Any], as_of: dt.datetime) -> tuple[Events, pa.Table]:
    """One borrower's events, and their application as a table of one row."""
    events = history if isinstance(history, Events) else _read_history(history)
    borrowers = {one for name in EVENT_TABLES if (table := events.table(name)) for one in _borrowers(table)}
    if len(borrowers) > 1:
        raise RequestError(f"the history holds events of {len(borrowers)} borrowers; give one's, or applications=")
    who = borrowers.pop() if borrowers else "borrower"
    row = {**application, "application_id": "1", "borrower_id": who, "as_of": as_of}
    return events, _sound(load_events(applications=[row], quarantine_limit=1)).applications


def _read_history(history: Any) -> Events:
    if not isinstance(history, Mapping):
        raise RequestError(
            f"history: expected a mapping of transactions, trips and obligations, or an Events; "
            f"got {type(history).__name__}"
        )
    unknown = sorted(set(history) - set(EVENT_TABLES))
    if unknown:
        raise RequestError(f"history: unknown table '{unknown[0]}'; tables are {', '.join(EVENT_TABLES)}")
    given = {name: _named(table) for name, table in history.items() if table is not None and len(table)}
    return _sound(load_events(**given, quarantine_limit=1)) if given else Events()


def _named(table: Any) -> Any:
    """Rows straight from JSON may leave out whose they are: one borrower's."""
    if not isinstance(table, list):
        return table
    return [{"borrower_id": "borrower", **row} if isinstance(row, Mapping) else row for row in table]


def _sound(events: Events) -> Events:
    """A request's rows are all read or all refused: none is set aside."""
    if len(events.quarantine):
        table, _, reason, count = events.quarantine.counts()[0]
        raise RequestError(f"{table}: {count} rows cannot be read: {reason}; correct them and ask again")
    return events


def _borrowers(table: pa.Table) -> list[Any]:
    return list(table["borrower_id"].unique().to_pylist())


def _row_matrix(card: Scorecard, row: Mapping[str, Any]) -> Matrix:
    _check_names(card, row)
    values = np.empty((1, len(card.features)))
    for i, name in enumerate(card.plan.names):
        value = row[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float, np.number))):
            raise RequestError(f"feature '{name}': expected a number or None, got {type(value).__name__}")
        values[0, i] = math.nan if value is None else float(value)
    _check_finite(card, values)
    return values


def _table_matrix(card: Scorecard, table: pa.Table) -> Matrix:
    _check_names(card, table.column_names)
    values = np.empty((table.num_rows, len(card.features)))
    for i, name in enumerate(card.plan.names):
        column = table[name]
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_null(column.type)):
            raise RequestError(f"feature '{name}': expected numbers, got {column.type}")
        values[:, i] = column.cast(pa.float64()).to_numpy()
    _check_finite(card, values)
    return values


def _check_names(card: Scorecard, names: Any) -> None:
    missing = [name for name in card.plan.names if name not in set(names)]
    if missing:
        raise RequestError(
            f"{len(missing)} of {len(card.features)} features are missing, as '{missing[0]}'; "
            f"build them with build_features(events, features=card.features)"
        )


def _check_finite(card: Scorecard, values: Matrix) -> None:
    infinite = np.isinf(values).any(axis=0)
    if infinite.any():
        name = card.plan.names[int(np.argmax(infinite))]
        raise RequestError(f"feature '{name}': infinite; give a finite number, or None where it is missing")


def _to_arrow(features: Any) -> pa.Table:
    try:
        return features if isinstance(features, pa.Table) else pa.table(features)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise RequestError(
            f"features: expected a mapping of one row, or an Arrow, pandas or Polars table; got "
            f"{type(features).__name__} ({error})"
        ) from None


def _like(given: Any, result: pa.Table) -> Any:
    """The result in the caller's kind of table; pandas and Polars are used only where the caller has them loaded."""
    package = type(given).__module__.partition(".")[0]
    if package == "pandas":
        return result.to_pandas().set_axis(given.index)
    return sys.modules["polars"].from_arrow(result) if package == "polars" else result


__all__ = ["Assessed", "InputError", "assess", "score", "score_features", "to_table"]
