"""Models judged later: as fitted by hand, each borrower on one side, worth only from what is used."""

import numpy as np
import pytest

from creditscore.model.fit import fit_trees
from creditscore.model.trees import parse_model
from creditscore.training.folds import Way, folds_of, judged, out_of_time, place, tried
from tests.training.planting import with_features


@pytest.fixture(scope="module")
def planted(prepared):
    draw, n = np.random.default_rng(1), len(prepared.outcome)
    bad = np.nan_to_num(prepared.outcome)
    columns = {("transactions", "signal"): bad + draw.normal(size=n)}
    columns |= {("trips", f"noise_{i}"): draw.normal(size=n) for i in range(3)}
    return with_features(prepared, columns)


def test_borrowers_are_on_one_side_and_later_ones_are_judged(planted):
    time = np.asarray(planted.applications["as_of"].combine_chunks().cast("int64"))
    folds = folds_of(planted, 3)
    for fold in folds:
        assert not set(planted.borrowers[fold.fit]) & set(planted.borrowers[fold.judged])
        assert time[fold.fit].max() <= time[fold.judged].min()
        assert set(planted.samples[fold.fit]) | set(planted.samples[fold.judged]) == {"train"}
    assert len(judged(folds)) == len(place(folds)) == sum(len(fold.judged) for fold in folds)
    (last,) = out_of_time(planted)
    assert set(planted.samples[last.judged]) == {"test"}


def test_margins_are_means_of_models_fitted_by_hand(sample_config, planted):
    folds, columns = folds_of(planted, 2), np.array([0, 2])
    weight = np.random.default_rng(2).uniform(0.5, 2, len(planted.outcome))
    way = Way({"num_iterations": 20}, weight)
    found = tried(sample_config, planted, folds, columns, 2, way)
    fold, features = folds[1], [planted.features[i] for i in columns]
    by_hand = [
        parse_model(
            fit_trees(
                planted.matrix[fold.fit][:, columns], planted.outcome[fold.fit], features,
                params={"num_iterations": 20}, seed=sample_config.seed + i, weight=weight[fold.fit],
            )
        ).margin(planted.matrix[fold.judged][:, columns])
        for i in range(2)
    ]  # fmt: skip
    np.testing.assert_array_equal(found.margin[place(folds) == 1], np.mean(by_hand, axis=0))
    worth = found.worth(planted, folds)
    assert worth.shape == (2,)
    assert worth[0] > 2 * worth[1]
