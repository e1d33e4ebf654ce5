"""A search for a less discriminatory model: a gap made by one proxy goes with it; without one nothing is changed."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from creditscore.config import FairnessConfig, SearchConfig
from creditscore.errors import FeatureError, TrainingError
from creditscore.features.define import applications, ratio, value
from creditscore.training.fairness import (
    less_discriminatory,
    protected_groups,
    reweighing,
    search_facts,
)
from creditscore.training.prepared import prepare
from tests.training.planting import with_features

GROUPS = FairnessConfig(attributes=["group"], search=SearchConfig(folds=2, margin=0.02))


@pytest.fixture(scope="module")
def config(sample_config):
    model = sample_config.model.model_copy(update={"params": {"num_iterations": 40, "feature_fraction": 1.0}})
    return sample_config.model_copy(update={"model": model, "fairness": GROUPS})


@pytest.fixture(scope="module")
def planted(prepared):
    """Signals that know nothing of the group, and a proxy of it that once went with bad outcomes, by the labels' bias.

    In the train sample the group's outcomes are worse; the proxy adds nothing else.
    """
    draw, n = np.random.default_rng(1), len(prepared.outcome)
    member = draw.random(n) < 0.35
    bad = np.nan_to_num(prepared.outcome)
    columns = {("transactions", f"signal_{i}"): 1.5 * bad + draw.normal(size=n) for i in range(9)}
    columns |= {("trips", "proxy"): 3.0 * member + 0.3 * bad + draw.normal(size=n)}
    group = pa.array(np.where(member, "b", "a"))
    made = with_features(prepared, columns, group=group)
    biased = np.where(member & (draw.random(n) < 0.12) & ~np.isnan(made.outcome), 1.0, made.outcome)
    return replace(made, outcome=biased)


@pytest.fixture(scope="module")
def found(config, planted):
    said = []
    return less_discriminatory(config, planted, 0.8, said.append), said


def test_the_planted_proxy_is_what_goes(found):
    search, said = found
    assert search.table.loc[0, "name"] == "as trained"
    by_name = search.table.set_index("name")
    assert by_name.loc["without the strongest 5% of proxies", "gap"] < by_name.loc["as trained", "gap"] - 0.1
    assert search.chosen.name != "as trained"
    assert "proxy" in search.left_out or search.chosen.reweighted
    assert len(said) == len(search.table)
    # of ten features 5% and 10% are one, and the family of one feature is that one
    assert by_name.index.is_unique
    assert not {"without the strongest 10% of proxies", "without trips"} & set(by_name.index)


def test_the_chosen_one_is_confirmed_out_of_time(found):
    search, _ = found
    assert search.gap.after < search.gap.before
    assert search.gap.change.high < 0
    assert search.table["chosen"].sum() == 1
    assert search.table.loc[search.table["chosen"], "auc"].iloc[0] >= search.table.loc[0, "auc"] - 0.02


def test_facts_are_json(found):
    facts = json.loads(json.dumps(search_facts(found[0])))
    assert facts["confirmed"]["gap_after"] == pytest.approx(found[0].gap.after)
    assert len(facts["alternatives"]) == len(found[0].table)


def test_weights_make_outcome_and_group_independent():
    draw = np.random.default_rng(2)
    group = draw.choice(["a", "b", "c"], 500)
    outcome = (draw.random(500) < np.where(group == "a", 0.5, 0.2)).astype(float)
    weight = reweighing(group.astype(object), outcome)
    rates = [np.average(outcome[group == one], weights=weight[group == one]) for one in "abc"]
    assert rates == pytest.approx([outcome.mean()] * 3)
    assert (reweighing(group.astype(object), outcome, 0.0) == 1).all()


def test_protected_columns_are_refused_as_features(config, sample_events):
    whole = value(applications.group, name="who")
    part = ratio(applications.group, applications.amount, name="hidden")
    for features in (whole, part):
        with pytest.raises(FeatureError, match=r"reads applications.group.*never an input"):
            prepare(config, sample_events, features)


def test_a_column_that_is_not_there_is_named(config, prepared):
    with pytest.raises(TrainingError, match="the applications have no column 'group'"):
        protected_groups(config, prepared)
