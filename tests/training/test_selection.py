"""Features that are kept, and what is said of the others."""

from dataclasses import replace

import numpy as np
import pytest

from creditscore.config import SelectConfig
from creditscore.config.features import FeaturesConfig
from creditscore.errors import TrainingError
from creditscore.features.formula import ApplicationValue, Feature
from creditscore.training.selection import select


def made(prepared, columns):
    """The sample's borrowers with other features: a name to a column."""
    features = tuple(Feature(name, ApplicationValue(name)) for name in columns)
    return replace(prepared, features=features, matrix=np.column_stack(list(columns.values())))


@pytest.fixture(scope="module")
def planted(prepared):
    """Signals of the outcome among noise, a copy and constants."""
    draw = np.random.default_rng(1)
    n = len(prepared.outcome)
    bad = np.nan_to_num(prepared.outcome)
    columns = {f"signal_{i}": bad + draw.normal(0, 1.5, n) for i in range(4)}
    columns |= {f"noise_{i}": draw.normal(size=n) for i in range(30)}
    columns |= {"copy": columns["signal_2"], "gone": np.full(n, np.nan), "same": np.full(n, 3.0)}
    return made(prepared, columns)


@pytest.fixture(scope="module")
def found(sample_config, planted):
    kept, verdicts = select(sample_config, planted)
    return kept, {verdict.feature: verdict for verdict in verdicts}


def test_signals_are_kept_and_most_noise_is_not(found, planted):
    kept, verdicts = found
    assert list(verdicts) == [feature.name for feature in planted.features]
    assert all(verdicts[f"signal_{i}"].kept for i in range(4))
    assert sum(verdicts[f"noise_{i}"].kept for i in range(30)) <= 8
    assert [feature.name for feature in kept.features] == [name for name, one in verdicts.items() if one.kept]


def test_the_matrix_goes_with_the_features(found, planted):
    kept, _ = found
    column = {feature.name: i for i, feature in enumerate(planted.features)}
    for feature, values in zip(kept.features, kept.matrix.T, strict=True):
        np.testing.assert_array_equal(values, planted.matrix[:, column[feature.name]])


def test_each_verdict_says_why(found):
    _, verdicts = found
    assert verdicts["copy"].why == "the same as signal_2"
    assert verdicts["gone"].why == "missing in 100.0% of the train sample"
    assert verdicts["same"].why == "3 in 100.0% of the train sample"
    assert verdicts["signal_0"].why == "above noise in 5 of 5 folds"


def test_only_the_train_sample_is_looked_at(sample_config, planted, found):
    elsewhere = planted.samples != "train"
    matrix, outcome = planted.matrix.copy(), planted.outcome.copy()
    matrix[elsewhere], outcome[elsewhere] = 0.0, 1.0
    _, verdicts = select(sample_config, replace(planted, matrix=matrix, outcome=outcome))
    assert {verdict.feature: verdict for verdict in verdicts} == found[1]


def test_where_nothing_survives_training_stops(sample_config, prepared):
    draw = np.random.default_rng(2)
    noise = made(prepared, {f"noise_{i}": draw.normal(size=len(prepared.outcome)) for i in range(6)})
    strict = FeaturesConfig(select=SelectConfig(folds=6, share=1.0))
    with pytest.raises(TrainingError, match="keeps nothing"):
        select(sample_config.model_copy(update={"features": strict}), noise)
