from __future__ import annotations

from itertools import combinations
from math import factorial, log
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from creditscore.errors import InputError
from creditscore.events.simulate import simulate
from creditscore.events.simulate.causes import ABSENT, CAUSES, CODES, by_code, code_of, contributions, planted
from creditscore.events.simulate.clock import Floats
from creditscore.events.simulate.export import EXPORTS
from creditscore.events.simulate.market import behaviours
from creditscore.events.simulate.outcome import INGREDIENTS, TRUTH, Truth, true_pd
from creditscore.reasons.codes import ABSENCE
from creditscore.reasons.codes import CODES as KNOWN


@pytest.fixture(scope="module")
def aggregates() -> dict[str, Floats]:
    return dict(behaviours(400, seed=8).aggregates)


def _some(aggregates: dict[str, Floats], rows: slice) -> dict[str, Floats]:
    return {name: value[rows] for name, value in aggregates.items()}


def _worth(truth: Truth, coalition: tuple[str, ...], mine: dict[str, Floats], theirs: dict[str, Floats]) -> float:
    """The mean log-odds of the reference's rows with the coalition's aggregates replaced by one application's."""
    size = len(theirs["tenure"])
    mixed = {name: np.repeat(mine[name], size) if name in coalition else theirs[name] for name in CAUSES}
    return float(truth.log_odds(mixed).mean())


def _by_coalitions(truth: Truth, mine: dict[str, Floats], theirs: dict[str, Floats]) -> dict[str, float]:
    """Shapley's sum over all coalitions, as it is defined."""
    names = tuple(CAUSES)
    worth = {
        coalition: _worth(truth, coalition, mine, theirs)
        for size in range(len(names) + 1)
        for coalition in combinations(names, size)
    }
    found = dict.fromkeys(names, 0.0)
    for coalition, value in worth.items():
        for name in names:
            size = len(coalition)
            if name in coalition:
                found[name] += factorial(size - 1) * factorial(len(names) - size) / factorial(len(names)) * value
            else:
                found[name] -= factorial(size) * factorial(len(names) - size - 1) / factorial(len(names)) * value
    return found


@pytest.mark.parametrize("row", [3, 77])
def test_contributions_are_the_sum_over_all_coalitions(aggregates: dict[str, Floats], row: int) -> None:
    truth = planted("surge", 5, aggregates)
    mine, theirs = _some(aggregates, slice(row, row + 1)), _some(aggregates, slice(100, 109))
    expected = _by_coalitions(truth, mine, theirs)
    found = contributions(truth, mine, theirs)
    assert sorted(found) == sorted(expected)
    for name, value in expected.items():
        assert found[name][0] == pytest.approx(value, abs=1e-10), name


def test_contributions_sum_to_the_log_odds_less_the_reference_s_mean(aggregates: dict[str, Floats]) -> None:
    reference = _some(aggregates, slice(50, 200))
    found = contributions(TRUTH, aggregates, reference)
    expected = TRUTH.log_odds(aggregates) - TRUTH.log_odds(reference).mean()
    assert np.allclose(sum(found.values()), expected, rtol=0, atol=1e-12)
    assert np.allclose(by_code(found, aggregates).sum(axis=1), expected, rtol=0, atol=1e-12)


def test_each_aggregate_counts_under_its_code_or_under_its_table_s_absence(aggregates: dict[str, Floats]) -> None:
    found = contributions(TRUTH, aggregates, aggregates)
    summed = by_code(found, aggregates)
    for name, cause in CAUSES.items():
        known = aggregates[cause.table] > 0
        assert np.array_equal(summed[known, CODES.index(cause.code)], found[name][known]), name
        assert not summed[~known, CODES.index(cause.code)].any()
        assert set(code_of(name, aggregates)[~known]) <= {ABSENT[cause.table]}
    without = aggregates["obligations"] == 0
    assert 0 < without.sum() < len(without)
    expected = found["late_share"] + found["worst_days_past_due"]
    assert np.allclose(summed[without, CODES.index("H07")], expected[without], rtol=0, atol=1e-12)


def test_every_ingredient_has_a_known_code() -> None:
    assert {one.aggregate for one in INGREDIENTS.values()} == set(CAUSES)
    assert {cause.code for cause in CAUSES.values()} <= set(KNOWN)
    assert len({cause.code for cause in CAUSES.values()}) == len(CAUSES)
    assert dict(ABSENT) == dict(ABSENCE)


def test_a_planted_cause_costs_what_was_asked_and_the_mean_stays(aggregates: dict[str, Floats]) -> None:
    truth = planted("night", 5, aggregates)
    risk = truth.risks(aggregates)["night"]
    fully = np.flatnonzero(risk == 1)
    assert len(fully) > 5
    found = contributions(truth, aggregates, aggregates)["night_share"]
    assert np.allclose(found[fully], 5 * log(2), rtol=0, atol=1e-12)
    assert truth.log_odds(aggregates).mean() == pytest.approx(TRUTH.log_odds(aggregates).mean(), abs=1e-12)
    others = {name: one for name, one in truth.ingredients.items() if name != "night"}
    assert others == {name: one for name, one in INGREDIENTS.items() if name != "night"}


@pytest.mark.parametrize(("name", "pdo"), [("nigth", 5.0), ("night", 0.0), ("night", -1.0)])
def test_what_cannot_be_planted_is_refused(aggregates: dict[str, Floats], name: str, pdo: float) -> None:
    with pytest.raises(InputError, match="late, past_due"):
        planted(name, pdo, aggregates)


def test_a_cause_that_all_have_is_refused(aggregates: dict[str, Floats]) -> None:
    night = {"night_share": np.ones_like(aggregates["tenure"])}
    with pytest.raises(InputError, match="'night': all"):
        planted("night", 5, {**aggregates, **night})


def test_behaviours_lie_beside_the_market_s_files_row_by_row(tmp_path: Path) -> None:
    simulate(tmp_path, borrowers=1_040, seed=8)
    made, truth = behaviours(1_040, seed=8), pq.read_table(tmp_path / "truth.parquet")
    assert truth["application_id"].combine_chunks().equals(made.application_id)
    assert np.array_equal(truth["pd"].to_numpy(), true_pd(made.aggregates))


def test_a_planted_cause_changes_outcomes_and_nothing_that_came_before(
    tmp_path: Path, aggregates: dict[str, Floats]
) -> None:
    plain, other = tmp_path / "plain", tmp_path / "planted"
    truth = planted("night", 5, aggregates)
    simulate(plain, borrowers=400, seed=8)
    simulate(other, borrowers=400, seed=8, truth=truth)
    for name in set(EXPORTS) - {"applications.parquet", "truth.parquet"}:
        assert (plain / name).read_bytes() == (other / name).read_bytes(), name
    before, after = (pq.read_table(folder / "applications.parquet") for folder in (plain, other))
    assert before.drop_columns("outcome").equals(after.drop_columns("outcome"))
    assert not before["outcome"].equals(after["outcome"])
    assert pq.read_table(other / "truth.parquet")["pd"].to_numpy() == pytest.approx(true_pd(aggregates, truth))


@pytest.mark.parametrize(("borrowers", "seed"), [(0, 1), (5, -1)])
def test_behaviours_of_no_market_are_refused(borrowers: int, seed: int) -> None:
    with pytest.raises(InputError, match="borrowers"):
        behaviours(borrowers, seed)
