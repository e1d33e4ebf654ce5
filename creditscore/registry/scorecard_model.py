"""A scorecard as an MLflow model, from code: MLflow copies this file beside the `.scorecard`; nothing is pickled."""

from __future__ import annotations

import importlib
import os
import warnings
from typing import Any

import pandas as pd

from creditscore.errors import ScorecardError
from creditscore.scorecard import load
from creditscore.scoring.score import score_features

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about MLflow's own type hints, at its import
    import mlflow
    from mlflow.pyfunc.model import PythonModel, PythonModelContext

# Where a table does not fit, MLflow would print its rows, which are people's, in the error.
os.environ.setdefault("MLFLOW_DISABLE_SCHEMA_DETAILS", "true")
# MLflow's scoring server says so in the environment of its process.
SERVING = "_MLFLOW_IS_IN_SERVING_ENVIRONMENT"


class ScorecardModel(PythonModel):
    """Points, PD, grade and reasons for a table of features."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load and verify the scorecard, once the modules of its feature functions are imported.

        Raises ScorecardError where one cannot be, or where the scorecard is not the one registered.
        """
        recorded = context.model_config or {}
        for module in recorded.get("feature_modules", []):
            _import(module)
        self.card = load(context.artifacts["scorecard"], digest=recorded.get("scorecard_digest"))

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002  MLflow passes it by name
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """One row an application, in and out; columns are matched by name. `params` may name a `reference`."""
        scored: pd.DataFrame = score_features(self.card, model_input, reference=(params or {}).get("reference"))
        return _nulls(scored) if os.environ.get(SERVING) == "true" else scored


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise ScorecardError(
            f"the scorecard's features come from module '{module}', which cannot be imported ({error}); install what "
            f"it needs where the model is loaded"
        ) from None


def _nulls(scored: pd.DataFrame) -> pd.DataFrame:
    """Missing values as None: of NaN the scoring server makes NaN, which is no JSON, of None null."""
    return scored.astype(object).where(scored.notna(), None)


mlflow.models.set_model(ScorecardModel())
