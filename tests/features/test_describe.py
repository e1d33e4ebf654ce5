"""The catalogue in words."""

from pathlib import Path

from creditscore.features.catalogue import FAMILIES
from creditscore.features.describe import data, line, matching, page

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def test_all_words_must_be_found_in_any_case():
    found = matching(FAMILIES, ["LATE", "90d"])
    assert found
    assert all("late" in line(*one).lower() and "90d" in line(*one) for one in found)
    assert len(matching(FAMILIES, [])) == sum(map(len, FAMILIES.values()))
    assert matching(FAMILIES, ["no such word"]) == []


def test_chinese_words_are_found():
    assert {family for family, _ in matching(FAMILIES, ["逾期"])} == {"obligations"}


def test_data_carries_formula_and_sensitivity():
    ((family, feature), *_) = matching(FAMILIES, ["income_total_90d"])
    found = data(family, feature)
    assert found["formula"]["word"] == "total"
    assert found["sensitivity"] == "written consent"


def test_the_page_in_docs_is_the_catalogues():
    assert PAGE.read_text(encoding="utf-8") == page(FAMILIES), (
        "run: python -m creditscore features --markdown > docs/features.md"
    )
