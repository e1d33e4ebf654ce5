"""Points and reasons of a feature matrix."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

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
