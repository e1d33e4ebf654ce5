"""The intercept alone, set anew: the order of borrowers and their reasons stay, the level of PD follows outcomes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.optimize import brentq

from creditscore.errors import InputError, TrainingError
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.governance.gate import govern_source
from creditscore.model.binned import Bins
from creditscore.model.scale import probability
from creditscore.scorecard import Scorecard
from creditscore.scorecard.baseline import Baseline
from creditscore.scoring.conformance import make_vectors
from creditscore.scoring.consent import Terms, matrix_and_scores, terms_of

Floats = npt.NDArray[np.float64]

FEWEST = 30
# Log-odds within which the new level is looked for: odds a hundred million times as high or low.
_FARTHEST = 18.0


def recalibrate(card: Scorecard, log_odds: Floats, outcome: Floats, on: str) -> Scorecard:
    """The scorecard with another intercept: the mean PD over these applications becomes their bad rate.

    `log_odds` are the calibrated log-odds of bad that the scorecard gave, float64[rows], `outcome` 0 good, 1 bad (the
    likelihood's maximum over the intercept alone). `on` says in words of whom they are. The change is recorded in the
    facts, with the digest that it was made from; the scorecard has a digest of its own, once saved. Raises
    TrainingError for fewer than 30 bads or goods.
    """
    bads, goods = int(outcome.sum()), int((1 - outcome).sum())
    if min(bads, goods) < FEWEST:
        raise TrainingError(
            f"recalibration needs at least {FEWEST} bads and {FEWEST} goods, got {bads} and {goods}; wait for more "
            f"outcomes, or give a longer period"
        )
    shift = float(brentq(lambda shift: (probability(log_odds + shift) - outcome).mean(), -_FARTHEST, _FARTHEST))
    change = {
        "from": card.digest,
        "intercept_was": card.calibration.intercept,
        "on": on,
        "applications": len(outcome),
        "bads": bads,
        "bad_rate": bads / len(outcome),
        "mean_pd_was": float(probability(log_odds).mean()),
    }
    made = replace(
        card,
        calibration=replace(card.calibration, intercept=card.calibration.intercept + shift),
        baseline=None if card.baseline is None else _moved(card.baseline, -card.scale.factor * shift),
        facts={**card.facts, "recalibrations": [*card.facts.get("recalibrations", []), change]},
        vectors=(),
        digest="",
    )
    return replace(made, vectors=make_vectors(made))


def _moved(baseline: Baseline, points: float) -> Baseline:
    """All scores are so many points higher."""
    score = Bins(tuple(edge + points for edge in baseline.score.edges), baseline.score.counts)
    return replace(baseline, score=score)


def log_odds_of(
    card: Scorecard,
    events: Events | Store,
    start: str | None = None,
    until: str | None = None,
    terms: Terms | None = None,
) -> tuple[Floats, Floats, str]:
    """The log-odds of bad of all scorable applications with an outcome, the outcomes, and in words of whom they are.

    `start` and `until` are days, as 2026-01-31 (UTC), the second left out; where `terms` are set scores
    are of what consent allows. Raises InputError for other texts, TrainingError where no application has an outcome.
    """
    terms = terms or terms_of(card, None)
    applications = events.applications
    if applications is None or applications["outcome"].null_count == applications.num_rows:
        raise TrainingError("recalibration needs applications with outcomes: map their outcome column")
    as_of = np.asarray(applications["as_of"].combine_chunks().cast("int64")).astype("datetime64[us]")
    wanted = (as_of >= _day(start, "1800-01-01")) & (as_of < _day(until, "2400-01-01"))
    rows = applications.filter(pa.array(wanted & applications["outcome"].is_valid().to_numpy()))
    _, assessed = matrix_and_scores(card, govern_source(events, card.rules), rows, terms)
    outcome = rows["outcome"].cast(pa.float64()).to_numpy()
    on = f"applications from {start or 'the first'} until {until or 'the last'}"
    return assessed.log_odds[assessed.scorable], outcome[assessed.scorable], on


def _day(text: str | None, otherwise: str) -> np.datetime64:
    try:
        return np.datetime64(dt.date.fromisoformat(text or otherwise), "us")
    except ValueError:
        raise InputError(f"expected a day like 2026-01-31, got {text!r:.40}") from None
