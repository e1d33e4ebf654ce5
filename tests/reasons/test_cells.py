"""Cells by the layout's steps are the oracle of the steps by column; Shapley's formula is that of folded tables."""

from dataclasses import replace

import numpy as np
import pytest

from creditscore.model.trees import parse_model
from creditscore.reasons.cells import turns_of
from creditscore.reasons.reference import Reference
from creditscore.reasons.shapley import prepare
from tests.reasons.oracle import against, by_all_coalitions, by_cover, chain, made_model


@pytest.mark.parametrize("settings", [{"num_leaves": 31}, {"features": 2, "num_leaves": 31}, {"num_leaves": 2}])
def test_a_row_finds_the_same_cells_by_column(settings):
    explainer = prepare(parse_model(made_model(**settings).model_to_string()))
    layout, count = explainer.layout, np.diff(explainer.columns.starts) + 2
    turns = turns_of(layout, count)
    for bins in [0 * count, count - 1, *np.random.default_rng(1).integers(0, count, (20, len(count)))]:
        wanted = layout.base.copy()
        for g in range(len(wanted)):
            steps = slice(layout.step_starts[g], layout.step_starts[g + 1])
            taken = bins[layout.step_column[steps]] >= layout.edge[steps]
            wanted[g] += layout.delta[steps][taken].sum(dtype=np.uint16)
        found = layout.base.copy()
        for column, b in enumerate(bins):
            taken = slice(turns.ends[turns.first[column]], turns.ends[int(turns.first[column]) + b])
            np.add.at(found, turns.group[taken], turns.delta[taken])
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("kind", ["path-dependent", "against a reference"])
def test_leaves_by_themselves_have_shapleys_values(kind):
    trees = replace(chain(13), leaf_value=np.random.default_rng(2).normal(size=14))
    X, rows = (np.random.default_rng(seed).normal(size=(n, 13)) + 1.5 for seed, n in ((3, 3), (4, 200)))
    reference = None if kind == "path-dependent" else Reference.from_rows(trees, rows)
    explainer = prepare(trees, reference)
    width = np.diff(explainer.layout.target_starts.astype(np.int64))
    assert sorted(width[explainer.layout.folded]) == [12, 13, 13]
    values, margins = explainer.explain(X)
    for x, found in zip(X, values, strict=True):
        wanted, _ = by_all_coalitions(by_cover(trees, x) if reference is None else against(rows, trees, x), 13)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(explainer.contributions(x[None])[0], found)
    np.testing.assert_array_equal(margins, trees.margin(X))
