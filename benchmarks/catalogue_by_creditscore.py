"""The full catalogue by creditscore, and the sixty features alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from by_creditscore import SIXTY
from feature_data import CLASSES

from creditscore.features import CATALOGUE, build_features

TABLES = ("transactions", "trips", "obligations", "applications")


def build(folder: Path, threads: int, features: Any, memory_limit: str | None = None) -> pa.Table:
    """The features of the folder's applications, its files read within."""
    files = {name: folder / f"{name}.parquet" for name in TABLES}
    return build_features(files, features=features, threads=threads, memory_limit=memory_limit, categories=CLASSES)


def _contender(features: Any, memory_limit: str | None = None) -> Callable[[Path, int], pa.Table]:
    return lambda folder, threads: build(folder, threads, features, memory_limit)


CONTENDERS = {
    "creditscore": _contender(CATALOGUE),
    "creditscore sixty": _contender(SIXTY),
    "creditscore in 4 GiB": _contender(CATALOGUE, "4GiB"),
    "creditscore sixty in 4 GiB": _contender(SIXTY, "4GiB"),
}
