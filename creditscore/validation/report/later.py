"""A scorecard's scores of applications that came after it was made, as the report and the monitor take them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas
import pyarrow as pa

from creditscore.errors import InputError
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.features.allowed import Allowed
from creditscore.features.build import matrix_of, write_matrix
from creditscore.features.matrix_file import Matrix, blocks_of
from creditscore.governance.gate import govern_source
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import assess, to_table
from creditscore.scoring.consent import Terms, terms_of, without_refused
from creditscore.validation.importance import MOST_EXPLAINED, importance
from creditscore.validation.neutrality.membership import membership
from creditscore.validation.report.later_outcomes import later_outcomes
from creditscore.validation.report.neutrality import Platforms
from creditscore.validation.report.origin import Origin, evenly

NEW, RETURNING, BEFORE = "new", "returning", "before"


def score_later(
    card: Scorecard,
    events: Events | Store,
    *,
    scratch: Path | None = None,
    memory_limit: str | None = None,
    observed_until: str | None = None,
    terms: Terms | None = None,
) -> tuple[pandas.DataFrame, Origin]:
    """Every application with its sample, outcome (NaN where unknown), score and reasons, and what these come from.

    Samples are those of the scorecard's own dates, and "new" after them all; applications of no sample are left out.
    A borrower's applications outside their first one's sample are "returning". Outcomes are `later_outcomes`', their
    origin in words is in the table's `attrs`. A store's features are kept in a file in the folder `scratch`, where
    given, built within `memory_limit`, of what consent allows where `terms` are set. Raises InputError where no
    application is left.
    """
    terms = terms or terms_of(card, None)
    applications = events.applications
    if applications is None or not applications.num_rows:
        raise InputError("no applications in the events; add an applications file, with as_of")
    samples = samples_of_dates(card, applications)
    used = samples != BEFORE
    if not used.any():
        raise InputError("no application lies in the scorecard's samples or after them; give later events")
    rows = applications.filter(pa.array(used))
    allowed = None if terms is None else terms.of_many(card, rows).allowed
    usable = govern_source(events, card.rules)
    matrix = built(card, usable, rows, scratch, memory_limit, allowed)
    outcome, said = later_outcomes(card, events, rows, observed_until)
    known = rows.select(["application_id", "borrower_id", "as_of"]).to_pandas()
    together = pandas.concat([known, _scores(card, matrix, allowed)], axis=1).assign(
        sample=samples[used], outcome=outcome
    )
    together.attrs["outcomes"] = said
    return together, Origin.of(card, matrix, rows, Platforms(membership(usable, rows, allowed)))


def built(
    card: Scorecard,
    usable: Events | Store,
    rows: pa.Table,
    scratch: Path | None = None,
    limit: str | None = None,
    allowed: Allowed | None = None,
) -> Matrix:
    """The scorecard's features of these applications, of events past its gate; a store's in a file in the folder
    `scratch`, where given.
    """
    if scratch is None or not isinstance(usable, Store):
        return matrix_of(card.plan, usable, rows, allowed=allowed)
    return write_matrix(card.plan, usable, rows, scratch / f"features-{card.model_id}", limit, allowed)


def _scores(card: Scorecard, matrix: Matrix, allowed: Allowed | None) -> pandas.DataFrame:
    """Scores and reasons of all rows, points unrounded."""
    scored = (
        without_refused(card, assess(card, block), allowed and allowed.of(place)) for place, block in blocks_of(matrix)
    )
    table = pa.concat_tables([to_table(card, one) for one in scored])
    return table.drop_columns(["points"]).rename_columns({"unrounded_points": "points"}).to_pandas()


def between(
    scored: pandas.DataFrame, origin: Origin, start: str | None, until: str | None
) -> tuple[pandas.DataFrame, Origin]:
    """The applications from the day `start` on and before the day `until` (UTC, as 2026-01-31); None is no end.

    Raises InputError for other texts, and where no application is left.
    """
    chosen = _from(scored["as_of"], start) & ~_from(scored["as_of"], until or "2200-01-01")
    if not chosen.any():
        raise InputError(f"no application from {start or 'the first'} until {until or 'the last'}; give other days")
    return scored[chosen].reset_index(drop=True), origin.only(chosen.to_numpy())


def worth_of(card: Scorecard, matrix: Matrix) -> pandas.DataFrame:
    """Each feature's importance over evenly drawn rows, as `findings` takes it."""
    return importance(card, matrix[evenly(np.arange(len(matrix)), MOST_EXPLAINED)])


def samples_of_dates(card: Scorecard, applications: pa.Table) -> npt.NDArray[np.object_]:
    """Each application's sample by the scorecard's own dates: BEFORE, "new", "returning" or one of its samples."""
    return _samples(applications.select(["borrower_id", "as_of"]).to_pandas(), card.facts.get("samples", {}))


def _samples(asked: pandas.DataFrame, periods: Mapping[str, Any]) -> npt.NDArray[np.object_]:
    """Each application's sample, by the scorecard's dates and its borrower's first application."""
    dated = _by_date(asked["as_of"], periods)
    order = asked.assign(sample=dated).sort_values("as_of", kind="stable")
    home = order[order["sample"] != BEFORE].groupby("borrower_id")["sample"].first()
    returned = (dated != BEFORE) & (dated != asked["borrower_id"].map(home).to_numpy(object))
    return np.where(returned, RETURNING, dated)


def _by_date(as_of: pandas.Series, periods: Mapping[str, Any]) -> npt.NDArray[np.object_]:
    spans = {name: (one["from"], one["until"]) for name, one in periods.items() if one["from"] or one["until"]}
    ends = [until for _, until in spans.values()]
    if not spans:
        return np.full(len(as_of), NEW, object)
    found = np.full(len(as_of), BEFORE, object)
    if None not in ends:
        spans[NEW] = (max(ends), None)
    for name, (start, until) in spans.items():
        found[(_from(as_of, start) & ~_from(as_of, until or "2200-01-01")).to_numpy()] = name
    return found


def _from(as_of: pandas.Series, day: str | None) -> pandas.Series:
    """Whether each time is on that day (UTC) or later."""
    try:
        start = dt.date.fromisoformat(day or "1800-01-01")
    except ValueError:
        raise InputError(f"expected a day like 2026-01-31, got {day!r:.40}") from None
    return as_of >= pandas.Timestamp(start, tz="UTC")
