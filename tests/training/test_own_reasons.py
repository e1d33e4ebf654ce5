"""An agency's own reason codes, from the config into the scorecard and its reasons."""

from dataclasses import replace

import pytest

from creditscore.config.reasons import ReasonsConfig
from creditscore.errors import ConfigError, FeatureError
from creditscore.reasons.codes import CODES
from creditscore.scorecard import load, save
from creditscore.scoring import score_features
from creditscore.training import chosen_features, fit
from creditscore.training.prepared import known_codes

WORDS = {"borrower_en": "When you shop", "borrower_zh": "购物的时间", "officer_en": "Hours", "officer_zh": "时段"}


def configured(config, codes, features, **more):
    reasons = ReasonsConfig.model_validate({"codes": codes, "features": features})
    return config.model_copy(update={"reasons": reasons, **more})


@pytest.fixture(scope="module")
def own(sample_config, prepared):
    small = sample_config.model.model_copy(update={"params": {"num_iterations": 30}})
    nightly = [feature.name for feature in prepared.features if feature.reason == "R03"]
    config = configured(sample_config, {"X01": WORDS}, dict.fromkeys(nightly, "X01"), model=small)
    chosen = {feature.name: feature for feature in chosen_features(config)}
    features = tuple(chosen[feature.name] for feature in prepared.features)
    return fit(config, replace(prepared, features=features)).card


def test_an_own_code_gives_reasons_in_its_own_words(own, prepared, tmp_path):
    save(own, tmp_path / "own.scorecard")
    card = load(tmp_path / "own.scorecard")
    assert "R03" not in card.reason_codes
    scores = [score_features(card, dict(zip(card.plan.names, row, strict=True))) for row in prepared.matrix[:300]]
    told = {reason.code: reason.text for score in scores for reason in score.reasons}
    assert told["X01"] == "When you shop"


def test_the_catalogues_codes_stay(sample_config):
    known = known_codes(configured(sample_config, {"X01": WORDS}, {}))
    assert known.keys() - CODES.keys() == {"X01"}
    assert all(known[code] == CODES[code] for code in CODES)


@pytest.mark.parametrize("code", ["S01", "S99", "X1", "x01", "X01a"])
def test_a_code_of_the_catalogues_numbers_is_refused(sample_config, code):
    with pytest.raises(FeatureError, match="an agency's own is X and digits"):
        known_codes(configured(sample_config, {code: WORDS}, {}))


def test_a_wording_that_another_code_has_is_refused(sample_config):
    with pytest.raises(FeatureError, match="'X01' is worded as S07 is"):
        known_codes(configured(sample_config, {"X01": {**WORDS, "borrower_en": CODES["S07"].borrower_en}}, {}))


def test_a_feature_that_there_is_not_is_named(sample_config):
    with pytest.raises(ConfigError, match=r"reasons\.features: there is no feature 'spent_at_night'"):
        chosen_features(configured(sample_config, {}, {"spent_at_night": "S01"}))
