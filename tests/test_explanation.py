"""explain(): what shap's plots take, against shap's own explainer, and that it adds up."""

import lightgbm
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import shap

from creditscore import explain
from creditscore.errors import RequestError
from creditscore.scoring.assess import assess


@pytest.fixture(scope="module")
def table(card, prepared):
    return pd.DataFrame(prepared.matrix[:60], columns=card.plan.names)


@pytest.mark.parametrize("reference", [None, "all"])
def test_points_add_up_to_the_score(card, table, reference):
    found = explain(card, table, reference=reference)
    total = found.base_values + found.values.sum(axis=1)
    np.testing.assert_allclose(total, assess(card, table.to_numpy()).unrounded, rtol=0, atol=1e-9)
    assert found.base_values[0] == card.mean_points(reference)
    assert found.feature_names == list(card.plan.names)
    np.testing.assert_array_equal(found.data, table.to_numpy())


def test_log_odds_add_up_to_the_calibrated_log_odds(card, table):
    found = explain(card, table, unit="log-odds")
    total = found.base_values + found.values.sum(axis=1)
    np.testing.assert_allclose(total, assess(card, table.to_numpy()).log_odds, rtol=0, atol=1e-9)


def test_it_is_shaps_own_answer_against_the_same_population(card, table, prepared):
    # with_reference keeps these very rows; shap is given them as its background
    background = prepared.matrix[100:150]
    ours = explain(card.with_reference("fifty", "fifty rows", background), table, reference="fifty", unit="log-odds")
    theirs = shap.TreeExplainer(
        lightgbm.Booster(model_str=card.model), background, feature_perturbation="interventional", model_output="raw"
    ).shap_values(table.to_numpy(), check_additivity=False)
    np.testing.assert_allclose(ours.values, card.calibration.slope * theirs, rtol=0, atol=1e-6)


def test_one_row_is_the_tables(card, table):
    one = explain(card, table.iloc[3].to_dict())
    np.testing.assert_array_equal(one.values[0], explain(card, table).values[3])


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("plot", [lambda found: shap.plots.waterfall(found[0], show=False),
                                  lambda found: shap.plots.beeswarm(found, show=False),
                                  lambda found: shap.plots.bar(found, show=False)])  # fmt: skip
def test_shaps_plots_take_it(card, table, plot):
    plot(explain(card, table))
    assert plt.gcf().axes
    plt.close("all")


def test_another_unit_is_refused(card, table):
    with pytest.raises(RequestError, match="expected 'points' or 'log-odds', got 'odds'"):
        explain(card, table, unit="odds")
