"""The figures of a row that can be changed, each with the values at which something in the score changes.

A lever is what a changeable feature with a direction of risk moves by: the feature itself, or of a quotient its
numerator, of a difference its minuend, of a mean the total; a loan's instalment is one lever, though several ratios
hold it. It moves in the direction of less risk, and no farther than the reference population's 5 % or 95 % quantile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from creditscore.features.consistency import DIFFERENCE, Relations, relations_of
from creditscore.features.figures import CLOSE, UNKNOWN, figures_of
from creditscore.model.trees_kernel import CATEGORICAL
from creditscore.reasons.bins import bins_of, place
from creditscore.scorecard import Scorecard
from creditscore.scoring.following import Rules, follow, rules_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# A lever with so few steps is tried at each; else where a tree's answer changes.
_FEW_STEPS = 64
# Figures without steps of their own are told with so many digits.
_DIGITS = 4


class Lever(NamedTuple):
    """A figure to move, and the feature that names it, by its place: from `first` to `last` steps, `step` to a unit.

    `width` is the reference's interquartile range of the feature, in which a change is measured.
    """

    figure: int
    feature: int
    step: float
    first: int
    last: int
    width: float


@dataclass(frozen=True, eq=False)
class Situation:
    """One row, float64[features], and how it can be changed: the rules that hold in it, and the reference's range."""

    card: Scorecard
    row: Floats
    relations: Relations
    rules: Rules
    range: Floats
    levers: tuple[Lever, ...]

    @classmethod
    def of(cls, card: Scorecard, row: Floats, reference: str | None) -> Situation:
        """The situation of a row, with all of its levers, those of shorter windows first."""
        relations = relations_of(card.features)
        values, units = figures_of(relations, row[None])
        rules = rules_of(relations, values[0], units[0])
        bare = cls(card, row, relations, rules, card.reference(reference).range, ())
        leads = {i: lead for i, one in enumerate(card.features) if one.changeable and (lead := bare._lead(i)) >= 0}
        movable = np.isin(np.arange(len(values[0])), list(leads.values()))
        found = [lever for lever in bare._levers(leads, card.reference(reference).middle) if lever]
        order = sorted(found, key=lambda lever: (relations.days[lever.figure], lever.feature))
        return replace(bare, rules=rules._replace(movable=movable), levers=tuple(order))

    def rows(self, moves: Ints, targets: Floats) -> tuple[Floats, Bools]:
        """What becomes of the row where levers come to targets, both [changes, levers at a time], −1 no lever.

        The rows, float64[changes, features], and whether each is possible and keeps to the reference's range.
        """
        figures = np.append([lever.figure for lever in self.levers], -1)[moves].astype(np.int64)
        values = np.empty((len(moves), len(self.rules.base)))
        possible = np.empty(len(moves), np.bool_)
        follow(self.rules, figures, targets, values, possible)
        rows = values[:, self.relations.figure_of]
        same = np.abs(rows - self.row) <= CLOSE * np.maximum(1.0, np.abs(self.row))
        np.copyto(rows, self.row, where=same)
        some = rows[possible]
        possible[possible] = self._in_range(some) & self._named(some, moves[possible])
        return rows, possible

    def _in_range(self, rows: Floats) -> Bools:
        """Whether what changed lies in the reference's range, or no farther out of it than before."""
        changed = (rows != self.row) & ~np.isnan(rows)
        low, high = np.minimum(self.range[:, 0], self.row), np.maximum(self.range[:, 1], self.row)
        return np.asarray((~changed | ((low <= rows) & (rows <= high))).all(axis=1))

    def _named(self, rows: Floats, moves: Ints) -> Bools:
        """Whether the feature that names each lever moved as it should, and into the range."""
        features = np.array([lever.feature for lever in self.levers], np.int64)[moves]
        down = np.array([lever.last < lever.first for lever in self.levers])[moves]
        now = np.take_along_axis(rows, features, axis=1)
        better = np.where(down, now < self.row[features], now > self.row[features])
        inside = (self.range[features, 0] <= now) & (now <= self.range[features, 1])
        return np.asarray(((better & inside) | (moves < 0)).all(axis=1))

    def _lead(self, feature: int) -> int:
        """The figure that a feature moves by, −1 where there is none."""
        figure = int(self.relations.figure_of[feature])
        if self.rules.unit[figure] == UNKNOWN:
            return -1
        while self.rules.maker[figure] >= 0:
            operation, _, first, second = self.rules.made[self.rules.maker[figure]].tolist()
            if operation != DIFFERENCE and not self.rules.base[second] > 0:
                return -1
            figure = first
        return figure

    def _at(self, feature: int, value: float) -> float:
        """The lead's value at which the feature has this one, if nothing else moves."""
        figure = int(self.relations.figure_of[feature])
        while self.rules.maker[figure] >= 0:
            operation, _, first, second = self.rules.made[self.rules.maker[figure]].tolist()
            other = float(self.rules.base[second])
            value = value + other if operation == DIFFERENCE else value * other
            figure = first
        return value

    def _levers(self, leads: dict[int, int], middle: Floats) -> list[Lever | None]:
        """A lever for each lead, named by the feature that it is, else by the first of those that it moves."""
        directed = [i for i in leads if self.card.features[i].riskier is not None]
        found: dict[int, int] = {}
        for feature in sorted(directed, key=lambda i: self.relations.figure_of[i] != leads[i]):
            found.setdefault(leads[feature], feature)
        return [self._lever(figure, feature, middle[feature]) for figure, feature in found.items()]

    def _lever(self, figure: int, feature: int, middle: Floats) -> Lever | None:
        """None where the feature cannot become better within the reference's range."""
        low, high = self.range[feature]
        down = self.card.features[feature].riskier == "higher"
        if not (self.row[feature] > low if down else self.row[feature] < high):
            return None
        start, end = float(self.rules.base[figure]), self._at(feature, float(low if down else high))
        step = float(self.rules.step[figure]) or _round_step(max(abs(start), abs(end)))
        first, last = start * step, end * step
        steps = (np.floor(first), np.ceil(last - CLOSE)) if down else (np.ceil(first), np.floor(last + CLOSE))
        width = float(middle[1] - middle[0]) or float(high - low)
        own = Lever(figure, feature, step, int(steps[0]), int(steps[1]), width)
        return own if (own.last < own.first if down else own.last > own.first) else None


