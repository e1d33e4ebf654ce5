"""What a scorecard holds: features, trees, calibration, scale, reasons and the populations that these compare with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from creditscore.errors import RequestError, ScorecardError
from creditscore.features.formula import Feature
from creditscore.features.plan import Plan, make_plan
from creditscore.governance.rules import DEFAULT, Rules
from creditscore.model.presence import Presence, shares
from creditscore.model.scale import Calibration, MasterScale, Scale
from creditscore.model.trees import Trees, parse_model
from creditscore.model.trees_kernel import Floats, Ints
from creditscore.reasons.by_code import CodeColumns
from creditscore.reasons.codes import ReasonCode
from creditscore.reasons.population import Population
from creditscore.reasons.shapley import Explainer, prepare
from creditscore.scorecard.baseline import Baseline

# Of all applicants: those that nothing costs points against the others are compared with these.
ALL = "all"
REFERENCE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, repr=False)
class Scorecard:
    """Features, trees, calibration, scale and reasons: all that makes a score, and what it was made on.

    `references` are the populations that reasons compare with, the default first; `baseline` is what later months are
    compared with. `facts` are the training's: population, PD horizon, samples, seed. `vectors` are made histories with
    the scores and reasons that they must give. `rules` say which events may be used, in training as in every score.
    `digest` is that of the file it came from or went to; empty before.
    """

    name: str
    features: tuple[Feature, ...]
    model: str
    calibration: Calibration
    scale: Scale
    grades: MasterScale
    codes: Mapping[str, ReasonCode]
    facts: Mapping[str, Any]
    references: tuple[Population, ...] = ()
    baseline: Baseline | None = None
    vectors: tuple[Mapping[str, Any], ...] = ()
    rules: Rules = DEFAULT
    digest: str = ""

    def __repr__(self) -> str:
        return f"Scorecard({self.model_id}: {len(self.features)} features, {self.trees.n_trees} trees)"

    @property
    def model_id(self) -> str:
        """The name with the digest's first twelve digits."""
        return f"{self.name}-{self.digest.removeprefix('sha256:')[:12] or 'unsaved'}"

    @cached_property
    def trees(self) -> Trees:
        return parse_model(self.model)

    @cached_property
    def plan(self) -> Plan:
        return make_plan(self.features, self.rules.retention)

    @cached_property
    def reason_codes(self) -> tuple[str, ...]:
        """Each feature's reason code, in the features' order."""
        return tuple(feature.reason or "" for feature in self.features)

    @cached_property
    def feature_texts(self) -> tuple[tuple[str, str], ...]:
        """Each feature's name and what it says."""
        return tuple((feature.name, feature.en) for feature in self.features)

    def reference(self, name: str | None = None) -> Population:
        """The population of that id; the scorecard's default without one. Raises RequestError for an unknown id."""
        if name is None and self.references:
            return self.references[0]
        known = {population.id: population for population in self.references}
        if not isinstance(name, str) or name not in known:
            # what was given is not told: a caller may have put a borrower's id there
            told = "none of this id" if isinstance(name, str) else f"none that is a {type(name).__name__}"
            raise RequestError(f"reference: the scorecard has {told}; it has {', '.join(known) or 'none'}")
        return known[name]

    def with_reference(self, name: str, rule: str, X: Floats) -> Scorecard:
        """The scorecard with one more population to compare with, of the rows of X, float64[rows, features].

        `rule` says in words who they are. Only counts and quantiles of them are kept. The digest is a new one, once
        saved. Raises ScorecardError for an id that is taken or malformed, TrainingError for fewer than 20 rows.
        """
        if not REFERENCE_ID.fullmatch(name) or name in {population.id for population in self.references}:
            raise ScorecardError(f"reference '{name}': expected a new id of lower-case letters, digits, - and _")
        population = Population.from_rows(name, rule, self.trees, self.presence, self.trees.matrix(X))
        return replace(self, references=(*self.references, population), digest="")

    def explainer(self, reference: str | None = None) -> Explainer:
        """The trees prepared to be explained against a population; kept for the next call."""
        population = self.reference(reference)
        if population.id not in self._explainers:
            self._explainers[population.id] = prepare(self.trees, population.counts)
        return self._explainers[population.id]

    def mean_points(self, reference: str | None = None) -> float:
        """A population's mean points, unrounded: reasons add up from here."""
        name = self.reference(reference).id
        if name not in self._mean_points:
            calibration, shift = self.calibration, float(self.mean_shares(name).sum())
            log_odds = calibration.intercept + calibration.slope * self.explainer(name).expected + shift
            self._mean_points[name] = self.scale.offset - self.scale.factor * log_odds
        return self._mean_points[name]

    def mean_shares(self, reference: str | None = None) -> Floats:
        """What absent families add to a population's mean log-odds of bad, float64[families]."""
        population = self.reference(reference)
        if population.id not in self._mean_shares:
            self._mean_shares[population.id] = population.absent @ self.shares / population.size
        return self._mean_shares[population.id]

    @cached_property
    def presence(self) -> Presence:
        return Presence.of(self.features)

    @cached_property
    def from_events(self) -> Ints:
        """The features that read events, alone or with the application."""
        return np.array([i for i, feature in enumerate(self.features) if feature.tables != ("applications",)], np.int64)

    @cached_property
    def shares(self) -> Floats:
        """What each absent family adds to the log-odds of bad in each pattern, float64[patterns, families]."""
        return shares(self.calibration.shifts, len(self.presence.families))

    @cached_property
    def code_columns(self) -> CodeColumns:
        return CodeColumns.of(self.reason_codes, self.presence)

    @cached_property
    def _explainers(self) -> dict[str, Explainer]:
        return {}

    @cached_property
    def _mean_points(self) -> dict[str, float]:
        return {}

    @cached_property
    def _mean_shares(self) -> dict[str, Floats]:
        return {}
