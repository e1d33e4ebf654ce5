"""The skeleton of an impact assessment: what is known is filled in, what is to be judged is left open."""

from dataclasses import replace

from creditscore.validation.impact import OPEN, impact_page
from tests.scorecard.small import small_card


def page(**facts):
    return impact_page(replace(small_card(), facts={**small_card().facts, **facts}))


def test_it_has_the_three_parts_of_article_56_and_an_annex():
    heads = [line for line in page().splitlines() if line.startswith("## ")]
    assert [head[3] for head in heads] == ["1", "2", "3", "A"]


def test_it_says_why_it_is_due():
    assert "sensitive personal information, automated decision making" in page()
    ordinary = [feature for feature in small_card().features if feature.sensitivity.label == "ordinary"]
    assert "sensitive personal information, automated" not in impact_page(
        replace(small_card(), features=tuple(ordinary))
    )


def test_it_has_what_was_left_out_and_negative_records_without_notice():
    left_out = [["transactions", "shop", "prohibited category", 1_234]]
    told = page(rows_left_out=left_out, notice={"negative": 20, "without": 7})
    assert "- 1,234 rows of transactions from shop: prohibited category" in told
    assert "negative information: 20; of 7 of these nobody says" in " ".join(told.split())


def test_judgements_are_left_open_and_every_feature_is_in_the_annex():
    told = page()
    assert told.count(OPEN) > 8
    annex = told.split("## Annex")[1]
    assert all(f"| {feature.name} |" in annex for feature in small_card().features)
