"""A YAML file → a config, or one error that names every mistake with its key and the fix."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from creditscore.config.section import Section
from creditscore.config.sources import EventsConfig
from creditscore.config.strict_yaml import read_yaml
from creditscore.config.train import TrainConfig
from creditscore.errors import ConfigError


def load_config(path: str | Path) -> TrainConfig:
    """Read a training config; every mistake in it is named in one ConfigError."""
    path = Path(path)
    try:
        return TrainConfig.model_validate(read_yaml(path))
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explain(error)}") from None


def folder_of(config: EventsConfig, path: str | Path, given: str | Path | None = None) -> Path:
    """The events folder: the one given on the command line, else the config's, relative to the config file."""
    if given is not None:
        return Path(given)
    missing = [name for name in re.findall(r"\$\{(\w+)\}", config.folder) if not os.environ.get(name)]
    if missing:
        raise ConfigError(
            f"{path}: events.folder needs the environment variable {missing[0]}, which is not set; "
            f"set it, or give the folder with --data FOLDER"
        )
    return Path(path).parent / os.path.expandvars(config.folder)


def _explain(error: ValidationError) -> str:
    return "; ".join(_sentence(dict(item)) for item in error.errors()[:5])


def _sentence(item: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in item["loc"]) or "config"
    if item["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(item["loc"][-1]), _known_keys(), n=1)
        return f"unknown key '{where}'" + (f"; did you mean '{close[0]}'?" if close else "; remove it")
    if item["type"] == "missing":
        return f"missing key '{where}'; add it"
    return f"'{where}': {item['msg'].removeprefix('Value error, ')} (got {item['input']!r:.80})"


def _known_keys() -> list[str]:
    sections: list[type[BaseModel]] = [TrainConfig, *Section.__subclasses__()]
    return sorted({field.alias or name for section in sections for name, field in section.model_fields.items()})
