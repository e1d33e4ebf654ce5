from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from creditscore.errors import TrainingError
from creditscore.validation.metrics import jeffreys
from creditscore.validation.swap_set import swap_set

GENERATOR = np.random.default_rng(12)
OLD = GENERATOR.beta(1.2, 8, 1_000)
NEW = np.clip(OLD + GENERATOR.normal(0, 0.05, 1_000), 0.001, 0.999)
BAD = np.where(GENERATOR.random(1_000) < 0.2, np.nan, (GENERATOR.random(1_000) < NEW).astype(float))


def test_each_model_approves_its_safest_and_the_groups_are_who_differ() -> None:
    found = swap_set(BAD, OLD, NEW, 0.7)
    safest_old, safest_new = (set(np.argsort(one)[:700]) for one in (OLD, NEW))
    expected = {
        "both approve": safest_old & safest_new,
        "swapped in": safest_new - safest_old,
        "swapped out": safest_old - safest_new,
        "both decline": set(range(1_000)) - safest_old - safest_new,
    }
    assert [group.name for group in found.groups] == list(expected)
    for group in found.groups:
        rows = sorted(expected[group.name])
        known = BAD[rows][~np.isnan(BAD[rows])]
        assert (group.n, group.known, group.bads) == (len(rows), len(known), known.sum())
        assert group.bad_rate.value == pytest.approx(known.mean())
        assert [group.bad_rate.low, group.bad_rate.high] == pytest.approx(
            [float(end) for end in jeffreys(known.sum(), len(known))]
        )
        assert [group.champion_pd, group.challenger_pd] == pytest.approx([OLD[rows].mean(), NEW[rows].mean()])
    swapped = {group.name: group for group in found.groups}
    assert swapped["swapped in"].n == swapped["swapped out"].n > 0  # equal approval
    assert swapped["swapped in"].bad_rate.value < swapped["swapped out"].bad_rate.value
    assert found.champion_cut_off == np.sort(OLD)[699]


def test_pds_that_tie_at_the_cut_off_are_all_approved() -> None:
    found = swap_set([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.2], [0.1, 0.2, 0.3, 0.4], 0.5)
    assert [group.n for group in found.groups] == [2, 0, 2, 0]
    assert np.isnan(found.groups[1].bad_rate.value)
    assert np.isnan(found.groups[1].champion_pd)


def test_swap_set_is_plain_json() -> None:
    told = json.loads(json.dumps(asdict(swap_set(BAD, OLD, NEW, 0.5))))
    assert sum(group["n"] for group in told["groups"]) == 1_000


@pytest.mark.parametrize(("rate", "old"), [(0.0, [0.1, 0.2]), (1.0, [0.1, 0.2]), (0.5, [0.1, np.nan]), (0.5, [])])
def test_impossible_rates_and_missing_pds_are_refused(rate: float, old: list[float]) -> None:
    with pytest.raises(TrainingError, match=f"got {len(old)} rows"):
        swap_set([0, 1][: len(old)], old, [0.1, 0.2][: len(old)], rate)
