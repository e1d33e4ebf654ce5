"""Says in one line which extra is missing, before anything is begun."""

from __future__ import annotations

from importlib.util import find_spec

from creditscore.errors import MissingExtraError

_TRAIN = (
    "lightgbm",
    "sklearn",
    "scipy",
    "pandas",
    "mlflow",
    "shap",
    "matplotlib",
    "jinja2",
    "rich",
    "pydantic",
    "yaml",
)


def require_train(purpose: str) -> None:
    """Raise MissingExtraError where the train extra is not installed."""
    missing = [name for name in _TRAIN if not _installed(name)]
    if missing:
        raise MissingExtraError(
            f"{purpose} needs the train extra ({missing[0]} is missing): pip install 'creditscore[train]'"
        )


def require_fairness(purpose: str) -> None:
    """Raise MissingExtraError where the fairness extra is not installed."""
    if not _installed("fairlearn"):
        raise MissingExtraError(
            f"{purpose} needs the fairness extra (fairlearn is missing): pip install 'creditscore[fairness]'"
        )


def require_dask(purpose: str) -> None:
    """Raise MissingExtraError where the dask extra is not installed."""
    missing = [name for name in ("dask", "distributed") if not _installed(name)]
    if missing:
        raise MissingExtraError(
            f"{purpose} needs the dask extra ({missing[0]} is missing): pip install 'creditscore[dask]'"
        )


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ImportError:
        return False
