"""Where the scorecard's trees are trained: on this machine, or over a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from creditscore.config import ModelConfig
from creditscore.extras import require_dask
from creditscore.model.cluster import connected, workers_of
from creditscore.model.fit import Train, on_one_machine


@contextmanager
def engine_of(asked: ModelConfig) -> Iterator[Train]:
    """What trains the trees.

    Raises MissingExtraError without the dask extra, ConfigError where no scheduler answers or it has no workers.
    """
    if asked.scheduler is None:
        yield on_one_machine
        return
    require_dask("model.engine: dask")
    with connected(asked.scheduler, asked.timeout_minutes) as cluster:
        yield cluster.train


def check_engine(asked: ModelConfig) -> None:
    """Raises what `engine_of` would, before anything else is done."""
    with engine_of(asked):
        pass


def engine_facts(asked: ModelConfig, model: str) -> dict[str, Any]:
    """What a scorecard says of a cluster that its trees, of that text, were trained on; nothing of one machine."""
    if asked.engine == "local":
        return {}
    return {
        "engine": {
            "name": asked.engine,
            "workers": workers_of(model),
            "reproducible_bit_for_bit": False,
            "versions": {name: version(name) for name in ("dask", "distributed")},
        }
    }
