"""Causes planted in a made market, scorecards trained on it, and how often a scorecard's first reason is the cause.

Histories do not depend on outcomes: one market serves all causes, each with outcomes drawn anew from its own truth.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from creditscore.config import TrainConfig, load_config
from creditscore.config.period import Period
from creditscore.config.samples import SamplesConfig
from creditscore.events.simulate import simulate
from creditscore.events.simulate.causes import CODES, PDO, by_code, code_of, contributions, planted
from creditscore.events.simulate.market import behaviours
from creditscore.events.simulate.outcome import INGREDIENTS, true_pd
from creditscore.features import distinct, share
from creditscore.features.define import flatten
from creditscore.features.spending import spent, withdrawals
from creditscore.reasons.population import near_cut_off
from creditscore.scoring.assess import assess
from creditscore.training import Prepared, chosen_features, fit, prepare, read_events

SAMPLE = Path(__file__).parents[2] / "configs" / "sample.yaml"
# A calibrate sample of some hundred bads, so that no model is fitted five times more to calibrate out of fold.
DATES = (dt.date(2024, 5, 1), dt.date(2025, 2, 1), dt.date(2025, 11, 1), dt.date(2026, 1, 1))
QUALIFIES = 2  # PDO: by how much the cause costs a borrower more than any other code
REJECTED = 0.2  # the share of the train sample below the cut-off
REFERENCE = 2_000  # applications at most

# Every tree may use every feature. By default it sees a fifth of them, which ranks better by .001 to .002 of AUC; but
# most trees are then without a cause's few features, and learn it from those of other codes that go along with it.
EVERY_FEATURE = {"feature_fraction": 1.0, "lambda_l2": 50.0}

# What two causes are made from and no feature of the catalogue measures: its cash share is of all money paid out, most
# of which are transfers, and its merchants are counted over other windows.
OWN_FEATURES = flatten(
    [
        share(
            withdrawals.amount,
            of=(withdrawals | spent).amount,
            days=(180,),
            name="cash_of_spending",
            reason="S06",
            riskier="higher",
            en="Cash withdrawals' share of cash and purchases together {period}",
            zh="{period}取现金额占取现与消费总额的比例",
        ),
        distinct(
            spent.merchant_id,
            days=(180,),
            name="merchants_paid",
            reason="S04",
            riskier="lower",
            en="How many different merchants were paid {period}",
            zh="{period}付款的不同商户数",
        ),
    ]
)


@dataclass(frozen=True)
class Ground:
    """A market's features, and the truth's aggregates row for row with them."""

    config: TrainConfig
    prepared: Prepared
    aggregates: Mapping[str, np.ndarray]


class Found(NamedTuple):
    """Of the borrowers who qualify: the code of their cause, and their first reason ("" for none)."""

    cause: np.ndarray
    first: np.ndarray

    @property
    def qualify(self):
        return len(self.cause)

    @property
    def hits(self):
        return int((self.cause == self.first).sum())


def make_ground(folder, borrowers, seed, own_features=()):
    """A market read, and its features built, as `python -m creditscore.train configs/sample.yaml` does."""
    simulate(folder, borrowers, seed)
    start, *middle, end = DATES
    periods = [Period(start=one, until=other) for one, other in zip((start, *middle), (*middle, end), strict=True)]
    samples = SamplesConfig(train=periods[0], calibrate=periods[1], test=periods[2])
    config = load_config(SAMPLE).model_copy(update={"cut_off": None, "samples": samples})
    prepared = prepare(config, read_events(config, SAMPLE, folder), (*chosen_features(config), *own_features))
    made = behaviours(borrowers, seed)
    place = {one: row for row, one in enumerate(made.application_id.to_pylist())}
    rows = [place[one] for one in prepared.applications["application_id"].to_pylist()]
    return Ground(config, prepared, taken(made.aggregates, rows))


def find(ground, name, costs, params, seed=1):
    """What was found of an ingredient planted as a cause that costs so many PDO: against the accepted, and against all.

    A borrower must have a history, and so a score, and be one whom the trees have not seen.
    """
    train = np.flatnonzero(ground.prepared.samples == "train")
    truth = planted(name, costs, taken(ground.aggregates, train))
    drawn = np.random.default_rng([seed, *map(ord, name)]).random(len(ground.prepared.outcome))
    outcome = (drawn < true_pd(ground.aggregates, truth)).astype(float)
    config = ground.config.model_copy(update={"model": ground.config.model.model_copy(update={"params": params})})
    trained = fit(config, replace(ground.prepared, outcome=outcome))
    points = trained.scored["points"].to_numpy()[train]
    near = near_cut_off(points, np.nanquantile(points, REJECTED), trained.card.scale.pdo / 2)
    accepted = train[near[:REFERENCE]]
    everyone = np.random.default_rng(seed).choice(train, REFERENCE, replace=False)
    return {
        "at the cut-off": compare(ground, truth, name, trained.card, accepted),
        "all applicants": compare(ground, truth, name, trained.card, everyone),
    }


def compare(ground, truth, name, card, reference):
    """Causes and first reasons, both against the same applications."""
    unseen = np.flatnonzero(np.isin(ground.prepared.samples, ["calibrate", "test"]))
    mine = taken(ground.aggregates, unseen)
    true = by_code(contributions(truth, mine, taken(ground.aggregates, reference)), mine)
    cause = code_of(INGREDIENTS[name].aggregate, mine)
    rows = np.flatnonzero(leads(true, cause) >= QUALIFIES * PDO)
    card = card.with_reference("planted", "as the truth's", ground.prepared.matrix[reference])
    found = assess(card, ground.prepared.matrix[unseen[rows]], "planted")
    first = np.array([*found.codes, ""])[found.worst[:, 0]]
    return Found(cause[rows][found.scorable], first[found.scorable])


def leads(true, cause):
    """By how much the cause's code costs each more than any other, in log-odds; a code that the truth lacks costs 0."""
    own = cause[:, None] == np.array(CODES)
    return np.where(own, true, 0.0).sum(axis=1) - np.where(own, 0.0, true).max(axis=1)


def taken(aggregates, rows):
    """The aggregates of some applications."""
    return {name: value[rows] for name, value in aggregates.items()}
