"""What is gained by withholding a family: recomputed by hand, row by row."""

import numpy as np
import pytest

from creditscore.scoring import score_features
from creditscore.validation.report.withholding import said
from creditscore.validation.withholding import FIFTHS, gains, without_family


@pytest.fixture(scope="module")
def table(card, prepared):
    rows = np.flatnonzero(prepared.samples == "test")
    return gains(card, prepared.matrix[rows], prepared.outcome[rows], prepared.borrowers[rows])


def test_gains_are_the_scores_without_less_those_with(card, prepared):
    sample = prepared.matrix[np.flatnonzero(prepared.samples == "test")[:60]]
    told = gains(card, sample, np.zeros(len(sample))).set_index(["family", "group"])
    for f, family in enumerate(card.presence.families):
        reads = [i for i, feature in enumerate(card.features) if family in feature.tables]
        assert np.isnan(without_family(card, sample, f)[:, reads]).all()
        own = [_gain(card, row, reads) for row in sample if not np.isnan(row[card.presence.alone == f]).all()]
        known = [one for one in own if one is not None]
        assert told.loc[(family, "goods"), "n"] == len(known)
        assert told.loc[(family, "goods"), "gain"] == pytest.approx(np.mean(known))


def _named(card, row):
    return {name: None if np.isnan(value) else value for name, value in zip(card.plan.names, row.tolist(), strict=True)}


def _gain(card, row, reads):
    hidden = row.copy()
    hidden[reads] = np.nan
    one, other = (score_features(card, _named(card, each)) for each in (hidden, row))
    return one.unrounded - other.unrounded if one.scorable else None


def test_every_group_of_every_family_has_a_row(card, table):
    groups = ["all", "goods", "bads", "indeterminates", *FIFTHS]
    assert table["family"].tolist() == [family for family in card.presence.families for _ in groups]
    assert table["group"].tolist() == groups * len(card.presence.families)
    own = table[table["group"] == "all"].set_index("family")["n"]
    fifths = table[table["group"].isin(FIFTHS)].groupby("family")["n"].sum()
    assert (own == fifths[own.index]).all()


def test_intervals_hold_the_means_and_few_rows_have_none(table):
    told = table[table["low"].notna()]
    assert ((told["low"] <= told["gain"]) & (told["gain"] <= told["high"])).all()
    assert table[table["n"] < 10]["low"].isna().all()
    assert table["gainers"].dropna().between(0, 1).all()


def test_a_gain_of_those_who_went_bad_is_said():
    group = {"group": "bads", "n": 50, "gain": 25.0, "low": 18.0, "high": 31.0, "gainers": 0.9}
    (sentence,) = said([{"family": "obligations", "not_scorable": True, "groups": [group]}])
    assert "would gain 25.0 points (95% interval 18.0 to 31.0) by withholding their obligations; but" in sentence
    assert said([{"family": "trips", "not_scorable": False, "groups": [group | {"low": -1.0}]}]) == []
