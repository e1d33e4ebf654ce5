"""Which version of a model has which alias."""

from __future__ import annotations

from collections.abc import Mapping

from mlflow.entities.model_registry import ModelVersion
from mlflow.tracking import MlflowClient

from creditscore.errors import InputError

CANDIDATE, CHALLENGER, CHAMPION = "candidate", "challenger", "champion"
ALIASES = (CANDIDATE, CHALLENGER, CHAMPION)


def holders_of(client: MlflowClient, name: str) -> dict[str, str]:
    return {alias: str(held) for alias, held in client.get_registered_model(name).aliases.items() if alias in ALIASES}


def version_of(client: MlflowClient, name: str, version: str) -> ModelVersion:
    """The model's version of that number, or with that alias."""
    if version.isdecimal():
        return client.get_model_version(name, version)
    aliases = client.get_registered_model(name).aliases
    if version not in aliases:
        known = ", ".join(f"{alias} (version {number})" for alias, number in sorted(aliases.items())) or "none"
        raise InputError(f"model {name}: no version has the alias '{version}'; there is {known}")
    return client.get_model_version(name, str(aliases[version]))


def tag(client: MlflowClient, name: str, version: str, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        client.set_model_version_tag(name, version, key, value)
