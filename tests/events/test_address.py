"""No password stands in an address, none is shown, and names come from the environment."""

import pytest

from creditscore.errors import InputError
from creditscore.events.address import check_no_secret, expanded, has_secret, without_secrets


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://agency:hunter2@host/db",
        "postgresql://agency:hun/ter@2#?@host:5432/db",
        "postgresql://host/db?user=agency&password=hunter2",
        "postgresql://host/db?sslpassword=hunter2&x=1",
        "s3://AKIA:hunter2@bucket/orders",
        "s3://bucket/orders?secret_key=hunter2",
        "abfs://container@account/orders?sas_token=hunter2",
    ],
)
def test_a_secret_is_refused_and_not_shown(address):
    assert has_secret(address)
    assert "hunter2" not in without_secrets(address)
    assert "ter@2" not in without_secrets(address)
    with pytest.raises(InputError, match="in the environment") as refused:
        check_no_secret(address)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://agency@host:5432/db?sslmode=require",
        "postgresql://agency:${WORD}@host/db",
        "postgresql://host/db?password=${WORD}",
        "${WHOLE_URL}",
        "s3://bucket/orders?region=eu-central-1&endpoint_override=store:9000&scheme=http",
        "data/orders/*.csv",
        "C:/orders@2024.csv",
    ],
)
def test_what_holds_no_secret_passes(address):
    check_no_secret(address)


def test_names_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("WORD", "p@ss w/rd:1")
    monkeypatch.setenv("WHOLE_URL", "postgresql://a:b@h/d")
    assert expanded("postgresql://a:${WORD}@h/d") == "postgresql://a:p%40ss%20w%2Frd:1@h/d"
    assert expanded("${WHOLE_URL}") == "postgresql://a:b@h/d"
    assert expanded("${WORD}/orders.duckdb") == "p@ss w/rd:1/orders.duckdb"
    monkeypatch.setenv("WORD", "")
    with pytest.raises(InputError, match="environment variable WORD, which is not set"):
        expanded("${WORD}")
