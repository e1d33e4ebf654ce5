"""Every relation between figures holds in every row of the sample, by what the kernel gave for each feature alone."""

import numpy as np
import pytest

from creditscore.features.build import matrix_of
from creditscore.features.consistency import DIFFERENCE, relations_of
from creditscore.features.formula import Feature
from creditscore.features.plan import make_plan

CLOSE = 1e-9


@pytest.fixture(scope="module")
def relations(prepared):
    return relations_of(prepared.features)


@pytest.fixture(scope="module")
def value(prepared, sample_events, relations):
    """Each figure's values in every row, float64[rows]: of parts of features too, as the kernel gives them."""
    column = {figure: feature for feature, figure in enumerate(relations.figure_of.tolist())}
    parts = [figure for figure in range(len(relations.figures)) if figure not in column]
    plan = make_plan([Feature(f"part_{figure}", relations.figures[figure]) for figure in parts])
    more = matrix_of(plan, sample_events, prepared.applications)
    found = {figure: prepared.matrix[:, feature] for figure, feature in column.items()}
    return found | {figure: more[:, i] for i, figure in enumerate(parts)}


def close(one, other):
    return np.abs(one - other) <= CLOSE * np.maximum(1.0, np.abs(other))


def test_no_lesser_figure_is_above_its_greater(relations, value):
    compared = 0
    for less, more in relations.orders.tolist():
        known = ~np.isnan(value[less] + value[more])
        over = value[less][known] - value[more][known]
        assert (over <= CLOSE * np.maximum(1.0, np.abs(value[more][known]))).all(), names(relations, less, more)
        compared += int(known.sum())
    assert compared > 100_000


def test_parts_of_a_whole_add_up_to_no_more(relations, value):
    assert len(relations.sums)
    for whole, one, other, exact in relations.sums.tolist():
        known = ~np.isnan(value[whole] + value[one] + value[other])
        parts, all_of_it = (value[one] + value[other])[known], value[whole][known]
        held = close(parts, all_of_it) if exact else (parts <= all_of_it + CLOSE * np.maximum(1.0, np.abs(all_of_it)))
        assert held.all(), names(relations, whole, one, other)


def test_quotients_and_differences_are_made_of_their_parts(relations, value):
    assert len(relations.made)
    for operation, whole, first, second in relations.made.tolist():
        known = ~np.isnan(value[whole] + value[first] + value[second])
        assert known.any()
        one, other = value[first][known], value[second][known]
        made = one - other if operation == DIFFERENCE else one / other
        assert close(made, value[whole][known]).all(), names(relations, whole, first, second)


def test_figures_come_in_their_steps_and_not_below_zero_where_they_cannot(relations, value):
    for figure, values in value.items():
        known, step = values[~np.isnan(values)], relations.step[figure]
        if step > 0:
            steps = known * step
            assert (np.abs(steps - np.rint(steps)) <= np.maximum(1e-4, 1e-12 * np.abs(steps))).all(), names(
                relations, figure
            )
        if relations.never_below_zero[figure]:
            assert (known >= 0).all(), names(relations, figure)


def test_longer_windows_have_no_less_of_a_sum_that_cannot_be_below_zero(relations, value):
    members = [figure for figure in value if relations.chain[figure] >= 0 and relations.never_below_zero[figure]]
    pairs = [
        (short, long)
        for short in members
        for long in members
        if relations.chain[short] == relations.chain[long] and relations.days[short] < relations.days[long]
    ]
    assert len(pairs) > 30
    for short, long in pairs:
        assert not (value[short] > value[long] + CLOSE * value[long]).any(), names(relations, short, long)


def test_too_few_events_leave_a_figure_missing(relations, value):
    assert len(relations.needed)
    for count, figure, events in relations.needed.tolist():
        few = value[count] < events
        assert np.isnan(value[figure][few]).all(), names(relations, count, figure)


def test_where_there_is_nothing_there_is_no_sum_of_it(relations, value):
    for source, figure in relations.zeros.tolist():
        nothing = (value[source] == 0) & ~np.isnan(value[figure])
        assert (value[figure][nothing] == 0).all(), names(relations, source, figure)
    for total, count in relations.emptied.tolist():
        nothing = (value[total] == 0) & ~np.isnan(value[count])
        assert (value[count][nothing] == 0).all(), names(relations, total, count)


def test_a_count_is_above_zero_just_where_its_figure_is_past_the_end(relations, value):
    rows = [(*row, *ends) for row, ends in zip(relations.reached.tolist(), relations.ends.tolist(), strict=True)]
    assert rows
    for count, figure, inside, outside in rows:
        known = ~np.isnan(value[count] + value[figure])
        past = (value[figure] >= inside) if inside > outside else (value[figure] <= inside)
        assert ((value[count] > 0) == past)[known].all(), names(relations, count, figure)


def test_a_streak_that_nothing_breaks_is_the_whole(relations, value):
    assert len(relations.unbroken)
    for rest, whole, streak in relations.unbroken.tolist():
        unbroken = (value[rest] == 0) & ~np.isnan(value[streak])
        assert unbroken.any()
        assert (value[streak][unbroken] == value[whole][unbroken]).all(), names(relations, rest, whole, streak)


def names(relations, *figures):
    return [relations.figures[figure] for figure in figures]
