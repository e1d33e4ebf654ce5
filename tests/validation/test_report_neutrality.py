"""The report's section on platforms, in the report's page and as a page of its own; figures from a made table."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from creditscore.errors import InputError
from creditscore.features import count, total, transactions, trips
from creditscore.features.define import flatten
from creditscore.validation.neutrality.membership import Membership
from creditscore.validation.neutrality.worth import PlatformWorth
from creditscore.validation.report import Origin, Platforms
from creditscore.validation.report.alone import write_neutrality
from creditscore.validation.report.neutrality import neutrality
from creditscore.validation.report.page import rendered
from tests.validation.test_report import FACTS, SCORED

FEATURES = flatten(
    [
        count(transactions.where(channel="qr"), days=30, name="qr"),
        total(transactions.amount, days=30, name="spent"),
        count(trips, days=30, name="trips"),
    ]
)


def made_platforms(worth=None):
    """alder alone says "qr", as <b>birch</b> does not; cedar has all trips."""
    draw = np.random.default_rng(1)
    n = len(SCORED)
    of = draw.random((n, 3)) < [0.6, 0.6, 0]
    books = draw.random((n, 3)) < [0, 0, 0.5]
    X = np.column_stack([np.where(of[:, 0], 3.0, 0.0), draw.normal(size=n), np.where(books[:, 2], 1, np.nan)])
    members = Membership(("alder", "<b>birch</b>", "cedar"), {"transactions": of, "trips": books})
    return Platforms(members, worth=worth), X


def made_worth():
    figures = {f"{name}{end}": [0.3, -0.01, 0.05] for name in ("gini", "loss_avoided")
               for end in ("", "_low", "_high", "_error", "_alone", "_last")}  # fmt: skip
    alone = pd.DataFrame({"player": ["alder", "<b>birch</b>", "cedar"], "platforms": ["alder", "<b>birch</b>", "cedar"],
                          **figures})  # fmt: skip
    owners = pd.DataFrame(
        {"player": ["grove"], "platforms": ["alder, cedar"], **{k: v[:1] for k, v in figures.items()}}
    )
    return PlatformWorth(alone, owners, {"gini": 0.34, "loss_avoided": 0.2}, 700, 46, 0.8, 5, 20, True)


@pytest.fixture(scope="module")
def origin():
    platforms, X = made_platforms(made_worth())
    return Origin(SimpleNamespace(features=FEATURES), X, platforms=platforms)


def test_figures_are_json_and_of_the_rows_chosen(origin):
    chosen = (SCORED["sample"] == "test").to_numpy()
    found = neutrality(origin.platforms, SCORED, chosen, origin.card, origin.values_at, 560.0)
    json.dumps(found, allow_nan=False)
    of = origin.platforms.members.any[chosen]
    assert [row["coverage"] for row in found["platforms"]] == pytest.approx(of.mean(axis=0).tolist())
    assert [row["platform"] for row in found["bias"]] == ["alder", "<b>birch</b>", "cedar"]
    assert not any(row["flagged"] for row in found["bias"])
    told = found["fingerprints"]
    assert [(row["feature"], row["table"]) for row in told["flagged"]] == [("qr_30d", "transactions")]
    assert [row["feature"] for row in told["closest"]] == ["spent_30d"]
    assert told["sole"] == [{"platform": "cedar", "table": "trips", "features": 1}]
    assert found["worth"]["owners"][0]["player"] == "grove"


def test_the_page_of_its_own_says_it_all_and_escapes_names(origin, tmp_path):
    found = write_neutrality(tmp_path / "neutrality.html", SCORED, FACTS, origin)
    page = (tmp_path / "neutrality.html").read_text(encoding="utf-8")
    assert "<b>birch</b>" not in page
    assert "&lt;b&gt;birch&lt;/b&gt;" in page
    for text in ("tells them apart", "Sole suppliers", "Biased labels cannot", "Evidence for fees, not a rule", "grove",
                 "alder, cedar", "−0.010", "qr_30d"):  # fmt: skip
        assert text in page
    assert json.loads((tmp_path / "neutrality.json").read_text(encoding="utf-8")) == found
    with pytest.raises(InputError, match="who supplied what"):
        write_neutrality(tmp_path / "x.html", SCORED, FACTS, Origin(origin.card, origin.matrix))


def test_without_worth_the_page_says_how_to_get_it_and_one_class_has_no_test(origin, tmp_path):
    platforms, X = made_platforms()
    good = SCORED.assign(outcome=0.0)
    found = write_neutrality(tmp_path / "n.html", good, FACTS, Origin(origin.card, X, platforms=platforms))
    page = (tmp_path / "n.html").read_text(encoding="utf-8")
    assert found["bias"] == []
    assert found["worth"] is None
    assert "python -m creditscore neutrality CONFIG" in page
    assert "one class only is known" in page
    assert rendered("neutrality_page.html.j2", facts=FACTS, found=found, shown=None)


def test_some_rows_keep_their_own_platforms(origin):
    rows = np.arange(len(SCORED)) % 7 == 0
    np.testing.assert_array_equal(origin.only(rows).platforms.members.any, origin.platforms.members.any[rows])
