"""A scorecard made in a moment, on drawn numbers: all of a real one's parts, and nobody behind them."""

from dataclasses import replace
from functools import cache

import numpy as np

from creditscore.features import CATALOGUE
from creditscore.model.binned import binned
from creditscore.model.fit import fit_trees
from creditscore.model.presence import Presence
from creditscore.model.scale import MASTER_SCALE, Calibration, Scale
from creditscore.reasons.codes import ABSENCE, CODES
from creditscore.reasons.population import Population
from creditscore.scorecard import Scorecard
from creditscore.scorecard.baseline import Baseline
from creditscore.scoring.conformance import make_vectors

ROWS = 1_500


def features_of(count=12):
    """So many features of the catalogue: some of each family, evenly over its length."""
    places = np.linspace(0, len(CATALOGUE) - 1, count).astype(int)
    return tuple(CATALOGUE[i] for i in places)


def drawn(features, rows=ROWS, seed=1):
    """Numbers drawn for the features, a family missing here and there: float64[rows, features], and outcomes."""
    draw = np.random.default_rng(seed)
    X = np.round(draw.lognormal(2, 1, (rows, len(features))), 3)
    presence = Presence.of(features)
    for f in range(len(presence.families)):
        X[np.ix_(draw.random(rows) < 0.15, presence.read >> f & 1 == 1)] = np.nan
    X[draw.random(X.shape) < 0.05] = np.nan
    directions = np.array([{"higher": 1.0, "lower": -1.0, None: 0.3}[feature.riskier] for feature in features])
    odds = np.nan_to_num(np.log(X) - 2) @ (directions * draw.random(len(features))) - 1
    return X, (draw.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.float64)


@cache
def small_card(count=12, trees=10, leaves=8):
    """A scorecard of so many features and trees, with its references, baseline and vectors; unsaved."""
    features = features_of(count)
    X, outcome = drawn(features)
    params = {"num_iterations": trees, "num_leaves": leaves, "learning_rate": 0.3, "min_data_in_leaf": 20}
    patterns = Presence.of(features).patterns
    card = Scorecard(
        name="small",
        features=features,
        model=fit_trees(X, outcome, features, params=params),
        calibration=Calibration(-0.1, 0.9, (0.0, *np.linspace(0.1, 0.3, patterns - 1).tolist())),
        scale=Scale(base_points=600, good_bad_odds=20, pdo=40, lowest=300, highest=900),
        grades=MASTER_SCALE,
        codes={code: CODES[code] for code in sorted({*(feature.reason for feature in features), *ABSENCE.values()})},
        facts={"population": "drawn numbers, nobody's", "pd_horizon_months": 12},
    )
    named = (("cut_off", "the first 300 rows", X[:300]), ("all", "all rows", X))
    populations = [Population.from_rows(name, rule, card.trees, card.presence, rows) for name, rule, rows in named]
    bins = tuple(binned(column) for column in X.T)
    baseline = Baseline("test", binned(X[:, 0]), bins, dict.fromkeys(card.codes, 0.1), 0.02)
    card = replace(card, references=tuple(populations), baseline=baseline)
    return replace(card, vectors=make_vectors(card))
