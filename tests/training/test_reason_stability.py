"""Reasons under refits and redrawn references: steady where nothing is made anew, and never better than all of them."""

from creditscore.scoring.assess import assess
from creditscore.training.reason_stability import (
    _groups,
    _redrawn,
    _reference,
    _told,
    _with_reference,
    reason_stability,
)


def test_reasons_against_the_same_reference_are_the_same(sample_config, prepared, trained):
    X, card = prepared.matrix[prepared.samples == "test"], trained.card
    given, again = assess(card, X), assess(_with_reference(card, _reference(sample_config, prepared, card)), X)
    for name, own in _groups(card, given).items():
        told = _told(name, own, given, {"refit": [again]})
        assert told["n"] == own.sum()
        assert {measure["value"] for measure in told["refit"].values()} == {1.0}


def test_figures_of_the_sample(sample_config, prepared, trained):
    found = reason_stability(sample_config, prepared, trained.card, refits=2, references=3)
    assert (found["reference"], found["refits"], found["references"]) == ("cut_off", 2, 3)
    assert [group["of"] for group in found["groups"]] == ["all applications", "below the cut-off"]
    for group in found["groups"]:
        for kind in ("refit", "reference"):
            for one in group[kind].values():
                assert 0 <= one["lowest"] <= one["value"] <= one["highest"] <= 1
        # the same trees against a redrawn reference differ less than other trees
        assert group["reference"]["overlap"]["value"] > group["refit"]["overlap"]["value"]


def test_a_redrawn_reference_moves_no_score(sample_config, prepared, trained):
    X, card = prepared.matrix[prepared.samples == "test"][:50], trained.card
    (again,) = _redrawn(card, _reference(sample_config, prepared, card), 1, seed=3)
    assert (assess(again, X).unrounded == assess(card, X).unrounded).all()
