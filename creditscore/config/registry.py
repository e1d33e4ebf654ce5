"""Where runs and models are kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from creditscore.config.section import Section

_SQLITE = "sqlite:///"


def _without_secrets(store: Any) -> Any:
    """A server's address without the name, the password and the query in it."""
    if not isinstance(store, str) or store.startswith(_SQLITE):
        return store
    return re.sub(r"(?s)[?#].*", "?…", re.sub(r"(?s)(?<=://).*@", "…@", store))


def _store_known(store: str) -> str:
    if store.startswith(_SQLITE) and store != _SQLITE:
        return store
    if not re.match(r"https?://[^/]", store):
        raise ValueError("expected sqlite:///mlflow.db, or http:// or https:// and a tracking server's address")
    if any(mark in store for mark in "@?#"):
        raise ValueError(
            "an address with a name, a password or a query in it; set MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, in the environment instead"
        )
    return store


class RegistryConfig(Section):
    """Where MLflow keeps runs and models: an SQLite file, its `sqlite:///` address relative to the output folder, or a
    tracking server, whose credentials come from the environment alone.
    """

    # the one before runs first, so that the other's error, which quotes what it was given, holds no password
    store: Annotated[str, AfterValidator(_store_known), BeforeValidator(_without_secrets)] = "sqlite:///mlflow.db"
    experiment: str = "creditscore"

    def address(self, output: Path) -> str:
        """The store's address, an SQLite file's taken from the output folder."""
        if not self.store.startswith(_SQLITE):
            return self.store
        return f"{_SQLITE}{(output / self.store.removeprefix(_SQLITE)).resolve()}"
