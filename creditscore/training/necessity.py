"""The minimum necessary: the fewest data families and features whose validation AUC is within a margin of all of them.

Backward elimination on time-ordered folds of the train sample, which keep a borrower on one side: first whole families
of data, those worth least first; then features, the half worth least, or a quarter, an eighth … where so many are too
many. What goes must be excluded, by a paired interval, from costing the margin or more (`validation.necessity`). The
same rows are looked at again and again, so that the last interval flatters; the out-of-time figure is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.config import TrainConfig
from creditscore.model.presence import Presence
from creditscore.training.folds import Fold, Tried, folds_of, judged, out_of_time, place, tried
from creditscore.training.prepared import Prepared, with_columns
from creditscore.validation.necessity import Loss, auc_lost

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Tell = Callable[[str], None]

FOLDS = 4
# Models whose margins are averaged, so that chance in fitting is not taken for need.
SEEDS = 2


@dataclass(frozen=True)
class Step:
    """One try: without what, how many features were left, what that loses, and whether it was taken."""

    without: str
    features: int
    loss: Loss
    taken: bool


@dataclass(frozen=True)
class Minimal:
    """What is kept and dropped, each step on the way, the loss on the folds and, looked at once, out of time.

    `out_of_time` is None where the test sample holds one class only.
    """

    margin: float
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    families: tuple[str, ...]
    families_dropped: tuple[str, ...]
    steps: tuple[Step, ...]
    validation: Loss
    out_of_time: Loss | None


def minimal(
    config: TrainConfig, prepared: Prepared, margin: float | None = None, tell: Tell | None = None
) -> tuple[Prepared, Minimal]:
    """The smallest set found, and how. `margin` is by default the config's `features.minimal`, or 0.002.

    `tell` is given a line a step. Raises TrainingError where the train sample has too few bads for the folds.
    """
    margin = margin if margin is not None else config.features.minimal or 0.002
    search = _Elimination(config, prepared, folds_of(prepared, FOLDS), margin, tell)
    presence = Presence.of(prepared.features)
    gone = search.families(presence)
    search.features()
    kept = np.flatnonzero(search.columns)
    names = np.array([feature.name for feature in prepared.features])
    found = Minimal(
        margin=margin,
        kept=tuple(names[kept].tolist()),
        dropped=tuple(names[~search.columns].tolist()),
        families=presence.families,
        families_dropped=tuple(name for name in presence.families if name in gone),
        steps=tuple(search.steps),
        validation=search.loss_of(search.now),
        out_of_time=_confirmed(config, prepared, kept),
    )
    features = tuple(prepared.features[i] for i in kept)
    return replace(prepared, features=features, matrix=with_columns(prepared.matrix, search.columns)), found


def minimal_facts(found: Minimal) -> dict[str, Any]:
    """What a scorecard and its report say of it."""
    return {
        "margin": found.margin,
        "kept": len(found.kept),
        "dropped": list(found.dropped),
        "families": list(found.families),
        "families_dropped": list(found.families_dropped),
        "steps": [_step_facts(step) for step in found.steps],
        "validation": loss_facts(found.validation),
        "out_of_time": None if found.out_of_time is None else loss_facts(found.out_of_time),
    }


def loss_facts(loss: Loss) -> Mapping[str, float]:
    """A loss as plain figures."""
    return {
        "whole": loss.whole,
        "fewer": loss.fewer,
        "lost": loss.lost.value,
        "lost_low": loss.lost.low,
        "lost_high": loss.lost.high,
    }


def _step_facts(step: Step) -> dict[str, Any]:
    return {"without": step.without, "features": step.features, "taken": step.taken, **loss_facts(step.loss)}


class _Elimination:
    """Which columns are left, what models of them tell, and the steps so far."""

    def __init__(
        self, config: TrainConfig, prepared: Prepared, folds: list[Fold], margin: float, tell: Tell | None
    ) -> None:
        self._config, self._prepared, self._folds, self._margin, self._tell = config, prepared, folds, margin, tell
        self._rows, self._place = judged(folds), place(folds)
        self.columns: Bools = np.ones(len(prepared.features), np.bool_)
        self.whole = self.now = self._tried(self.columns)
        self.steps: list[Step] = []

    def families(self, presence: Presence) -> set[str]:
        """Try to do without each family of data, those worth least first; those that went."""
        reads = {name: presence.read >> f & 1 == 1 for f, name in enumerate(presence.families)}
        each = self.now.worth(self._prepared, self._folds)
        worth = {name: float(each[own].sum()) for name, own in reads.items()}
        gone = set()
        for name in sorted(reads, key=lambda name: worth[name]):
            columns = self.columns & ~reads[name]
            if columns.any() and self._try(columns, f"all that reads {name}"):
                gone.add(name)
        return gone

    def features(self) -> None:
        """Try to do without the features worth least, half of those left at first, then fewer."""
        size = int(self.columns.sum()) // 2
        order = self._by_worth()
        while size:
            least = order[:size]
            columns = self.columns.copy()
            columns[least] = False
            what = self._prepared.features[least[0]].name if size == 1 else f"the {size} features worth least"
            if self._try(columns, what):
                order = self._by_worth()
            else:
                size //= 2
            size = min(size, int(self.columns.sum()) // 2)

    def _by_worth(self) -> Ints:
        """The columns that are left, those worth least first."""
        order = np.argsort(self.now.worth(self._prepared, self._folds), kind="stable")
        left: Ints = np.flatnonzero(self.columns)[order]
        return left

    def loss_of(self, fewer: Tried) -> Loss:
        outcome, borrowers = self._prepared.outcome[self._rows], self._prepared.borrowers[self._rows]
        return auc_lost(outcome, self.whole.margin, fewer.margin, borrowers, self._place)

    def _try(self, columns: Bools, without: str) -> bool:
        """Whether the loss stays within the margin; if so, those columns are what is left."""
        fewer = self._tried(columns)
        loss = self.loss_of(fewer)
        taken = loss.within(self._margin)
        if taken:
            self.columns, self.now = columns, fewer
        self.steps.append(Step(without, int(columns.sum()), loss, taken))
        if self._tell:
            verdict = "dropped" if taken else "needed"
            self._tell(f"without {without}: AUC {loss.fewer:.4f} of {loss.whole:.4f}, {verdict}")
        return taken

    def _tried(self, columns: Bools) -> Tried:
        return tried(self._config, self._prepared, self._folds, np.flatnonzero(columns), SEEDS)


def _confirmed(config: TrainConfig, prepared: Prepared, kept: Ints) -> Loss | None:
    """What is lost on the test sample, by models of the whole train sample."""
    folds, everything = out_of_time(prepared), np.arange(len(prepared.features))
    rows = judged(folds)
    if len(np.unique(prepared.outcome[rows])) < 2:
        return None
    whole, fewer = (tried(config, prepared, folds, columns, SEEDS).margin for columns in (everything, kept))
    return auc_lost(prepared.outcome[rows], whole, fewer, prepared.borrowers[rows])
