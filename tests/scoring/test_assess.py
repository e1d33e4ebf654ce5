"""Points and reasons of a feature matrix."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.model.fit import fit_trees
from creditscore.model.scale import Calibration, Scale
from creditscore.scoring.assess import assess


def test_reasons_and_the_reference_add_up_to_the_score_on_every_row(card, prepared):
    assessed = assess(card, prepared.matrix)
    total = card.mean_points() + assessed.code_points.sum(axis=1)
    assert np.abs(total - assessed.unrounded).max() < 1e-9


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_reasons_add_up_whatever_the_features(card, data):
    values = data.draw(
        st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=len(card.features), max_size=len(card.features))
    )
    matrix = np.array([[np.nan if value is None else value for value in values]])
    assessed = assess(card, matrix)
    assert abs(card.mean_points() + assessed.code_points.sum() - assessed.unrounded[0]) < 1e-9


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_reasons_add_up_whatever_the_model(card, prepared, data):
    """Trees, calibration with shifts of absent families, scale and reference are drawn; some rows lack families."""
    draw = data.draw
    params = {"num_leaves": draw(st.integers(2, 40)), "num_iterations": draw(st.integers(1, 15)),
              "max_depth": draw(st.integers(1, 9)), "extra_trees": draw(st.booleans())}  # fmt: skip
    rows = prepared.known("train")
    seed, number = draw(st.integers(1, 1_000)), st.floats(-2, 2)
    made = replace(
        card,
        model=fit_trees(prepared.matrix[rows], prepared.outcome[rows], card.features, params=params, seed=seed),
        calibration=Calibration(draw(number), draw(st.floats(0.1, 3)), (0.0, *(draw(number) for _ in range(7)))),
        scale=Scale(draw(st.floats(0, 1_000)), draw(st.floats(0.5, 100)), draw(st.floats(1, 100)), 300, 900),
        references=(),
    )
    X = prepared.matrix[np.random.default_rng(seed).choice(len(prepared.matrix), 400, replace=False)].copy()
    for f in range(3):
        X[f * 40 : 160 + f * 10, card.presence.read >> f & 1 == 1] = np.nan
    made = made.with_reference("drawn", "a drawn sample", X[::2])
    found = assess(made, X)
    assert len(set(card.presence.absent(X).tolist())) == 8
    assert np.abs(made.mean_points("drawn") + found.code_points.sum(axis=1) - found.unrounded).max() < 1e-9
    assert made.mean_points("drawn") == pytest.approx(found.unrounded[::2].mean(), abs=1e-9)


@pytest.mark.parametrize(("family", "code"), [("transactions", "H05"), ("trips", "H06"), ("obligations", "H07")])
def test_what_an_absent_family_costs_is_under_its_own_code(card, prepared, family, code):
    X = prepared.matrix[:200].copy()
    X[:, [i for i, feature in enumerate(card.features) if family in feature.tables]] = np.nan
    found = assess(card, X)
    values = card.explainer().contributions(X)
    own = [i for i, feature in enumerate(card.features) if family in feature.tables]
    others = {feature.reason for i, feature in enumerate(card.features) if i not in own}
    only_of_it = [found.codes.index(c) for c in set(card.reason_codes) - others]
    assert np.array_equal(found.code_points[:, only_of_it], np.zeros((200, len(only_of_it))))
    lacking_more = card.presence.absent(X) != 1 << card.presence.families.index(family)
    cost = -card.scale.factor * card.calibration.slope * values[:, own].sum(axis=1)
    shares = card.shares[card.presence.absent(X)] - card.mean_shares()
    cost -= card.scale.factor * shares[:, card.presence.families.index(family)]
    alone = found.code_points[:, found.codes.index(code)][~lacking_more]
    np.testing.assert_allclose(alone, cost[~lacking_more], atol=1e-9)
