"""A scorecard as a version of an MLflow model: code and the file, with a signature and an example."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType

from creditscore import __version__
from creditscore.features.formula import Call, parts
from creditscore.scorecard import Scorecard

WRAPPER = Path(__file__).with_name("scorecard_model.py")
# What a model needs where it is served, at the versions that it was made with.
SERVED_WITH = ("numpy", "numba", "pyarrow", "pandas")
_GIVEN: list[ColSpec | TensorSpec] = [
    ColSpec(DataType.boolean, "scorable"),
    ColSpec(DataType.double, "points", required=False),
    ColSpec(DataType.double, "unrounded_points", required=False),
    ColSpec(DataType.double, "pd", required=False),
    ColSpec(DataType.string, "grade", required=False),
    *(ColSpec(DataType.string, f"reason_{rank}", required=False) for rank in range(1, 5)),
    *(ColSpec(DataType.double, f"reason_{rank}_points", required=False) for rank in range(1, 5)),
]


def register(card_path: Path, card: Scorecard, name: str, input_example: pd.DataFrame) -> str:
    """Log the scorecard as a model of the active run, and register it; its version."""
    modules = _own_modules(card)
    with tempfile.TemporaryDirectory() as folder:
        logged = mlflow.pyfunc.log_model(
            name=name,
            python_model=str(WRAPPER),
            artifacts={"scorecard": str(card_path)},
            code_paths=copied(modules, Path(folder)) or None,
            # MLflow makes parameters of the run of these too
            model_config={"scorecard_digest": card.digest, "feature_modules": modules},
            signature=_signature(input_example, card),
            input_example=_plain(input_example),
            pip_requirements=[f"creditscore=={__version__}", *(f"{each}=={version(each)}" for each in SERVED_WITH)],
            registered_model_name=name,
        )
    return str(logged.registered_model_version)


def _own_modules(card: Scorecard) -> list[str]:
    """The modules of the feature functions that are not the library's."""
    calls = [part for feature in card.features for part in parts(feature.formula) if isinstance(part, Call)]
    return sorted({call.module for call in calls if call.module.partition(".")[0] != "creditscore"})


def copied(modules: Iterable[str], folder: Path) -> list[str]:
    """Copies of the modules' Python files, with those beside them where they are in a package; never other files."""
    for module in modules:
        names = module.split(".")
        within = [".".join(names[: depth + 1]) for depth in range(len(names))]
        packages = [each for each in within if hasattr(sys.modules[each], "__path__")]
        files = {file: each for each in packages for file in Path(sys.modules[each].__path__[0]).glob("*.py")}
        for file, package in (files or {Path(str(sys.modules[module].__file__)): ""}).items():
            place = folder / package.replace(".", "/")
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
    return sorted(str(path) for path in folder.iterdir())


def _plain(features: pd.DataFrame) -> pd.DataFrame:
    """Numbers as float64 and all else as plain objects: an example must read back from JSON as what the model takes."""
    kinds = {
        column: "float64" if pd.api.types.is_numeric_dtype(values) else "object" for column, values in features.items()
    }
    return features.astype(kinds)


def _signature(features: pd.DataFrame, card: Scorecard) -> ModelSignature:
    """Columns in and out, and the population that reasons compare with; numbers are float64, what is not a number may
    come as text or as a category.
    """
    taken = Schema([_taken(str(column), values) for column, values in features.items()])
    asked = [ParamSpec("reference", DataType.string, card.references[0].id)] if card.references else []
    return ModelSignature(taken, Schema(_GIVEN), ParamSchema(asked))


def _taken(column: str, values: pd.Series) -> ColSpec:
    if pd.api.types.is_numeric_dtype(values):
        return ColSpec(DataType.double, column)
    return ColSpec(AnyType(), column, required=False)  # type: ignore[no-untyped-call]
