"""What gaming buys: points where a planted feature can be gamed, exactly as the score itself says, else none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from creditscore.errors import InputError
from creditscore.events.load import load_events
from creditscore.events.schema import Events
from creditscore.events.storing import temporary_store
from creditscore.features.build import compute
from creditscore.features.define import count, obligations, transactions
from creditscore.features.plan import make_plan
from creditscore.scoring.score import score
from creditscore.training import fit, prepare
from creditscore.validation.manipulation import Costs, drawn, gaming, has_histories, schemes_of
from creditscore.validation.manipulation.added import players, repetitions, with_gaming

BOUGHT = transactions.where(kind="purchase", status="completed")


@pytest.fixture(scope="module")
def gameable(sample_config, sample_events):
    """A scorecard on a market where outcomes follow the number of purchases of 90 days, and on nothing else."""
    features = (
        *count(BOUGHT, days="all", name="purchases", reason="S04", riskier="lower"),
        *count(obligations.where(paid=True), days=365, name="paid", reason="O01"),
    )
    model = sample_config.model.model_copy(update={"params": {"num_iterations": 60, "feature_fraction": 1.0}})
    config = sample_config.model_copy(update={"model": model, "cut_off": None})
    prepared = prepare(config, sample_events, features)
    few = np.nan_to_num(prepared.matrix[:, 0]) < np.nanquantile(prepared.matrix[:, 0], 0.7)
    outcome = (np.random.default_rng(1).random(len(few)) < np.where(few, 0.4, 0.05)).astype(float)
    return fit(config, replace(prepared, outcome=outcome)).card


@pytest.fixture(scope="module")
def few(sample_events):
    return drawn(sample_events, sample_events.applications, 60, seed=2)


@pytest.fixture(scope="module")
def found(gameable, few):
    said = []
    return gaming(gameable, *few, times=(5, 80), cut_off=600.0, tell=said.append), said


def test_fake_orders_buy_points_and_transfers_do_not(found):
    table, said = found
    ways = table.ways.set_index(["scheme", "repetitions"])
    assert ways.loc[("fake orders", 80), "points_low"] > 10
    assert ways.loc[("self-transfers", 80), "points"] == 0
    assert ways.loc[("fake orders", 80), "points"] > ways.loc[("fake orders", 5), "points"]
    assert len(said) == 6


def test_the_feature_that_pays_is_named(found):
    best = found[0].best_features()
    assert best["feature"].tolist() == ["purchases_all"]
    assert best["code"].tolist() == ["S04"]
    assert best["per_money"][0] > 0


def test_features_and_codes_sum_to_the_points(found):
    for part in (found[0].features, found[0].codes):
        summed = part.groupby(["scheme", "repetitions"], sort=False)["points"].sum()
        assert summed.tolist() == pytest.approx(found[0].ways["points"].tolist(), abs=1e-9)


def test_points_are_those_of_score(gameable, few, found):
    events, rows = few
    player, has = players(events, rows)
    asked = rows.filter(pa.array(has))
    offset = np.full(has.sum(), 480)
    scheme = schemes_of(Costs())[1]
    gamed = with_gaming(events, player, scheme, repetitions(player, offset, 80, 2))
    before, after = (score(gameable, one, applications=asked)["unrounded_points"].to_numpy() for one in (events, gamed))
    way = found[0].ways.set_index(["scheme", "repetitions"]).loc[("fake orders", 80)]
    assert way["points"] == pytest.approx((after - before).mean(), abs=1e-9)
    assert way["passing"] == pytest.approx((after[before < 600] >= 600).mean())
    assert way["per_money"] == pytest.approx(100 * way["points"] / way["spent"])
    assert (compute(gameable.plan, gamed, asked)[:, 0] >= 79).all()


def test_the_same_call_gives_the_same_figures(gameable, few, found):
    again = gaming(gameable, *few, times=(5, 80), cut_off=600.0)
    assert again.ways.equals(found[0].ways)


def test_drawn_holds_each_borrower_once_with_their_events(sample_events, few):
    events, rows = few
    names = rows["borrower_id"].to_pylist()
    assert len(set(names)) == len(names) == 60
    own = events.of(names[0])
    assert own.transactions.to_pylist() == sample_events.of(names[0]).transactions.to_pylist()


def test_nobody_with_a_history_is_refused(gameable, few):
    assert has_histories(*few)
    assert not has_histories(Events(), few[1])
    with pytest.raises(InputError, match="none of these applicants has a transaction"):
        gaming(gameable, Events(), few[1])


def test_drawn_from_a_store_is_the_same(sample_events):
    some = sample_events.applications.slice(0, 40)
    tables = {name: sample_events.table(name).slice(0, 3_000) for name in ("transactions", "obligations")}
    applications = some.append_column("group", pa.array(["a", "b"] * 20))
    with temporary_store(**tables, applications=applications) as store:
        found, rows = drawn(store, store.applications, 10, seed=3)
        assert rows["group"].to_pylist()[0] in "ab"
    other, same = drawn(load_events(**tables, applications=applications), applications, 10, seed=3)
    assert rows["application_id"].to_pylist() == same["application_id"].to_pylist()
    plan = make_plan(count(transactions, days="all"))
    np.testing.assert_array_equal(compute(plan, found, rows), compute(plan, other, same))
