"""The populations of a trained scorecard: those at its cut-off, those at others, and all."""

import numpy as np
import pytest

from creditscore.config.reasons import ReferenceConfig
from creditscore.errors import RequestError, ScorecardError, TrainingError
from creditscore.scorecard import load, save
from creditscore.scoring import score_features
from creditscore.scoring.assess import assess
from creditscore.training.references import with_references


@pytest.fixture(scope="module")
def train(prepared):
    return prepared.matrix[prepared.samples == "train"]


@pytest.fixture(scope="module")
def several(card, sample_config, prepared):
    further = [ReferenceConfig(id="strict", cut_off=640), ReferenceConfig(id="lax", cut_off=520)]
    return with_references(sample_config.model_copy(update={"references": further}), prepared, card)


def test_the_default_is_the_train_applicants_at_or_slightly_above_the_cut_off(card, train):
    points = assess(card, train).unrounded
    near = points[points >= 580]
    expected = np.sort(near)[: max((near < 600).sum(), 500)]
    population = card.reference()
    assert population.id == "cut_off"
    assert population.size == len(expected)
    assert f"from 580 to {expected.max():.0f} points" in population.rule
    assert abs(card.mean_points() - expected.mean()) < 1e-9


def test_all_applicants_are_always_kept(card, train):
    population = card.reference("all")
    assert population.size == 2_000
    assert f"2,000 drawn of {len(train):,}" in population.rule


def test_without_a_cut_off_all_applicants_are_the_default(card, sample_config, prepared):
    made = with_references(sample_config.model_copy(update={"cut_off": None}), prepared, card)
    assert [population.id for population in made.references] == ["all"]
    assert made.reference().id == "all"


def test_another_reference_moves_no_points_and_its_reasons_add_up(several, prepared):
    rows, points = prepared.matrix[:200], []
    for population in several.references:
        found = assess(several, rows, population.id)
        total = several.mean_points(population.id) + found.code_points.sum(axis=1)
        assert np.abs(total - found.unrounded).max() < 1e-9
        points.append(found.unrounded.tobytes())
    assert len(set(points)) == 1
    assert several.mean_points("lax") < several.mean_points("cut_off") < several.mean_points("strict")


def test_an_unknown_reference_is_refused_with_those_there_are(several, prepared):
    row = dict(zip(several.plan.names, prepared.matrix[0].tolist(), strict=True))
    with pytest.raises(RequestError, match="none of this id; it has cut_off, strict, lax, all"):
        score_features(several, row, reference="other")


def test_references_survive_the_file(several, prepared, tmp_path):
    path = tmp_path / "several.scorecard"
    save(several, path)
    found = load(path)
    assert [one.digest for one in found.references] == [one.digest for one in several.references]
    for population in several.references:
        before, after = (assess(one, prepared.matrix[:50], population.id).code_points for one in (several, found))
        assert before.tobytes() == after.tobytes()


def test_a_given_population_is_added(card, train, tmp_path):
    made = card.with_reference("long_term", "applicants with a term of 24 months", train[:300])
    assert made.reference("long_term").size == 300
    assert made.digest == ""
    save(made, tmp_path / "given.scorecard")
    assert load(tmp_path / "given.scorecard").reference("long_term").rule == "applicants with a term of 24 months"
    for taken in ("all", "long term", "../all", "A"):
        with pytest.raises(ScorecardError, match="expected a new id"):
            card.with_reference(taken, "anybody", train[:300])


def test_a_cut_off_that_nobody_reaches_is_refused(card, sample_config, prepared):
    with pytest.raises(TrainingError, match="no applicant of the train sample reaches 899 points"):
        with_references(sample_config.model_copy(update={"cut_off": 899.0}), prepared, card)


def test_no_row_of_anybody_is_in_the_file(card_path, prepared):
    data = card_path.read_bytes()
    present = prepared.matrix[(~np.isnan(prepared.matrix)).sum(axis=1) > 100]
    for row in present[:100]:
        three = row[~np.isnan(row) & (row != 0)][:3]
        assert three.astype("<f8").tobytes() not in data
