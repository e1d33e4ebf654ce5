"""The catalogue: complete, worded, coded, and blind to who supplied what."""

import numpy as np
import pytest

from creditscore.features import CATALOGUE, FAMILIES
from creditscore.features.build import compute
from creditscore.features.define import flatten
from creditscore.features.formula import Aggregate, parts
from creditscore.features.plan import make_plan
from creditscore.features.words import WORDS
from creditscore.reasons.codes import ABSENCE, CODES
from tests.features.histories import as_events, generate

FIRST_LETTERS = {"spending": "S", "rhythm": "R", "travel": "T", "obligations": "O", "history": "H", "application": "A"}
each_feature = pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)


def test_there_are_three_hundred_features_and_more_with_names_of_their_own():
    assert len({one.name for one in CATALOGUE}) == len(CATALOGUE) >= 300


def test_no_two_features_are_one_under_two_names():
    assert len({one.formula for one in CATALOGUE}) == len(CATALOGUE)


def test_every_word_of_the_vocabulary_is_used():
    used = {part.word for one in CATALOGUE for part in parts(one.formula) if isinstance(part, Aggregate)}
    assert used == {*WORDS}


def test_every_feature_varies_from_history_to_history():
    histories, applications = generate(7, borrowers=400)
    events = as_events(histories, applications)
    matrix = compute(make_plan(CATALOGUE), events, events.applications)
    spread = np.nanmax(matrix, axis=0) - np.nanmin(matrix, axis=0)
    assert [one.name for one, width in zip(CATALOGUE, spread, strict=True) if not width > 0] == []


def test_the_catalogue_is_its_families_in_order():
    assert flatten(list(FAMILIES.values())) == CATALOGUE
    assert list(FAMILIES) == list(FIRST_LETTERS)


@each_feature
def test_a_feature_is_worded_in_both_languages_with_a_unit_and_a_known_code(one):
    assert one.en
    assert one.zh
    assert one.unit
    assert one.reason in CODES
    assert "{" not in one.en + one.zh


def test_no_two_features_are_worded_alike():
    assert len({one.en for one in CATALOGUE}) == len({one.zh for one in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_familys_features_have_the_codes_of_that_family(family):
    assert {one.reason[0] for one in FAMILIES[family]} == {FIRST_LETTERS[family]}


def test_every_code_is_some_features_or_an_absent_familys():
    assert {one.reason for one in CATALOGUE} | set(ABSENCE.values()) == set(CODES)


@pytest.mark.parametrize("seed", range(8))
def test_platforms_under_other_names_leave_every_bit_as_it_is(seed):
    histories, applications = generate(seed)
    renamed = {
        borrower: {table: [{**row, "platform": NAMES[row["platform"]]} for row in rows]
                   for table, rows in history.items()}
        for borrower, history in histories.items()
    }  # fmt: skip
    plan = make_plan(CATALOGUE)
    one, other = (as_events(rows, applications) for rows in (histories, renamed))
    assert compute(plan, one, one.applications).tobytes() == compute(plan, other, other.applications).tobytes()


# in another alphabetical order, and of other lengths
NAMES = {"a": "z", "b": "", "c": "平台"}
