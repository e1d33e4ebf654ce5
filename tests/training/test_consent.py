"""Consent in training: silence is an error, records decide what each application is learnt from."""

import datetime as dt

import numpy as np
import pytest

from creditscore.config import TrainConfig
from creditscore.errors import ConfigError, TrainingError
from creditscore.features import CATALOGUE, count, total, transactions, trips
from creditscore.features.define import flatten
from creditscore.governance.consent import load_consents
from creditscore.training import chosen_features, facts_of, fit, prepare
from creditscore.training.consent import beyond_ordinary, check_basis

ORDINARY = flatten([total(transactions.where(kind="purchase").amount, days=30)])
BEYOND = flatten([count(transactions.where(kind="income"), days=30), count(trips, days=30)])
TABLES = ("transactions", "trips")


def config(sample_config, consents=False, **consent):
    plain = sample_config.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if consents:
        plain["events"]["consents"] = [{"files": "consents.parquet"}]
    return TrainConfig.model_validate({**plain, "consent": consent})


def test_silence_names_what_is_used_and_the_lines_to_add(sample_config):
    with pytest.raises(ConfigError) as error:
        check_basis(config(sample_config), (*ORDINARY, *BEYOND), TABLES)
    said = str(error.value)
    assert "transactions (written consent: 1 features); trips (separate consent: 1 features)" in said
    assert 'consent:\n  basis: "…"\n  families: [transactions, trips]' in said


def test_a_basis_must_cover_every_family_that_is_used(sample_config):
    stated = config(sample_config, basis="a contract", families=["transactions"])
    with pytest.raises(ConfigError, match=r"trips \(separate consent") as error:
        check_basis(stated, BEYOND, TABLES)
    assert 'basis: "a contract"\n  families: [transactions, trips]' in str(error.value)
    check_basis(stated, BEYOND[:1], TABLES)


def test_ordinary_data_and_tables_that_are_not_there_need_no_basis(sample_config):
    check_basis(config(sample_config), ORDINARY, TABLES)
    check_basis(config(sample_config), BEYOND[1:], ["transactions"])
    assert beyond_ordinary(CATALOGUE, []) == {}


def test_records_need_no_basis(sample_config):
    check_basis(config(sample_config, True, purpose="credit", recipient="agency"), BEYOND, TABLES)


@pytest.mark.parametrize(
    ("records", "consent", "message"),
    [
        (True, {"basis": "b"}, "leave basis and families out"),
        (True, {"purpose": "credit"}, "add consent: {purpose: …, recipient: …}"),
        (False, {"families": ["trips"]}, "add consent.basis"),
        (False, {"basis": " "}, "are texts"),
        (False, {"basis": "b", "masking": 1.0}, "masking"),
    ],
)
def test_a_config_that_contradicts_itself_is_refused(sample_config, records, consent, message):
    with pytest.raises(ValueError, match=message):
        config(sample_config, records, **consent)


def test_families_are_hidden_where_people_can_withhold_unless_the_config_says_otherwise(sample_config):
    terms = {"purpose": "credit", "recipient": "agency"}
    assert config(sample_config, True, **terms).rules.consent.masking == 0.1
    assert config(sample_config, True, **terms, masking=0.0).rules.consent.masking == 0.0
    assert config(sample_config, basis="b").rules.consent.masking == 0.0


def test_records_are_asked_for(sample_config, sample_events):
    strict = config(sample_config, True, purpose="credit", recipient="agency")
    with pytest.raises(TrainingError, match="give consents=read_consents"):
        prepare(strict, sample_events, chosen_features(strict))


def test_a_training_sees_what_consents_allow(sample_config, sample_events, prepared):
    strict = config(sample_config, True, purpose="credit", recipient="agency")
    who = prepared.applications["borrower_id"].to_pylist()
    draw = np.random.default_rng(1)
    shared = {"purpose": "credit", "recipient": "agency", "given_at": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)}
    allowed = {one: (draw.random() < 0.6, draw.random() < 0.9) for one in who}
    families = {one: ["transactions", *["trips"] * a, *["obligations"] * b] for one, (a, b) in allowed.items()}
    consents = load_consents(
        [{**shared, "borrower_id": one, "family": family, "separate": True, "written": True}
         for one, own in families.items() for family in own]
    )  # fmt: skip
    found = prepare(strict, sample_events, chosen_features(strict), consents=consents)
    assert [feature.name for feature in found.features] == [feature.name for feature in prepared.features]
    for f, family in ((0, "trips"), (1, "obligations")):
        reads = [i for i, feature in enumerate(found.features) if family in feature.tables]
        withheld = np.array([not allowed[one][f] for one in who])
        assert np.isnan(found.matrix[np.ix_(withheld, reads)]).all()
    everything = np.array([all(allowed[one]) for one in who])
    assert found.matrix[everything].tobytes() == prepared.matrix[everything].tobytes()
    trained = fit(strict, found)
    refused = np.array([not allowed[one][1] for one in who])
    assert not trained.scored["scorable"].to_numpy()[refused].any()
    assert trained.card.rules.consent.records
    assert trained.card.rules.consent.masking == 0.1
    facts = facts_of(strict, trained, found)
    assert facts["consent"] == "consent records, for the purpose “credit”"
    assert any("do not allow a family: transactions 0.0%, trips" in note for note in facts["notes"])
