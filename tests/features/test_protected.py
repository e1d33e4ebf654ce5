"""Attributes that no feature may read, alone or as a part."""

import pytest

from creditscore.errors import FeatureError
from creditscore.features.application import APPLICATION
from creditscore.features.define import applications, mean, obligations, ratio, value
from creditscore.features.protected import refuse_protected


def test_a_feature_of_a_protected_column_is_refused_by_name():
    features = (*value(applications.age, name="age_itself"), *ratio(applications.amount, applications.age, name="mix"))
    with pytest.raises(FeatureError, match=r"2 features .* as 'age_itself' reads applications.age"):
        refuse_protected(features, ["gender", "age"])


def test_columns_of_the_contract_can_be_protected_too():
    with pytest.raises(FeatureError, match=r"reads applications.term_months"):
        refuse_protected(APPLICATION, ["term_months"])


def test_others_pass():
    refuse_protected((*APPLICATION, *mean(obligations.amount_due, days=30)), ["gender"])
