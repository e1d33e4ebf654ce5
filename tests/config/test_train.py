"""What the parts of a config must have in common: a protected attribute is no input under another name."""

import copy

import pytest

from creditscore.config import load_config
from creditscore.errors import ConfigError
from tests.config.plain import PLAIN

FAIRNESS = {"attributes": ["gender", "age"], "bands": {"age": [25, 60]}, "search": {"margin": 0.01}}


def _with_columns(columns):
    content = copy.deepcopy(PLAIN) | {"fairness": FAIRNESS}
    content["events"]["applications"][0]["columns"] = columns
    return content


def test_attributes_are_carried_beside_what_a_source_maps(write, tmp_path):
    from creditscore.training import sources_of

    config = load_config(write(_with_columns({"as_of": "day", "gender": "sex"})))
    source = sources_of(config, tmp_path / "config.yaml")["applications"][0]
    assert source.columns == {"as_of": "day", "gender": "sex", "age": "age"}
    assert sources_of(load_config(write(PLAIN)), tmp_path / "config.yaml")["applications"][0].columns == {}


@pytest.mark.parametrize(
    ("fairness", "said"),
    [
        ({"attributes": []}, "fairness.attributes"),
        ({"attributes": ["outcome"]}, "'outcome' is no attribute of people"),
        (
            {"attributes": ["sex"], "bands": {"age": [25]}},
            "bands are given for 'age', which is not among the attributes",
        ),
        ({"attributes": ["age"], "bands": {"age": [60, 25]}}, "the ends of bands rise"),
    ],
)
def test_attributes_that_make_no_sense_are_refused(write, fairness, said):
    with pytest.raises(ConfigError, match=said):
        load_config(write(copy.deepcopy(PLAIN) | {"fairness": fairness}))


def test_an_attribute_is_no_input_under_another_name(write):
    with pytest.raises(ConfigError, match="'who' reads the same column as 'gender'"):
        load_config(write(_with_columns({"as_of": "day", "gender": "sex", "who": ["sex", "day"]})))
    with pytest.raises(ConfigError, match="'who' reads the same column as 'age'"):
        load_config(write(_with_columns({"as_of": "day", "who": "age"})))
