"""What is no plain YAML is refused with its file and line, before anything is made of it."""

import pytest

from creditscore.config import load_config
from creditscore.config.strict_yaml import LARGEST_CONFIG
from creditscore.errors import ConfigError

NO_YAML = {
    "an open bracket": b"name: [",
    "not UTF-8": b"name: \xff",
    "a null byte": b"\x00",
    "a python object": b"name: !!python/object/apply:os.system [ls]",
    "a thirteenth month": b"name: 2024-13-45",
    "a number of 5,000 digits": b"seed: " + b"9" * 5_000,
    "no timestamp": b"name: !!timestamp x",
    "brackets in brackets": b"[" * 50_000,
    "an alias": b"name: &name plain\noutput: *name",
    "aliases of aliases": b"a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]",
}


@pytest.mark.parametrize("case", NO_YAML)
def test_what_is_no_plain_yaml_is_refused_with_the_file(case, write):
    path = write(NO_YAML[case])
    with pytest.raises(ConfigError, match="not valid YAML") as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_an_alias_is_refused_with_its_line(write):
    with pytest.raises(ConfigError, match=r"aliases \(\*name\) are refused; write the value out.*line 2"):
        load_config(write(b"name: &name plain\noutput: *name"))


@pytest.mark.parametrize("text", [b"", b"plain", b"- name"])
def test_what_has_no_keys_is_refused(text, write):
    with pytest.raises(ConfigError, match="expected keys and values"):
        load_config(write(text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere.yaml: no such config file; give the path of a YAML file"):
        load_config(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigError, match="no such config file"):
        load_config(tmp_path)


def test_a_file_too_large_is_not_even_read(write):
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load_config(write(b"# " + b"x" * LARGEST_CONFIG))


def test_a_key_given_twice_is_refused_with_its_name_and_line(write):
    with pytest.raises(ConfigError, match=r"key 'seed' is given twice.*line 1"):
        load_config(write(b"seed: 1\nname: a\nseed: 2\n"))
