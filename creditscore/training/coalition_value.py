"""What a coalition of platforms is worth: a model fitted on its events alone, judged out of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creditscore.config import TrainConfig
from creditscore.errors import TrainingError
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.governance.gate import govern_source
from creditscore.model.fit import FEWEST_BADS, default_params, fit_trees
from creditscore.model.trees import parse_model
from creditscore.training.coalitions import CoalitionFeatures
from creditscore.training.prepared import Prepared
from creditscore.validation.metrics import FEWEST, Ranking
from creditscore.validation.neutrality.membership import Membership

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FIGURES = ("gini", "loss_avoided")


class CoalitionValue:
    """v(S), kept once found: Gini, then loss avoided, each of the whole and then of each half; float64[2 · width]."""

    def __init__(
        self,
        config: TrainConfig,
        events: Events | Store,
        prepared: Prepared,
        members: Membership,
        sample: str,
        progress: Callable[[str], None] | None,
    ) -> None:
        train, judged = prepared.known("train"), prepared.known(sample)
        rows = np.concatenate([train, judged])
        self.outcome, self.borrowers = prepared.outcome[rows], prepared.borrowers[rows]
        self.train, self.judged = np.arange(len(train)), np.arange(len(train), len(rows))
        _check(self.outcome[self.judged], sample)
        self.asked, self.seed, self.progress = config.neutrality, config.seed, progress
        self.params = default_params(int(self.outcome[self.train].sum())) | config.model.params
        applications = prepared.applications.take(pa.array(rows))
        self.features, self.platforms, self.of = prepared.features, members.platforms, members.any[rows]
        self.built = CoalitionFeatures(
            govern_source(events, config.rules),
            applications,
            prepared.features,
            members.only(rows),
            retention=config.rules.retention,
            allowed=prepared.allowed and prepared.allowed.of(rows),
        )
        self.loss = _losses(applications, self.outcome)
        self.halves = _halves(self.outcome, self.borrowers, self.asked.replicates // 2, config.seed)
        self.width = 1 + 2 * len(self.halves)
        self._known: dict[int, Floats] = {0: np.zeros(2 * self.width)}

    def bits(self, platforms: Sequence[str]) -> int:
        """The coalition of these platforms."""
        return sum(1 << self.platforms.index(name) for name in platforms)

    def value(self, members: int) -> Floats:
        """The figures of a coalition, by its members as bits."""
        if members not in self._known:
            self._known[members] = self._found(members)
            if self.progress:
                self.progress(f"{len(self._known) - 1} coalitions of platforms")
        return self._known[members]

    def _found(self, members: int) -> Floats:
        chosen = [p for p in range(len(self.platforms)) if members >> p & 1]
        X = self.built.matrix([self.platforms[p] for p in chosen])
        has = self.of[:, chosen].any(axis=1)
        everyone = np.ones(len(has), np.bool_)
        figures = [self._figures(X, has, everyone, self.asked.seeds)]
        for half in self.halves:
            figures += [self._figures(X, has, own, 1) for own in (half, ~half)]
        return np.array(figures).T.ravel()

    def _figures(self, X: Floats, has: Bools, own: Bools, seeds: int) -> tuple[float, float]:
        """Gini and loss avoided where these rows alone were there."""
        train, judged = self.train[own[self.train]], self.judged[own[self.judged]]
        risk = self._risk(X, has, train, judged, seeds)
        ranking = Ranking.of(self.outcome[judged], risk, np.arange(len(judged)))
        auc, _ = ranking.auc_and_ks(np.ones(len(judged)))
        return 2 * auc - 1, loss_avoided(self.loss[judged], risk, self.asked.approval_rate)

    def _risk(self, X: Floats, has: Bools, train: Ints, judged: Ints, seeds: int) -> Floats:
        """Log-odds of bad: mean margins of those known to the coalition, the prior for the others."""
        bads = self.outcome[train].mean()
        risk = np.full(len(judged), np.log(bads / (1 - bads)))
        fitted, known = train[has[train]], has[judged]
        outcome = self.outcome[fitted]
        if min(outcome.sum(), len(outcome) - outcome.sum()) < FEWEST_BADS or not known.any():
            return risk
        kept = np.flatnonzero(~np.isnan(X[fitted]).all(axis=0))
        own, features = X[np.ix_(fitted, kept)], [self.features[i] for i in kept]
        later = X[np.ix_(judged[known], kept)]
        margins = [
            parse_model(fit_trees(own, outcome, features, params=self.params, seed=self.seed + i)).margin(later)
            for i in range(seeds)
        ]
        risk[known] = np.mean(margins, axis=0)
        return np.asarray(risk, np.float64)


def loss_avoided(loss: Floats, risk: Floats, approval_rate: float) -> float:
    """The share of losses that approving the lowest risk avoids, against approving as many at random.

    Of those who tie at the last place an equal part of each is approved. 0 where there is no loss.

    >>> loss_avoided(np.array([0.0, 0, 0, 1]), np.array([1.0, 2, 3, 4]), 0.75)
    1.0
    """
    approved = approval_rate * len(risk)
    last = np.sort(risk)[max(1, int(np.ceil(approved - 1e-9))) - 1]
    below, tied = risk < last, risk == last
    share = (approved - below.sum()) / tied.sum()
    lost, at_random = loss[below].sum() + share * loss[tied].sum(), approval_rate * loss.sum()
    return float(1 - lost / at_random) if at_random else 0.0


def _losses(applications: pa.Table, outcome: Floats) -> Floats:
    """What each application's going bad loses: its amount where all have one, else 1; 0 for goods."""
    if "amount" not in applications.column_names or applications["amount"].null_count:
        return outcome
    return np.asarray(outcome * applications["amount"].cast(pa.float64()).to_numpy(), np.float64)


def _halves(outcome: Floats, borrowers: Ints, pairs: int, seed: int) -> list[Bools]:
    """Random halves of the borrowers, with as many of those who ever went bad in either; a mask of the rows each."""
    draw = np.random.default_rng(seed)
    names, place = np.unique(borrowers, return_inverse=True)
    ever_bad = np.bincount(place, outcome, len(names)) > 0
    found = []
    for _ in range(pairs):
        half = np.zeros(len(names), np.bool_)
        for group in (np.flatnonzero(ever_bad), np.flatnonzero(~ever_bad)):
            half[draw.permutation(group)[: len(group) // 2]] = True
        found.append(half[place])
    return found


def _check(outcome: Floats, sample: str) -> None:
    bads = int(outcome.sum())
    if min(bads, len(outcome) - bads) < FEWEST:
        raise TrainingError(
            f"platforms' worth: the {sample} sample has {bads} bads of {len(outcome):,} applications; at least "
            f"{FEWEST} bads and goods are needed: widen its dates"
        )
