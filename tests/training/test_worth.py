"""What a data family is worth: something where it tells bads from goods, nothing where it is noise."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from creditscore.model.fit import fit_trees
from creditscore.model.trees import parse_model
from creditscore.training.worth import family_worth


@pytest.fixture(scope="module")
def found(sample_config, prepared):
    return family_worth(sample_config, prepared, seeds=1)


def test_there_is_a_row_for_each_family_and_file(found, prepared):
    assert found["family"].tolist() == [name for name in ("transactions", "trips", "obligations") for _ in range(3)]
    assert found["file"].tolist() == ["all", "thin", "thick"] * 3
    everyone = found[found["file"] == "all"]
    assert (everyone["n"] == len(prepared.known("test"))).all()
    parts = found[found["file"] != "all"].groupby("family")["n"].sum()
    assert (parts == len(prepared.known("test"))).all()


def test_aucs_are_those_of_models_fitted_with_and_without(found, sample_config, prepared):
    train, test = prepared.known("train"), prepared.known("test")
    row = found[(found["family"] == "obligations") & (found["file"] == "all")].iloc[0]
    for name, features in (
        ("auc_with", prepared.features),
        ("auc_without", [feature for feature in prepared.features if "obligations" not in feature.tables]),
    ):
        columns = [prepared.features.index(feature) for feature in features]
        text = fit_trees(prepared.matrix[train][:, columns], prepared.outcome[train], features, seed=sample_config.seed)
        margin = parse_model(text).margin(prepared.matrix[test][:, columns])
        assert row[name] == pytest.approx(roc_auc_score(prepared.outcome[test], margin), abs=1e-12)
    assert row["worth"] == pytest.approx(row["auc_with"] - row["auc_without"], abs=1e-12)
    assert row["low"] <= row["worth"] <= row["high"]


def test_a_family_of_noise_is_worth_nothing_for_sure(sample_config, prepared):
    matrix = prepared.matrix.copy()
    trips = [i for i, feature in enumerate(prepared.features) if "trips" in feature.tables]
    order = np.random.default_rng(1).permutation(len(matrix))
    matrix[:, trips] = matrix[np.ix_(order, trips)]
    table = family_worth(sample_config, replace(prepared, matrix=matrix), seeds=1)
    row = table[(table["family"] == "trips") & (table["file"] == "all")].iloc[0]
    assert row["low"] <= 0


def test_a_family_that_tells_everything_is_worth_much(sample_config, prepared):
    matrix = prepared.matrix.copy()
    trips = [
        i for i, feature in enumerate(prepared.features) if "trips" in feature.tables and feature.riskier == "higher"
    ]
    matrix[:, trips[0]] = np.nan_to_num(prepared.outcome) + np.random.default_rng(1).normal(0, 0.4, len(matrix))
    table = family_worth(sample_config, replace(prepared, matrix=matrix), seeds=1)
    row = table[(table["family"] == "trips") & (table["file"] == "all")].iloc[0]
    assert row["low"] > 0.05
    assert row["bad_rate_with"] < row["bad_rate_without"]
