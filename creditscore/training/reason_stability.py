"""Would other reasons be given, had the model been fitted, or the reference drawn, once more?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from creditscore.config import TrainConfig
from creditscore.model.fit import fit_trees
from creditscore.reasons.population import MOST_KEPT, Population
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import Assessed, assess
from creditscore.training.prepared import Prepared
from creditscore.training.references import default_rows
from creditscore.validation.rank_agreement import MEASURES, rank_agreement
from creditscore.validation.report.origin import evenly
from creditscore.validation.resampling import clusters, draws

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

REFITS, REFERENCES = 5, 20
# Whose reasons are compared, and on how many rows a model is fitted again: of more, so many are drawn.
MOST_ROWS, MOST_TRAINED = 1_000, 50_000


def reason_stability(
    config: TrainConfig,
    prepared: Prepared,
    card: Scorecard,
    *,
    sample: str = "test",
    refits: int = REFITS,
    references: int = REFERENCES,
) -> dict[str, Any]:
    """How often `sample`'s reasons stay, by `rank_agreement`'s measures, as values that JSON can hold.

    - "refit": trees fitted again on the train sample's borrowers drawn with replacement, under other seeds, all else
      held (reference applicants, calibration, scale);
    - "reference": the default reference's applicants drawn with replacement, all else held.

    "groups" tells of all scorable applications, and of those below the cut-off where there is one: value is the mean
    over the fits (or draws), lowest and highest are their range.
    """
    X = prepared.matrix[evenly(np.flatnonzero(prepared.samples == sample), MOST_ROWS)]
    compared_with = _reference(config, prepared, card)
    given = assess(card, X)
    again = {
        "refit": [assess(one, X) for one in _refitted(config, prepared, card, compared_with, refits)],
        "reference": [assess(one, X) for one in _redrawn(card, compared_with, references, config.seed)],
    }
    groups = _groups(card, given).items()
    return {
        "reference": card.reference().id,
        "refits": refits,
        "references": references,
        "groups": [_told(name, own, given, again) for name, own in groups if own.any()],
    }


def _reference(config: TrainConfig, prepared: Prepared, card: Scorecard) -> Floats:
    """The features of the default reference's applicants, as many as a scorecard keeps."""
    rows = default_rows(config, prepared, card)
    return np.asarray(prepared.matrix[evenly(rows, MOST_KEPT)])


def _refitted(
    config: TrainConfig, prepared: Prepared, card: Scorecard, reference: Floats, times: int
) -> Iterator[Scorecard]:
    rows = evenly(prepared.known("train"), MOST_TRAINED)
    who = clusters(prepared.borrowers[rows], len(rows))
    for i, copies in enumerate(draws(who, times, config.seed), start=1):
        drawn = np.repeat(rows, copies[who].astype(np.int64))
        text = fit_trees(
            prepared.matrix[drawn],
            prepared.outcome[drawn],
            prepared.features,
            params=config.model.params,
            seed=config.seed + i,
        )
        yield _with_reference(replace(card, model=text, references=()), reference)


def _redrawn(card: Scorecard, reference: Floats, times: int, seed: int) -> Iterator[Scorecard]:
    generator = np.random.default_rng(seed)
    for _ in range(times):
        drawn = generator.integers(0, len(reference), len(reference))
        yield _with_reference(card, reference[np.sort(drawn)])


def _with_reference(card: Scorecard, X: Floats) -> Scorecard:
    population = Population.from_rows("again", "drawn again", card.trees, card.presence, X)
    return replace(card, references=(population,))


def _groups(card: Scorecard, given: Assessed) -> dict[str, npt.NDArray[np.bool_]]:
    groups = {"all applications": given.scorable}
    cut_off = card.facts.get("cut_off")
    if cut_off is not None:
        groups["below the cut-off"] = given.scorable & (given.unrounded < cut_off)
    return groups


def _told(
    name: str, own: npt.NDArray[np.bool_], given: Assessed, again: Mapping[str, list[Assessed]]
) -> dict[str, Any]:
    kinds = {kind: [rank_agreement(given.worst[own], one.worst[own]) for one in all_] for kind, all_ in again.items()}
    ranges = {
        kind: {measure: _range([one[measure] for one in found]) for measure in MEASURES}
        for kind, found in kinds.items()
    }
    return {"of": name, "n": int(own.sum()), **ranges}


def _range(values: list[float]) -> dict[str, float]:
    return {"value": float(np.mean(values)), "lowest": min(values), "highest": max(values)}
