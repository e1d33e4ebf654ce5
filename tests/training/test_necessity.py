"""The minimum necessary: a useless family goes first, what tells bads from goods stays."""

import json
from dataclasses import replace

import numpy as np
import pytest

from creditscore.training.necessity import minimal, minimal_facts
from tests.training.planting import with_features


@pytest.fixture(scope="module")
def planted(prepared):
    """Two signals in transactions and one in obligations, trips of noise."""
    draw, n = np.random.default_rng(1), len(prepared.outcome)
    bad = np.nan_to_num(prepared.outcome)
    columns = {("transactions", f"signal_{i}"): 2.0 * bad + draw.normal(size=n) for i in range(2)}
    columns |= {("transactions", f"noise_{i}"): draw.normal(size=n) for i in range(3)}
    columns |= {("trips", f"trip_{i}"): draw.normal(size=n) for i in range(4)}
    columns |= {("obligations", "late"): 2.0 * bad + draw.normal(size=n)}
    return with_features(prepared, columns)


@pytest.fixture(scope="module")
def quick(sample_config):
    model = sample_config.model.model_copy(update={"params": {"num_iterations": 60, "feature_fraction": 1.0}})
    return sample_config.model_copy(update={"model": model})


@pytest.fixture(scope="module")
def found(quick, planted):
    said = []
    return *minimal(quick, planted, 0.01, said.append), said


def test_a_useless_family_is_dropped_and_signals_stay(found, planted):
    kept, told, _ = found
    assert told.families_dropped == ("trips",)
    assert {"signal_0", "signal_1", "late"} <= set(told.kept)
    assert not any(name.startswith("trip") for name in told.kept)
    assert sorted(told.kept + told.dropped) == sorted(feature.name for feature in planted.features)
    assert [feature.name for feature in kept.features] == list(told.kept)


def test_the_matrix_goes_with_the_features(found, planted):
    column = {feature.name: i for i, feature in enumerate(planted.features)}
    kept = found[0]
    for feature, values in zip(kept.features, kept.matrix.T, strict=True):
        np.testing.assert_array_equal(values, planted.matrix[:, column[feature.name]])


def test_a_step_is_taken_where_the_interval_excludes_the_margin(found):
    _, told, said = found
    assert all(step.taken == (step.loss.lost.high < 0.01) for step in told.steps)
    assert told.steps[0].without == "all that reads trips"
    assert told.validation.lost.high < 0.01
    assert len(said) == len(told.steps)
    assert told.out_of_time.whole > 0.9


def test_the_test_sample_chooses_nothing(quick, planted, found):
    elsewhere = planted.samples != "train"
    matrix = planted.matrix.copy()
    matrix[elsewhere] = 0.0
    again = minimal(quick, replace(planted, matrix=matrix), 0.01)[1]
    assert again.kept == found[1].kept
    assert again.steps == found[1].steps


def test_facts_are_json(found):
    facts = json.loads(json.dumps(minimal_facts(found[1])))
    assert facts["kept"] == len(found[1].kept)
    assert facts["steps"][0]["taken"] is True
