"""Where a source's rows are: a table, a URL, or files in the folder; no password is repeated."""

import datetime as dt

import pytest

from creditscore.config import load_config
from creditscore.errors import ConfigError
from tests.config.plain import changed


@pytest.mark.parametrize(
    "source",
    [
        {"database": "postgresql://agency:secret-word@host/db", "table": "orders"},
        {"database": "postgresql://host/db?password=secret-word", "table": "orders"},
        {"files": "s3://key:secret-word@lake/orders"},
    ],
)
def test_a_password_in_a_source_is_refused_and_not_repeated(write, source):
    with pytest.raises(ConfigError, match=r"a password or key in the address; set it in the environment") as refused:
        load_config(write(changed("events.applications", [source])))
    assert "secret-word" not in str(refused.value)


def test_a_source_is_a_table_a_url_or_files_in_the_folder(write, tmp_path, monkeypatch):
    from creditscore import DatabaseTable
    from creditscore.training import sources_of

    monkeypatch.setenv("LAKE", "s3://lake/trips")
    monkeypatch.setenv("SHOP", "postgresql://agency@shop/orders")
    sources = [
        {"database": "${SHOP}", "table": "shop.orders", "period": {"from": "2024-01-01"}},
        {"database": "postgresql://agency:${WORD}@shop/orders", "table": "shop.orders"},
        {"database": "shop.duckdb", "table": "orders"},
        {"files": "s3://lake/orders"},
        {"files": "${LAKE}"},
        {"files": "orders"},
    ]
    config = load_config(write(changed("events.applications", sources)))
    found = sources_of(config, tmp_path / "config.yaml")["applications"]
    assert [one.data for one in found] == [
        DatabaseTable("${SHOP}", "shop.orders"),
        DatabaseTable("postgresql://agency:${WORD}@shop/orders", "shop.orders"),
        DatabaseTable(tmp_path / "shop.duckdb", "orders"),
        "s3://lake/orders",
        "s3://lake/trips",
        tmp_path / "orders",
    ]
    assert [one.period for one in found] == [(dt.date(2024, 1, 1), None), None, None, None, None, None]


def test_no_folder_is_needed_where_no_file_is_in_it(write, tmp_path):
    from creditscore.training import sources_of

    content = changed("events.applications", [{"files": "s3://lake/orders"}])
    content["events"] |= {"folder": "gone", "transactions": []}
    assert sources_of(load_config(write(content)), tmp_path / "config.yaml")["applications"]
    content["events"]["applications"] = [{"files": "orders"}]
    with pytest.raises(ConfigError, match="no such folder"):
        sources_of(load_config(write(content)), tmp_path / "config.yaml")
