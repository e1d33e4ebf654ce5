"""YAML without what could fill the memory or be read in two ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from creditscore.errors import ConfigError

LARGEST_CONFIG = 1 << 20


class _StrictLoader(yaml.SafeLoader):
    """YAML without aliases, which a few lines of could fill the memory, and without a key given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        twice = next((key for i, key in enumerate(keys) if key in keys[:i]), None)
        if twice is not None:
            problem = f"key '{twice}' is given twice; keep one"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: Any, index: int) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            problem = "YAML aliases (*name) are refused; write the value out"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)


def read_yaml(path: Path) -> Any:
    """A file's keys and values. Raises ConfigError where it has none, or is not YAML."""
    if not path.is_file():
        raise ConfigError(f"{path}: no such config file; give the path of a YAML file, as configs/sample.yaml")
    if path.stat().st_size > LARGEST_CONFIG:
        raise ConfigError(f"{path}: larger than 1 MiB; a config is a few lines of YAML")
    try:
        with path.open(encoding="utf-8") as file:
            content = yaml.load(file, Loader=_StrictLoader)
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError) as error:
        # beside its own errors PyYAML lets through those of the 13th month and of a thousand brackets
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected keys and values, got {type(content).__name__}")
    return content
