"""What platforms are worth on a small made market: nothing for noise, the same for a twin, all together the whole."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.metrics import roc_auc_score

from creditscore.config.report import NeutralityConfig
from creditscore.errors import ConfigError, TrainingError
from creditscore.events.schema import EVENT_TABLES
from creditscore.features.define import flatten
from creditscore.model.fit import default_params, fit_trees
from creditscore.model.trees import parse_model
from creditscore.training import prepare
from creditscore.training.coalition_value import loss_avoided
from creditscore.training.platform_worth import platform_worth
from creditscore.validation.neutrality.membership import membership

NAMES = (
    "late_share_365d", "days_past_due_worst_365d", "balance_smallest_90d", "transaction_tenure", "spending_total_90d",
    "transactions_known_all", "platforms_all",
)  # fmt: skip
QUICK = {"num_iterations": 20}


def with_twin(events, platform, twin):
    """Every event of the platform, sent by a twin too."""
    tables = {}
    for name in EVENT_TABLES:
        table = events.table(name)
        i, names = table.schema.get_field_index("platform"), table["platform"].cast(pa.string())
        own = table.filter(pc.equal(names, platform)).drop_columns("platform")
        twins = own.add_column(i, "platform", pa.array([twin] * own.num_rows, pa.string()))
        both = pa.concat_tables([table.set_column(i, "platform", names), twins])
        tables[name] = both.set_column(i, "platform", both["platform"].combine_chunks().dictionary_encode())
    return replace(events, **tables)


@pytest.fixture(scope="module")
def quick(sample_config):
    asked = NeutralityConfig(seeds=2, replicates=4, owners={"grove": ["alder", "cedar"]})
    model = sample_config.model.model_copy(update={"params": QUICK})
    return sample_config.model_copy(update={"neutrality": asked, "model": model})


@pytest.fixture(scope="module")
def features(prepared):
    chosen = [one for one in prepared.features if one.name in NAMES]
    assert len(chosen) >= 4
    return flatten(chosen)


@pytest.fixture(scope="module")
def small(quick, sample_events, features):
    return prepare(quick, sample_events, features)


@pytest.fixture(scope="module")
def found(quick, sample_events, small):
    return platform_worth(quick, sample_events, small, membership(sample_events, small.applications))


def test_shares_sum_to_the_whole_which_is_a_plain_fits_gini(found, quick, small, sample_events):
    assert found.platforms["player"].tolist() == ["alder", "birch", "cedar"]
    for figure in ("gini", "loss_avoided"):
        assert found.platforms[figure].sum() == pytest.approx(found.whole[figure])
    train, test = small.known("train"), small.known("test")
    has = membership(sample_events, small.applications).any.any(axis=1)
    fitted = train[has[train]]
    params = default_params(int(small.outcome[train].sum())) | QUICK
    risk = np.full(len(test), np.log(small.outcome[train].mean() / (1 - small.outcome[train].mean())))
    margins = [
        parse_model(
            fit_trees(small.matrix[fitted], small.outcome[fitted], small.features, params=params, seed=quick.seed + i)
        ).margin(small.matrix[test])
        for i in range(2)
    ]
    risk[has[test]] = np.mean(margins, axis=0)[has[test]]
    assert found.whole["gini"] == pytest.approx(2 * roc_auc_score(small.outcome[test], risk) - 1, abs=1e-12)
    assert (found.n, found.bads, found.exact) == (len(test), small.outcome[test].sum(), True)


def test_common_owners_are_one_player_with_what_they_are_worth_together(found):
    owners = found.owners.set_index("player")
    assert list(owners.index) == ["grove", "birch"]
    assert owners.loc["grove", "platforms"] == "alder, cedar"
    assert owners["gini"].sum() == pytest.approx(found.whole["gini"])
    birch = found.platforms.set_index("player").loc["birch"]
    for name in ("gini_alone", "gini_last", "loss_avoided_alone"):
        assert owners.loc["birch", name] == birch[name]


def test_intervals_hold_the_share_and_are_of_the_halves(found):
    for figure in ("gini", "loss_avoided"):
        low, value, high = (found.platforms[figure + end] for end in ("_low", "", "_high"))
        assert ((low < value) & (value < high)).all()
        np.testing.assert_allclose(value - low, high - value)


def test_a_twin_is_worth_exactly_what_its_original_is(quick, sample_events, features):
    events = with_twin(sample_events, "cedar", "aspen")
    asked = quick.model_copy(update={"neutrality": NeutralityConfig(seeds=1, replicates=4)})
    small = prepare(asked, events, features)
    found = platform_worth(asked, events, small, membership(events, small.applications))
    table = found.platforms.set_index("player").drop(columns="platforms")
    assert found.owners is None
    assert table.loc["aspen"].tolist() == table.loc["cedar"].tolist()
    assert table.loc["cedar", "gini"] != table.loc["alder", "gini"]


def test_an_owner_of_no_platform_and_a_sample_without_bads_are_refused(quick, sample_events, small):
    strange = quick.model_copy(update={"neutrality": NeutralityConfig(owners={"grove": ["elm"]}, replicates=4)})
    members = membership(sample_events, small.applications)
    with pytest.raises(ConfigError, match=r"owners.grove: no platform 'elm' .*alder, birch, cedar"):
        platform_worth(strange, sample_events, small, members)
    good = replace(small, outcome=np.where(small.samples == "test", 0, small.outcome))
    with pytest.raises(TrainingError, match="test sample has 0 bads"):
        platform_worth(quick, sample_events, good, members)


def test_losses_avoided_by_hand():
    loss, risk = np.array([0.0, 10, 0, 30, 5]), np.array([1.0, 2, 3, 4, 5])
    assert loss_avoided(loss, risk, 0.6) == pytest.approx(1 - 10 / (0.6 * 45))
    assert loss_avoided(loss, np.zeros(5), 0.6) == pytest.approx(0)
    # half of a tie of two
    assert loss_avoided(loss, np.array([1.0, 2, 3, 4, 4]), 0.8) == pytest.approx(1 - (10 + 17.5) / (0.8 * 45))
    assert loss_avoided(np.zeros(5), risk, 0.5) == 0
