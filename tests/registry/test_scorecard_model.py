"""What the registered model gives: the scorecard's scores, and clear refusals."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from creditscore.errors import ScorecardError
from creditscore.scorecard import load, save
from creditscore.scoring import score_features
from tests.registry.made import QUIET

import mlflow  # isort: skip  its warnings are silenced where creditscore.registry imports it first

pytestmark = QUIET


def test_registered_model_scores_as_the_scorecard_does(recorded, model, prepared):
    card = load(recorded.made.card_path)
    rows = pd.DataFrame(prepared.matrix[:50], columns=card.plan.names)
    shuffled = rows[rows.columns[::-1]]
    pd.testing.assert_frame_equal(model.predict(shuffled), score_features(card, rows))
    assert {"points", "pd", "grade", "reason_1"} <= set(model.metadata.get_output_schema().input_names())
    assert model.metadata.signature.inputs.input_names() == list(card.plan.names)


def test_registered_model_takes_the_population_that_reasons_compare_with(recorded, model, prepared):
    card = load(recorded.made.card_path)
    rows = pd.DataFrame(prepared.matrix[:50], columns=card.plan.names)
    for reference in (population.id for population in card.references):
        given = model.predict(rows, params={"reference": reference})
        pd.testing.assert_frame_equal(given, score_features(card, rows, reference=reference))


def test_served_in_process_what_is_not_scorable_is_null(model, monkeypatch):
    from mlflow.pyfunc.scoring_server import init, invocations

    monkeypatch.setenv("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", "false")  # put back what init sets
    init(model)
    empty = pd.DataFrame(np.nan, index=[0], columns=model.metadata.signature.inputs.input_names())
    body = json.dumps({"dataframe_split": json.loads(empty.to_json(orient="split"))})
    response = invocations(body, "application/json", model, model.metadata.get_input_schema()).response
    (scored,) = json.loads(response, parse_constant=pytest.fail)["predictions"]
    assert scored["scorable"] is False
    assert scored["points"] is None
    assert scored["grade"] is None


def test_error_of_a_table_that_does_not_fit_shows_no_values(model, made):
    with pytest.raises(mlflow.exceptions.MlflowException) as caught:
        model.predict(made.example.iloc[:, :1].assign(other=120.5))
    assert "120.5" not in str(caught.value)


def test_another_scorecard_put_in_its_place_is_refused(model, tmp_path, trained):
    copy = tmp_path / "model"
    shutil.copytree(model.metadata.artifact_path.removeprefix("file://"), copy)
    (kept,) = copy.rglob("*.scorecard")
    save(replace(trained.card, name="other"), kept)
    with pytest.raises(ScorecardError, match="not the one asked for"):
        mlflow.pyfunc.load_model(str(copy))


def test_a_module_that_cannot_be_imported_is_named(model, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(model.metadata.artifact_path.removeprefix("file://"), copy)
    with pytest.raises(ScorecardError, match=r"module 'no_such_agency', which cannot be imported .* install what it"):
        mlflow.pyfunc.load_model(str(copy), model_config={"feature_modules": ["no_such_agency"]})
