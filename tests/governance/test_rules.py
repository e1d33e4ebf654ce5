"""The rules, sealed into a scorecard."""

import json

import pytest

from creditscore.governance.categories import SHIPPED
from creditscore.governance.rules import Rules
from creditscore.governance.sensitivity import Sensitivity

OWN = Rules(categories=SHIPPED.with_own({"Gadgets": Sensitivity.ORDINARY}))


def test_they_come_back_equal_from_json():
    assert Rules.from_record(json.loads(json.dumps(OWN.to_record()))) == OWN


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("categories"),
        lambda record: record.update(more=1),
        lambda record: record["categories"].update(version=2),
        lambda record: record["categories"]["own"].update(secret=[]),
        lambda record: record["categories"]["own"]["ordinary"].append("gadgets"),
        lambda record: record["categories"]["own"]["prohibited"].append("gadgets"),
        lambda record: record["categories"]["own"]["ordinary"].append("Not Normal"),
        lambda record: record["categories"]["parts"].append(""),
    ],
)
def test_a_malformed_record_is_refused(spoil):
    record = json.loads(json.dumps(OWN.to_record()))
    spoil(record)
    with pytest.raises((ValueError, KeyError, TypeError)):
        Rules.from_record(record)
