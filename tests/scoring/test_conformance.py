"""Made histories that every machine must score alike."""

import copy
import dataclasses

from creditscore.scoring.conformance import replay


def test_the_conformance_vectors_replay(card):
    assert len(card.vectors) == 4
    assert replay(card) == []


def test_a_changed_vector_is_found(card):
    vectors = copy.deepcopy(card.vectors)
    vectors[2]["expected"]["points"] += 1
    assert replay(dataclasses.replace(card, vectors=vectors)) != []