def _round_step(largest: float) -> float:
    """Steps to a unit, a power of ten, so that numbers up to `largest` are told with four digits.

    >>> _round_step(0.35), _round_step(7_310.0)
    (10000.0, 1.0)
    """
    return float(10.0 ** (_DIGITS - 1 - np.floor(np.log10(largest))))


@dataclass(frozen=True, eq=False)
class Choices:
    """The values worth trying of all levers: `lever` and `target` of each, the nearest first, and `cost`, how far it is
    in the reference's interquartile ranges. Of those that the trees cannot tell apart there is one, the nearest, but
    that what is not possible alone may be so with another lever, and stays.
    """

    lever: Ints
    target: Floats
    cost: Floats

    @classmethod
    def of(cls, situation: Situation) -> Choices:
        """Every step where a lever has few, else those at which some tree's answer changes; and the farthest."""
        tried = [_few_steps(lever) for lever in situation.levers]
        for lever, steps in zip(*_crossings(situation, tried), strict=True):
            tried[lever] = [*tried[lever], int(steps)]
        levers, steps = [], []
        for number, (lever, some) in enumerate(zip(situation.levers, tried, strict=True)):
            nearest_first = sorted({*some, lever.last} - {lever.first}, key=lambda step: abs(step - lever.first))
            levers += [number] * len(nearest_first)
            steps += nearest_first
        return cls._told_apart(situation, np.array(levers, np.int64), np.array(steps, np.float64))

    @classmethod
    def _told_apart(cls, situation: Situation, lever: Ints, steps: Floats) -> Choices:
        unit = np.array([one.step for one in situation.levers])[lever]
        target = steps / unit
        rows, possible = situation.rows(lever[:, None], target[:, None])
        codes = _codes(situation.card, np.vstack([situation.row, rows]))
        seen: set[tuple[int, bytes]] = {(number, codes[0].tobytes()) for number in range(len(situation.levers))}
        kept = []
        for i, key in enumerate(zip(lever.tolist(), map(bytes, codes[1:]), strict=True)):
            if key not in seen or not possible[i]:
                kept.append(i)
            seen.add(key)
        cost = [_cost(situation, situation.levers[lever[i]], rows[i]) for i in kept]
        return cls(lever[kept], target[kept], np.array(cost, np.float64))


def _cost(situation: Situation, lever: Lever, row: Floats) -> float:
    change = abs(float(row[lever.feature] - situation.row[lever.feature]))
    return change / lever.width if lever.width else 1.0


def _codes(card: Scorecard, rows: Floats) -> npt.NDArray[np.uint16]:
    """The bins of some rows, [rows, columns]: alike where no tree tells them apart."""
    bins = bins_of(card.trees)
    codes = np.empty((len(bins.feature), len(rows)), np.uint16)
    place(bins.cuts, bins.starts, bins.feature, rows, codes)
    return np.ascontiguousarray(codes.T)


def _few_steps(lever: Lever) -> list[int]:
    if abs(lever.last - lever.first) > _FEW_STEPS:
        return []
    towards = 1 if lever.last > lever.first else -1
    return list(range(lever.first, lever.last + towards, towards))


def _crossings(situation: Situation, tried: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Of the other levers, the first step at which each feature that they move passes each threshold: lever, step."""
    levers = [number for number, steps in enumerate(tried) if not steps]
    ends = np.array([situation.levers[number].last / situation.levers[number].step for number in levers])
    numbers = np.array(levers, np.int64)
    far, _ = situation.rows(numbers[:, None], ends[:, None])
    asked = [
        (number, feature, threshold)
        for number, row in zip(levers, far, strict=True)
        for feature, threshold in _between(situation, row)
    ]
    lever = np.array([number for number, _, _ in asked], np.int64)
    feature = np.array([feature for _, feature, _ in asked], np.int64)
    return lever, _bisected(situation, lever, feature, np.array([threshold for _, _, threshold in asked]))


def _between(situation: Situation, row: Floats) -> list[tuple[int, float]]:
    """The features that change, with the thresholds that they pass on the way."""
    nodes = situation.card.trees.nodes
    plain = nodes.decision & CATEGORICAL == 0
    feature, threshold = nodes.feature[plain], nodes.threshold[plain]
    before, after = situation.row[feature], row[feature]
    passed = (before <= threshold) != (after <= threshold)
    return sorted({*zip(feature[passed].tolist(), threshold[passed].tolist(), strict=True)})


def _bisected(situation: Situation, lever: Ints, feature: Ints, threshold: Floats) -> Ints:
    """For each of the arrays' places the step nearest to the first at which the feature is past the threshold."""
    own = [situation.levers[number] for number in lever]
    near, far = np.array([one.first for one in own], np.int64), np.array([one.last for one in own], np.int64)
    unit, before = np.array([one.step for one in own]), situation.row[feature] <= threshold
    while (np.abs(far - near) > 1).any():
        middle = near + (far - near) // 2
        rows, _ = situation.rows(lever[:, None], (middle / unit)[:, None])
        passed = (rows[np.arange(len(rows)), feature] <= threshold) != before
        near, far = np.where(passed, near, middle), np.where(passed, middle, far)
    return far
