"""The events that a config names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from creditscore.config import SourceConfig, TrainConfig, folder_of
from creditscore.errors import ConfigError
from creditscore.events.address import expanded, is_url
from creditscore.events.databases import DatabaseTable
from creditscore.events.load import Source, load_events
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.events.storing import temporary_store
from creditscore.governance.consent import Consents, load_consents


def read_events(config: TrainConfig, path: Path, data: Path | None = None) -> Events:
    """The config's events, mapped onto the contract."""
    return load_events(**sources_of(config, path, data))


def read_consents(config: TrainConfig, path: Path, data: Path | None = None) -> Consents | None:
    """The config's consent records; None where it has none."""
    folder = folder_of(config.events, path, data)
    sources = [_source(source, folder, []) for source in config.events.consents]
    return load_consents(sources) if sources else None


@contextmanager
def reading(config: TrainConfig, path: Path, data: Path | None = None) -> Iterator[Events | Store]:
    """The config's events: in memory, or where it sets a `memory_limit` in a temporary store."""
    if config.memory_limit is None:
        yield read_events(config, path, data)
    else:
        with temporary_store(**sources_of(config, path, data)) as store:
            yield store


def sources_of(config: TrainConfig, path: Path, data: Path | None = None) -> dict[str, Any]:
    """What the config says of its events, as `load_events` and `store_events` take it."""
    folder = folder_of(config.events, path, data)
    named = [one for sources in config.events.tables().values() for one in sources]
    local = any(not _elsewhere(str(one.files or one.database)) for one in named)
    if local and not folder.is_dir():
        raise ConfigError(f"{path}: events.folder: no such folder: {folder}; correct it, or give --data FOLDER")
    beside = config.fairness.attributes if config.fairness else []
    tables: dict[str, Any] = {
        name: [_source(source, folder, beside if name == "applications" else []) for source in sources]
        for name, sources in config.events.tables().items()
        if sources
    }
    return {**tables, "currency": config.events.currency, "quarantine_limit": config.events.quarantine_limit}


def _source(config: SourceConfig, folder: Path, beside: list[str]) -> Source:
    """The source as the loader takes it, with columns to carry beside those that it maps."""
    columns = {name: tuple(own) if isinstance(own, list) else own for name, own in config.columns.items()}
    if columns:  # without any, all columns come along
        columns |= {name: name for name in beside if name not in columns and name not in config.constants}
    return Source(
        data_of(config, folder),
        platform=config.platform,
        columns=columns,
        values=config.values,
        constants=config.constants,
        timezone=config.timezone,
        time_format=config.time_format,
        period=(config.period.start, config.period.until) if config.period else None,
    )


def data_of(config: SourceConfig, folder: Path) -> str | Path | DatabaseTable:
    """Where a source's rows are; files that are no URL, a DuckDB file too, are below the folder."""
    if config.database is None or config.table is None:
        files = expanded(str(config.files))
        return files if is_url(files) else folder / files
    # a server's URL as it stands: what it is in the environment may hold a password
    database = config.database if _elsewhere(config.database) else folder / expanded(config.database)
    return DatabaseTable(database, config.table)


def _elsewhere(address: str) -> bool:
    """Whether it is a URL, or a variable of the environment that holds one."""
    return is_url(address) or is_url(expanded(address))
