"""The shipped table of category words."""

import hashlib
import json

import pytest

from creditscore.governance.categories import SHIPPED, Categories, normal
from creditscore.governance.sensitivity import Sensitivity
from creditscore.governance.words import PARTS, WORDS

ORDINARY, SEPARATE = Sensitivity.ORDINARY, Sensitivity.SEPARATE_CONSENT
WRITTEN, PROHIBITED = Sensitivity.WRITTEN_CONSENT, Sensitivity.PROHIBITED


def test_a_change_of_the_table_is_a_new_version():
    digest = hashlib.sha256(json.dumps(SHIPPED.to_record(), sort_keys=True).encode()).hexdigest()
    assert (SHIPPED.version, digest[:16]) == ("1", "fa5b9b5b96bef0f9")


def test_no_word_stands_twice():
    listed = [normal(word) for words in WORDS.values() for word in words]
    assert len(set(listed)) == len(listed) > 800
    assert len(set(map(normal, PARTS))) == len(PARTS)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("grocery", ORDINARY), ("日用", ORDINARY),
        (" Grocery\t", ORDINARY), ("ｇｒｏｃｅｒｙ", ORDINARY), ("MEAT-PCKGD", ORDINARY),
        ("Home > Kitchen", ORDINARY), ("food & drinks", ORDINARY), ("食品、饮料", ORDINARY), ("餐饮/外卖", ORDINARY),
        ("infant formula", ORDINARY), ("母婴", ORDINARY), ("宠物医院", ORDINARY), ("pet_food", ORDINARY),
        ("出行", SEPARATE), ("TRAVEL & LEISURE", SEPARATE), ("hospitality", SEPARATE), ("Home > Hotel", SEPARATE),
        ("工资", WRITTEN), ("Insurance", WRITTEN),
        ("property tax", WRITTEN), ("food / car insurance", WRITTEN), ("公积金", WRITTEN),
        ("Pharmacy", PROHIBITED), ("药店", PROHIBITED), ("大参林药房旗舰店", PROHIBITED), ("DRUG GM", PROHIBITED),
        ("grocery > pharmacy", PROHIBITED),
        ("no such word / church", PROHIBITED), ("清真餐饮", PROHIBITED), ("朝圣游", PROHIBITED),
        ("health insurance", PROHIBITED), ("child account", PROHIBITED), ("基因检测", PROHIBITED),
        ("gadgets", None), ("insurrance payment", None), ("pet insurance", None), ("home > gadgets", None), ("", None),
    ],
)  # fmt: skip
def test_a_word_has_its_class(word, kind):
    assert SHIPPED.class_of(word) is kind


def test_a_part_only_ever_makes_a_word_prohibited():
    for part in SHIPPED.parts:
        assert SHIPPED.class_of(f"xx {part} yy") is PROHIBITED


def test_own_words_may_be_as_strict_or_stricter_never_laxer():
    own = SHIPPED.with_own({"Gadgets": ORDINARY, "tea": PROHIBITED, "DRUG GM": ORDINARY, "pharmacy": PROHIBITED})
    assert [own.class_of(word) for word in ("gadgets", "TEA", "drug gm", "pharmacy")] == [
        ORDINARY, PROHIBITED, ORDINARY, PROHIBITED,
    ]  # fmt: skip
    for word, kind in (("pharmacy", ORDINARY), ("insurance", SEPARATE)):
        with pytest.raises(ValueError, match="cannot be made"):
            SHIPPED.with_own({word: kind})


def test_the_same_word_looked_up_twice_is_of_the_same_class_after_others_were_added():
    assert SHIPPED.class_of("gadgets") is None
    assert SHIPPED.with_own({"gadgets": WRITTEN}).class_of("gadgets") is WRITTEN
    assert SHIPPED.class_of("gadgets") is None


def test_the_record_holds_all_that_a_score_needs():
    own = SHIPPED.with_own({"gadgets": SEPARATE})
    again = Categories.from_record(json.loads(json.dumps(own.to_record())))
    assert again == own
    assert again.class_of("Gadgets") is SEPARATE
    assert again.class_of("沁园药店") is PROHIBITED
