"""A feature that names its supplier by content is found; one that differs a little, or has one supplier, is not."""

import numpy as np
import pytest

from creditscore.features import count, mean, total, transactions, trips
from creditscore.features.define import flatten
from creditscore.validation.neutrality.fingerprints import fingerprints, guess
from creditscore.validation.neutrality.membership import Membership

by_qr = transactions.where(channel="qr")
FEATURES = flatten(
    [
        count(by_qr, days=30, name="qr"),
        total(transactions.amount, days=30, name="spent"),
        mean(transactions.balance, days=30, name="balance"),
        count(transactions.where(kind="fee"), days=30, name="fees"),
        count(trips, days=30, name="trips"),
    ]
)


def made(n=900, seed=1):
    """alder alone says "qr" and has balances and fees; birch spends a third less."""
    draw = np.random.default_rng(seed)
    buys = draw.random((n, 2)) < 0.6
    books = np.column_stack([draw.random(n) < 0.5, np.zeros(n, bool)])
    spent = draw.lognormal(0, 1, n) * np.where(buys[:, 0], 1.5, 1)
    of_alder = np.where(buys[:, 0], draw.integers(1, 9, n), 0)
    has = buys.any(axis=1)
    X = np.column_stack([
        np.where(has, of_alder, np.nan), np.where(has, spent, np.nan), np.where(buys[:, 0], spent, np.nan),
        np.where(has, of_alder, np.nan), np.where(books[:, 0], 3, np.nan),
    ])  # fmt: skip
    return X, Membership(("alder", "birch"), {"transactions": buys, "trips": books}), np.arange(n)


@pytest.fixture(scope="module")
def found():
    return named(fingerprints(made()[0], FEATURES, *made()[1:]))


def named(table):
    return table.set_index(table["feature"].str.removesuffix("_30d"))


def test_a_platforms_own_word_tells_it_apart(found):
    assert found.loc["qr", "verdict"] == "tells them apart"
    assert found.loc["qr", "right"] == 1
    assert 0.95 < found.loc["qr", "low"] < 1


def test_what_both_supply_and_differs_a_little_does_not(found):
    assert found.loc["spent", "verdict"] == ""
    assert 0.5 < found.loc["spent", "right"] < 0.75


def test_what_one_alone_supplies_is_listed_and_not_flagged(found):
    for name in ("balance", "fees", "trips"):
        assert found.loc[name, ["platform", "other", "verdict"]].tolist() == ["alder", "", "sole supplier"]


def test_borrowers_of_several_platforms_count_nowhere(found):
    _, members, _ = made()
    buys = members.tables["transactions"]
    assert found.loc["qr", "alone"] == (buys[:, 0] & ~buys[:, 1]).sum()
    assert found.loc["qr", "other_alone"] == (buys[:, 1] & ~buys[:, 0]).sum()
    assert found.loc["trips", "table"] == "trips"


def test_a_borrower_counts_once_and_few_are_not_judged():
    X, members, _ = made()
    once = named(fingerprints(X, FEATURES, members, np.arange(len(X)) % 100))
    assert once.loc["qr", "verdict"] == "too few"
    assert once.loc["qr", "alone"] + once.loc["qr", "other_alone"] <= 100


def test_noise_is_guessed_half_of_the_time_and_missing_tells_too():
    draw = np.random.default_rng(2)
    rights = [guess(draw.normal(size=100), draw.normal(size=200)).right for _ in range(200)]
    assert np.mean(rights) == pytest.approx(0.5, abs=0.01)
    assert guess(np.full(50, np.nan), draw.normal(size=40)).right == 1
    # in the middle or at the ends: no ranking sees it
    ends = np.where(draw.random(300) < 0.5, -3, 3) + draw.normal(size=300)
    assert guess(draw.normal(size=300), ends).right > 0.85
